"""What changed between two runs in words: lines of text, and tables with headings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from math import isfinite
from typing import Any

import pandas as pd

from geoplan.services.catalogue import load_catalogue
from geoplan.words.speaker import Speaker
from geoplan.words.text_format import aligned, clean, count_text, share_text

#: areas, sites and gaps named per service in the text; the tables have them all
_MOST_NAMED = 5


@dataclass(frozen=True, slots=True)
class Wording:
    """How a comparison's services, measures and changes are called.

    Parameters
    ----------
    speaker : of the reader's language.
    names : service key -> language -> what the runs call it.
    """

    speaker: Speaker
    names: Mapping[str, Mapping[str, str]]

    def service(self, key: str) -> str:
        """What the runs call a service, else the catalogue, else its key."""
        name = self.names.get(key, {}).get(self.speaker.lang)
        if name is not None:
            return clean(name)
        known = load_catalogue().get(key)
        return key if known is None else known.name(self.speaker.lang)

    def measure(self, measure: str) -> str:
        """A measure in words; ``meeting_quota:street`` is one of a level."""
        name, _, level = measure.partition(":")
        values = {"level": self.speaker.level(level)} if level else {}
        return self.speaker.say(f"compare.m_{name}", **values)

    def change(self, value: float, measure: str) -> str:
        """A difference with its sign; that of shares in percentage points."""
        if measure == "covered_share":
            return self.speaker.say("compare.points", points=f"{value * 100:+.1f}")
        return f"{value:+,.0f}"

    def people(self, people: float) -> str:
        """How many people, as it stands behind a name."""
        return self.speaker.say("compare.people", people=count_text(people))

    def cause(self, cause: Any, length_m: Any) -> str:
        """Why a gap is one; those with a length lie along lines."""
        return self.speaker.cause(cause, line=not pd.isna(length_m))

    def table(self, name: str, frame: pd.DataFrame) -> pd.DataFrame:
        """The table `name` of a comparison with its keys and headings in words."""
        say, table = self.speaker.say, frame.copy()
        if name == "changes":
            table["measure"] = [self.measure(m) for m in table["measure"]]
        elif name == "areas":
            table["level"] = [self.speaker.level(str(level)) for level in table["level"]]
        elif name == "sites":
            table["kind"] = [say(f"compare.kind_{k}") for k in table["kind"]]
            table["change"] = [say(f"compare.site_{c}") for c in table["change"]]
        else:
            table["change"] = [say(f"compare.gap_{c}") for c in table["change"]]
            table["cause"] = [
                self.cause(c, metres)
                for c, metres in zip(table["cause"], table["length_m"], strict=True)
            ]
        table["service"] = [self.service(str(s)) for s in table["service"]]
        return table.rename(columns=lambda c: say(f"compare.col_{c}"))


def setting_lines(settings: Iterable[tuple[str, Any, Any]], speaker: Speaker) -> Iterator[str]:
    """What the study files say differently."""
    for k, (key, a, b) in enumerate(settings):
        if k == 0:
            yield speaker.say("compare.settings")
        yield f"  {clean(key)}: {setting_text(a, speaker)} → {setting_text(b, speaker)}"


def setting_text(value: Any, speaker: Speaker) -> str:
    """A setting as readers write it: no digit is lost, for two that differ must not read alike.

    Examples
    --------
    >>> zh, en = Speaker("zh"), Speaker("en")
    >>> setting_text(12345699.0, en), setting_text(0.00000125, en), setting_text(True, en)
    ('12,345,699', '0.00000125', 'yes')
    >>> setting_text(["walk", 2.5, False], zh), setting_text(None, zh)
    ('walk、2.5、否', '（未设）')
    >>> setting_text({"id": "n7", "name": "near Elm Road", "x": 1.5, "y": 2.0, "capacity": 40}, en)
    'near Elm Road (n7, capacity = 40)'
    """
    if value is None:
        return speaker.say("compare.no_setting")
    if isinstance(value, bool):
        return speaker.yes_no(value)
    if isinstance(value, float) and isfinite(value):
        whole = value.is_integer()
        return f"{value:,.0f}" if whole else f"{Decimal(repr(value)):,f}"
    if isinstance(value, Mapping):
        return _table_text(value, speaker)
    if isinstance(value, (list, tuple)):
        if not value:
            return speaker.say("compare.empty_setting")
        separator = "、" if speaker.lang == "zh" else ", "
        return separator.join(setting_text(v, speaker) for v in value)
    return clean(str(value))


def _table_text(value: Mapping[str, Any], speaker: Speaker) -> str:
    """A site or another table of settings: its name first, where it has one; else all of it."""
    name = clean(str(value.get("name") or ""))
    own = {"name", "x", "y"} if name else set()
    parts = [
        setting_text(v, speaker) if name and k == "id" else f"{k} = {setting_text(v, speaker)}"
        for k, v in value.items()
        if k not in own
    ]
    return f"{name} ({', '.join(parts)})" if name and parts else name or ", ".join(parts)


def measure_lines(changed: pd.DataFrame, wording: Wording) -> Iterator[str]:
    """The numbers that differ, as aligned columns; a service is named once."""
    columns = ("service", "measure", "a", "b", "change")
    rows = [[wording.speaker.say(f"compare.col_{c}") for c in columns]]
    last = None
    for row in changed.itertuples():
        number = share_text if row.measure == "covered_share" else count_text
        change = "" if pd.isna(row.change) else wording.change(row.change, row.measure)
        name = wording.service(str(row.service)) if row.service != last else ""
        last = row.service
        rows.append([name, wording.measure(str(row.measure)), number(row.a), number(row.b), change])
    if len(rows) > 1:
        yield from aligned(rows, left=2)


def siting_lines(differing: pd.DataFrame, wording: Wording) -> Iterator[str]:
    """Services whose sites were found for another objective, or with another proof."""
    for row in differing.itertuples():
        yield ""
        yield wording.speaker.say(
            "compare.siting",
            service=wording.service(str(row.service)),
            a=_siting_text(row, "a", wording.speaker),
            b=_siting_text(row, "b", wording.speaker),
        )


def _siting_text(row: Any, side: str, speaker: Speaker) -> str:
    objective, status, gap, value = (
        getattr(row, f"{name}_{side}") for name in ("objective", "status", "gap", "value")
    )
    return f"{speaker.objective(str(objective))}, {speaker.status(str(status), gap, value=value)}"


def site_lines(sites: pd.DataFrame, wording: Wording) -> Iterator[str]:
    """Sites of one run only: how many, and the first by name."""
    say = wording.speaker.say
    for (service, kind, change), table in sites.groupby(["service", "kind", "change"], sort=False):
        yield ""
        title = f"{say(f'compare.kind_{kind}')} · {say(f'compare.site_{change}')}"
        yield f"{wording.service(str(service))} · {title} ({len(table):,})"
        for row in table.head(_MOST_NAMED).itertuples():
            people = "" if pd.isna(row.people) else wording.people(row.people)
            yield f"  {clean(row.name) or clean(row.id)}{people}"


def gap_lines(gaps: pd.DataFrame, wording: Wording) -> Iterator[str]:
    """Gaps of one run only: how many, and the largest with size and cause."""
    say = wording.speaker.say
    for (service, change), table in gaps.groupby(["service", "change"], sort=False):
        yield ""
        title = say(f"compare.gap_{change}")
        yield f"{wording.service(str(service))} · {title} ({len(table):,})"
        for row in table.head(_MOST_NAMED).itertuples():
            size = (
                wording.people(row.people)
                if pd.isna(row.length_m)
                else say("compare.metres", metres=f"{row.length_m:,.0f}")
            )
            yield f"  {clean(row.area)}{size} · {wording.cause(row.cause, row.length_m)}"


def area_lines(areas: pd.DataFrame, wording: Wording) -> Iterator[str]:
    """Areas whose served people changed most."""
    say = wording.speaker.say
    for (service, level), table in areas.groupby(["service", "level"], sort=False):
        most = table.reindex(table["change"].abs().sort_values(ascending=False).index)
        yield ""
        title = say("compare.areas_title", level=wording.speaker.level(str(level)))
        yield f"{wording.service(str(service))} · {title}"
        for row in most.head(_MOST_NAMED).itertuples():
            yield "  " + say(
                "compare.served_change",
                name=row.name,
                a=share_text(row.share_a),
                b=share_text(row.share_b),
                change=wording.change(row.change, "people"),
            )

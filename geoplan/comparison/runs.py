"""What changed between two runs, per service and per area, from the files that both left."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from geoplan.comparison.locations import gap_changes, site_changes
from geoplan.comparison.numbers import (
    area_changes,
    both_answers,
    measure_changes,
    setting_changes,
    setting_text,
)
from geoplan.errors import UsageError
from geoplan.outputs.tables.reproducible_files import without_clock, write_csv
from geoplan.outputs.tables.workbook import FORMATS, dress_sheet
from geoplan.outputs.text_format import (
    aligned,
    cause_text,
    clean,
    count_text,
    objective_text,
    safe_cells,
    share_text,
    status_text,
)
from geoplan.services.catalogue import load_catalogue
from geoplan.words import level_word, say, say_both
from geoplan.words.display import text_html

#: areas, sites and gaps named per service in the text; the tables have them all
_MOST_NAMED = 5


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class RunComparison:
    """Two runs side by side.

    Parameters
    ----------
    name_a, name_b : the folders' names.
    services : columns ``service``, ``measure``, ``a``, ``b``, ``change`` (b - a); one row per
        measure that either run tells.
    areas : columns ``service``, ``level``, ``code``, ``name``, ``served_a``, ``served_b``,
        ``change``, ``share_a``, ``share_b``: areas whose served people differ.
    answers : one row per service with suggested sites in both: ``service``, ``objective_a``,
        ``objective_b``, ``status_a``, ``status_b``, ``gap_a``, ``gap_b``.
    sites, gaps : see `compare_places.site_changes` and `compare_places.gap_changes`.
    only_a, only_b : services of one run alone.
    lang : of the first run.
    names : service key -> language -> what the runs call it.
    settings : what the study files say differently: key, value of A, value of B (None = not set).

    Examples
    --------
    See `compare_runs`, which makes it from two folders.

    >>> import json
    >>> from geoplan.study import example_study
    >>> study = example_study()
    >>> facts = study.run().to_dict()
    >>> for name, served in (("now", 150), ("then", 230)):
    ...     (study.folder / name).mkdir()
    ...     facts["services"]["meal_station"]["people"]["served"] = served
    ...     text = json.dumps(facts)
    ...     written = (study.folder / name / "summary.json").write_text(text, encoding="utf-8")
    >>> comparison = compare_runs(study.folder / "now", study.folder / "then")
    >>> comparison
    RunComparison(now -> then: changed meal_station)
    >>> comparison.changed[["measure", "a", "b", "change"]].to_numpy().tolist()
    [['served', 150.0, 230.0, 80.0]]
    """

    name_a: str
    name_b: str
    services: pd.DataFrame
    areas: pd.DataFrame
    answers: pd.DataFrame
    sites: pd.DataFrame
    gaps: pd.DataFrame
    only_a: tuple[str, ...] = ()
    only_b: tuple[str, ...] = ()
    lang: str = "zh"
    names: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    settings: tuple[tuple[str, Any, Any], ...] = ()

    @property
    def changed(self) -> pd.DataFrame:
        """The rows of `services` that differ."""
        return self.services[self.services["change"].fillna(1.0) != 0]

    @property
    def changed_services(self) -> list[str]:
        """Keys of the services of both runs in which anything differs."""
        tables = (self.changed, self.areas, self.sites, self.gaps, self._other_answers)
        return list(dict.fromkeys(str(key) for table in tables for key in table["service"]))

    def __repr__(self) -> str:
        changed = ", ".join(self.changed_services) or "nothing"
        return f"RunComparison({self.name_a} -> {self.name_b}: changed {changed})"

    def _repr_html_(self) -> str:
        return text_html(self.text())

    def service_name(self, key: str, lang: str) -> str:
        """What the runs call a service, else the catalogue, else its key."""
        name = self.names.get(key, {}).get(lang)
        return service_name(key, lang) if name is None else clean(name)

    def text(self, lang: str | None = None) -> str:
        """What changed, as aligned text."""
        return "\n".join(self._lines(lang or self.lang))

    def summary(self, lang: str | None = None) -> str:
        """The same as `text`."""
        return self.text(lang)

    def tables(self, lang: str | None = None) -> dict[str, pd.DataFrame]:
        """``changes``, ``areas``, ``sites``, ``gaps``: whole tables with headings in words."""
        told = lang or self.lang
        changes = self.services.copy()
        changes["measure"] = [measure_text(told, m) for m in changes["measure"]]
        areas = self.areas.copy()
        areas["level"] = [level_word(told, str(level)) for level in areas["level"]]
        sites, gaps = self.sites.copy(), self.gaps.copy()
        sites["kind"] = [say(told, f"compare.kind_{k}") for k in sites["kind"]]
        sites["change"] = [say(told, f"compare.site_{c}") for c in sites["change"]]
        gaps["change"] = [say(told, f"compare.gap_{c}") for c in gaps["change"]]
        gaps["cause"] = [
            cause_text(told, c, line=not pd.isna(metres))
            for c, metres in zip(gaps["cause"], gaps["length_m"], strict=True)
        ]
        tables = {"changes": changes, "areas": areas, "sites": sites, "gaps": gaps}
        for name, frame in tables.items():
            frame["service"] = [self.service_name(str(s), told) for s in frame["service"]]
            tables[name] = frame.rename(columns=lambda c: say(told, f"compare.col_{c}"))
        return tables

    def write(self, folder: str | Path, *, lang: str | None = None) -> list[Path]:
        """Write ``comparison.txt``, ``comparison.xlsx`` and one CSV per table into `folder`.

        CSV is UTF-8 with BOM, for Excel; no cell is a formula.
        """
        told = lang or self.lang
        target = Path(folder)
        target.mkdir(parents=True, exist_ok=True)
        text = target / "comparison.txt"
        text.write_text(self.text(told) + "\n", encoding="utf-8")
        tables = self.tables(told)
        written = [text]
        for name, frame in tables.items():
            written.append(write_csv(frame, target / f"comparison_{name}.csv"))
        book = target / "comparison.xlsx"
        shares = {say(told, f"compare.col_share_{run}") for run in "ab"}
        with pd.ExcelWriter(book, engine="openpyxl") as writer:
            for name, frame in tables.items():
                sheet = say(told, f"compare.sheet_{name}")
                safe_cells(frame).to_excel(writer, sheet_name=sheet, index=False)
                dress_sheet(writer.sheets[sheet], shares=shares)
            changes = writer.sheets[say(told, "compare.sheet_changes")]
            for row, measure in enumerate(self.services["measure"], start=2):
                for cell in changes[row][2:] if measure == "covered_share" else ():
                    cell.number_format = FORMATS["share"]
        return [*written, without_clock(book)]

    def _lines(self, lang: str) -> Iterator[str]:
        yield say(lang, "compare.title", a=self.name_a, b=self.name_b)
        for key, services in (("only_a", self.only_a), ("only_b", self.only_b)):
            if services:
                names = [self.service_name(s, lang) for s in services]
                yield say(lang, f"compare.{key}", services=", ".join(names))
        if self.settings:
            yield say(lang, "compare.settings")
            for key, a, b in self.settings:
                yield f"  {clean(key)}: {setting_text(lang, a)} → {setting_text(lang, b)}"
        if self.is_same:
            yield say(lang, "compare.same")
            return
        rows = [[say(lang, f"compare.col_{c}") for c in ("service", "measure", "a", "b", "change")]]
        last = None
        for row in self.changed.itertuples():
            told = share_text if row.measure == "covered_share" else count_text
            change = "" if pd.isna(row.change) else _signed(row.change, row.measure, lang)
            name = self.service_name(str(row.service), lang) if row.service != last else ""
            last = row.service
            measure = measure_text(lang, str(row.measure))
            rows.append([name, measure, told(row.a), told(row.b), change])
        if len(rows) > 1:
            yield from aligned(rows, left=2)
        yield from self._answer_lines(lang)
        yield from self._site_lines(lang)
        yield from self._gap_lines(lang)
        yield from self._area_lines(lang)

    @property
    def is_same(self) -> bool:
        """Nothing that is compared differs."""
        differing = (self.changed, self.sites, self.gaps, self.areas, self._other_answers)
        return not (self.only_a or self.only_b or any(len(table) for table in differing))

    @property
    def _other_answers(self) -> pd.DataFrame:
        a = self.answers
        same = (a["status_a"] == a["status_b"]) & (a["objective_a"] == a["objective_b"])
        return a[~same]

    def _answer_lines(self, lang: str) -> Iterator[str]:
        for row in self._other_answers.itertuples():
            yield ""
            yield say(
                lang,
                "compare.answer",
                service=self.service_name(str(row.service), lang),
                a=_answer(lang, row.objective_a, row.status_a, row.gap_a),
                b=_answer(lang, row.objective_b, row.status_b, row.gap_b),
            )

    def _site_lines(self, lang: str) -> Iterator[str]:
        for (service, kind, change), table in self.sites.groupby(
            ["service", "kind", "change"], sort=False
        ):
            yield ""
            title = f"{say(lang, f'compare.kind_{kind}')} · {say(lang, f'compare.site_{change}')}"
            yield f"{self.service_name(str(service), lang)} · {title} ({len(table):,})"
            for row in table.head(_MOST_NAMED).itertuples():
                people = "" if pd.isna(row.people) else _people(lang, row.people)
                yield f"  {clean(row.name) or clean(row.id)}{people}"

    def _gap_lines(self, lang: str) -> Iterator[str]:
        for (service, change), table in self.gaps.groupby(["service", "change"], sort=False):
            yield ""
            title = say(lang, f"compare.gap_{change}")
            yield f"{self.service_name(str(service), lang)} · {title} ({len(table):,})"
            for row in table.head(_MOST_NAMED).itertuples():
                size = (
                    _people(lang, row.people)
                    if not pd.isna(row.people)
                    else say(lang, "compare.metres", metres=f"{row.length_m:,.0f}")
                )
                yield f"  {clean(row.area)}{size} · {_cause(lang, row)}"

    def _area_lines(self, lang: str) -> Iterator[str]:
        for (service, level), table in self.areas.groupby(["service", "level"], sort=False):
            most = table.reindex(table["change"].abs().sort_values(ascending=False).index)
            yield ""
            title = say(lang, "compare.areas_title", level=level_word(lang, str(level)))
            yield f"{self.service_name(str(service), lang)} · {title}"
            for row in most.head(_MOST_NAMED).itertuples():
                yield "  " + say(
                    lang,
                    "compare.served_change",
                    name=row.name,
                    a=share_text(row.share_a),
                    b=share_text(row.share_b),
                    change=_signed(row.change, "people", lang),
                )


def compare_runs(run_a: str | Path, run_b: str | Path) -> RunComparison:
    """Compare two folders made by ``geoplan run``.

    Parameters
    ----------
    run_a, run_b : folders made by ``geoplan run`` or `Plan.save`.

    Returns
    -------
    RunComparison
        Changes are told as b - a.

    Raises
    ------
    UsageError
        One of them is no run.

    Examples
    --------
    Folders hold more than this; ``summary.json`` is what is compared first:

    >>> import json
    >>> from geoplan.study import example_study
    >>> study = example_study()
    >>> for name, metres in (("now", 800), ("stricter", 600)):
    ...     standard = {"services.meal_station.standard.threshold_m": metres}
    ...     facts = study.replace(standard).run().to_dict()
    ...     (study.folder / name).mkdir()
    ...     text = json.dumps(facts)
    ...     written = (study.folder / name / "summary.json").write_text(text, encoding="utf-8")
    >>> comparison = compare_runs(study.folder / "now", study.folder / "stricter")
    >>> changed = comparison.changed.set_index("measure")
    >>> changed.loc["served", ["a", "b", "change"]].tolist()
    [150.0, 100.0, -50.0]
    """
    first, second = _summary(Path(run_a)), _summary(Path(run_b))
    facts_a, facts_b = _facts(Path(run_a)), _facts(Path(run_b))
    services_a, services_b = first["services"], second["services"]
    both = [key for key in services_a if key in services_b]
    return RunComparison(
        name_a=Path(run_a).name,
        name_b=Path(run_b).name,
        services=measure_changes(services_a, services_b, both),
        areas=area_changes(Path(run_a), Path(run_b), both),
        answers=both_answers(services_a, services_b, both),
        sites=site_changes(Path(run_a), Path(run_b), both),
        gaps=gap_changes(Path(run_a), Path(run_b), both),
        only_a=tuple(k for k in services_a if k not in services_b),
        only_b=tuple(k for k in services_b if k not in services_a),
        lang=str(facts_a.get("settings", {}).get("study", {}).get("lang", "zh")),
        names=facts_a.get("names", {}) | facts_b.get("names", {}),
        settings=setting_changes(facts_a.get("settings", {}), facts_b.get("settings", {}), both),
    )


def service_name(key: str, lang: str) -> str:
    """A service's name in the catalogue; its key where the study added it."""
    known = load_catalogue().get(key)
    return key if known is None else known.name(lang)


def _facts(run: Path) -> dict[str, Any]:
    """What `run.json` holds; empty where an older run has none."""
    path = run / "run.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def measure_text(lang: str, measure: str) -> str:
    """A measure in words; ``meeting_quota:street`` is one of a level."""
    name, _, level = measure.partition(":")
    return say(lang, f"compare.m_{name}", **({"level": level_word(lang, level)} if level else {}))


def _summary(folder: Path) -> dict[str, Any]:
    path = folder / "summary.json"
    if not path.exists():
        raise UsageError(say_both("compare.no_run", folder=folder))
    return json.loads(path.read_text(encoding="utf-8"))


def _answer(lang: str, objective: Any, status: Any, gap: Any) -> str:
    return f"{objective_text(lang, str(objective))}, {status_text(lang, str(status), gap)}"


def _cause(lang: str, gap: Any) -> str:
    return cause_text(lang, gap.cause, line=not pd.isna(gap.length_m))


def _people(lang: str, people: float) -> str:
    return say(lang, "compare.people", people=f"{people:,.0f}")


def _signed(value: float, measure: str, lang: str) -> str:
    if measure == "covered_share":
        return say(lang, "compare.points", points=f"{value * 100:+.1f}")
    return f"{value:+,.0f}"

"""What changed between two runs, per service and per area, from the files that both left."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pyogrio

from geoplan.errors import UsageError
from geoplan.outputs.telling import count_text, level_text, pad, share_text
from geoplan.outputs.telling import display_width as width
from geoplan.services.catalogue import load_catalogue
from geoplan.words import say

_LEDGER = ("total", "served", "full", "beyond", "cut_off", "off_network", "unlocated")
#: areas named per service and level
_MOST_AREAS = 5


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
    only_a, only_b : services of one run alone.
    lang : of the first run.
    """

    name_a: str
    name_b: str
    services: pd.DataFrame
    areas: pd.DataFrame
    only_a: tuple[str, ...] = ()
    only_b: tuple[str, ...] = ()
    lang: str = "zh"

    @property
    def changed(self) -> pd.DataFrame:
        """The rows of `services` that differ."""
        return self.services[self.services["change"].fillna(1.0) != 0]

    def text(self, lang: str | None = None) -> str:
        """What changed, as aligned text."""
        told = lang or self.lang
        return "\n".join(self._lines(told))

    def _lines(self, lang: str) -> Iterator[str]:
        yield say(lang, "compare.title", a=self.name_a, b=self.name_b)
        for key, services in (("only_a", self.only_a), ("only_b", self.only_b)):
            if services:
                names = [service_name(s, lang) for s in services]
                yield say(lang, f"compare.{key}", services=", ".join(names))
        if len(self.changed) == 0 and not (self.only_a or self.only_b):
            yield say(lang, "compare.same")
            return
        rows = [[say(lang, f"compare.col_{c}") for c in ("service", "measure", "a", "b", "change")]]
        last = None
        for row in self.changed.itertuples():
            told = share_text if row.measure == "covered_share" else count_text
            change = "" if pd.isna(row.change) else _signed(row.change, row.measure)
            name = service_name(row.service, lang) if row.service != last else ""
            last = row.service
            measure = say(lang, f"compare.m_{row.measure}")
            rows.append([name, measure, told(row.a), told(row.b), change])
        yield from _aligned(rows)
        yield from self._area_lines(lang)

    def _area_lines(self, lang: str) -> Iterator[str]:
        for (service, level), table in self.areas.groupby(["service", "level"], sort=False):
            most = table.reindex(table["change"].abs().sort_values(ascending=False).index)
            yield ""
            title = say(lang, "compare.areas_title", level=level_text(lang, str(level)))
            yield f"{service_name(str(service), lang)} · {title}"
            for row in most.head(_MOST_AREAS).itertuples():
                yield "  " + say(
                    lang,
                    "compare.served_change",
                    name=row.name,
                    a=share_text(row.share_a),
                    b=share_text(row.share_b),
                    change=_signed(row.change, "people"),
                )


def compare_runs(run_a: str | Path, run_b: str | Path) -> RunComparison:
    """Compare two folders made by ``geoplan run``.

    Raises
    ------
    UsageError
        One of them is no run.
    """
    first, second = _summary(Path(run_a)), _summary(Path(run_b))
    services_a, services_b = first["services"], second["services"]
    both = [key for key in services_a if key in services_b]
    rows = [
        {"service": key, "measure": measure, "a": a, "b": b, "change": _difference(a, b)}
        for key in both
        for measure, a, b in _measures(services_a[key], services_b[key])
    ]
    columns = ["service", "measure", "a", "b", "change"]
    frame = pd.DataFrame(rows, columns=columns).astype({"a": float, "b": float, "change": float})
    return RunComparison(
        name_a=Path(run_a).name,
        name_b=Path(run_b).name,
        services=frame,
        areas=_areas(Path(run_a), Path(run_b), both),
        only_a=tuple(k for k in services_a if k not in services_b),
        only_b=tuple(k for k in services_b if k not in services_a),
        lang=_language(Path(run_a)),
    )


def service_name(key: str, lang: str) -> str:
    """A service's name in the catalogue; its key where the study added it."""
    known = load_catalogue().get(key)
    return key if known is None else known.name(lang)


def _summary(folder: Path) -> dict[str, Any]:
    path = folder / "summary.json"
    if not path.exists():
        raise UsageError(say("en", "compare.no_run", folder=folder))
    return json.loads(path.read_text(encoding="utf-8"))


def _language(folder: Path) -> str:
    path = folder / "run.json"
    if not path.exists():
        return "zh"
    settings = json.loads(path.read_text(encoding="utf-8")).get("settings", {})
    return str(settings.get("study", {}).get("lang", "zh"))


def _difference(a: float | None, b: float | None) -> float | None:
    return None if a is None or b is None else round(b - a, 9)


def _measures(
    a: Mapping[str, Any], b: Mapping[str, Any]
) -> Iterator[tuple[str, float | None, float | None]]:
    """Every number that both or either tell: (measure, of a, of b)."""
    for measure, read in _READERS.items():
        values = read(a), read(b)
        if values != (None, None):
            yield measure, *values
    if "siting" in a and "siting" in b:
        places = [{(s["lon"], s["lat"]) for s in run["siting"]["sites"]} for run in (a, b)]
        kept = float(len(places[0] & places[1]))
        if kept != len(places[0]) or kept != len(places[1]):
            yield "sites_kept", float(len(places[0])), kept


def _of(*path: str) -> Any:
    def read(service: Mapping[str, Any]) -> float | None:
        value: Any = service
        for step in path:
            value = value.get(step) if isinstance(value, Mapping) else None
        return None if value is None else float(value)

    return read


def _count(name: str) -> Any:
    def read(service: Mapping[str, Any]) -> float | None:
        value: Any = service.get(name)
        if name == "sites":
            value = None if "siting" not in service else service["siting"].get("sites")
        return None if value is None else float(len(value))

    return read


_READERS = {
    "facilities": _of("facilities"),
    **{state: _of("people", state) for state in _LEDGER},
    "covered_share": _of("covered_share"),
    "served_after": _of("siting", "people_after", "served"),
    "gaps": _count("gaps"),
    "sites": _count("sites"),
    "length_total": _of("length_m", "total"),
    "length_covered": _of("length_m", "covered"),
    "required_marked": _of("required_points", "marked"),
}


def _areas(run_a: Path, run_b: Path, services: list[str]) -> pd.DataFrame:
    """Areas whose served people differ, from the area layers of both runs."""
    columns = ["service", "level", "code", "name", "served_a", "served_b", "change", "share_a",
               "share_b"]  # fmt: skip
    tables = [_area_layers(run_a), _area_layers(run_b)]
    found = []
    for level in tables[0]:
        if level not in tables[1]:
            continue
        a, b = (t[level].set_index("code") for t in tables)
        codes = a.index.intersection(b.index)
        for key in services:
            served, share = f"{key}_served", f"{key}_share"
            if served not in a or served not in b:
                continue
            part = pd.DataFrame(
                {
                    "service": key,
                    "level": level,
                    "code": codes,
                    "name": a.loc[codes, "name"].to_numpy(),
                    "served_a": a.loc[codes, served].to_numpy(float),
                    "served_b": b.loc[codes, served].to_numpy(float),
                    "share_a": a.loc[codes, share].to_numpy(float),
                    "share_b": b.loc[codes, share].to_numpy(float),
                }
            )
            part["change"] = part["served_b"] - part["served_a"]
            found.append(part[part["change"].abs() > 1e-9])
    if not found:
        return pd.DataFrame(columns=columns)
    return pd.concat(found, ignore_index=True)[columns]


def _area_layers(run: Path) -> dict[str, pd.DataFrame]:
    path = run / "layers.gpkg"
    if not path.exists():
        return {}
    names = [str(n) for n in pyogrio.list_layers(path)[:, 0] if str(n).startswith("areas_")]
    return {
        n.removeprefix("areas_"): pyogrio.read_dataframe(path, layer=n, read_geometry=False)
        for n in names
    }


def _signed(value: float, measure: str) -> str:
    if measure == "covered_share":
        return f"{value * 100:+.1f} pp"
    return f"{value:+,.0f}"


def _aligned(rows: list[list[str]]) -> Iterator[str]:
    widths = [max(width(row[k]) for row in rows) for k in range(len(rows[0]))]
    for n, row in enumerate(rows):
        yield "  ".join(pad(c, widths[k], right=k > 1) for k, c in enumerate(row)).rstrip()
        if n == 0:
            yield "  ".join("─" * w for w in widths)

"""What changed in numbers between two runs: of a service, of its siting and of each area."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pyogrio

from geoplan.comparison.locations import layer_names
from geoplan.coverage.ledger import STATES
from geoplan.tolerances import SAME_PEOPLE

_LEDGER = ("total", *STATES)


def measure_changes(
    a: Mapping[str, Any], b: Mapping[str, Any], services: Iterable[str]
) -> pd.DataFrame:
    """Every number that either run has of `services`, which both have.

    Parameters
    ----------
    a, b : ``services`` of each run's ``summary.json``.

    Returns
    -------
    DataFrame with the columns ``service``, ``measure``, ``a``, ``b``, ``change`` (b - a).
    """
    rows = [
        {
            "service": key,
            "measure": measure,
            "a": in_a,
            "b": in_b,
            "change": _difference(in_a, in_b),
        }
        for key in services
        for measure, in_a, in_b in _measures(a[key], b[key])
        if (in_a is not None and in_b is not None) or not _is_withheld(measure, a[key], b[key])
    ]
    columns = ["service", "measure", "a", "b", "change"]
    return pd.DataFrame(rows, columns=columns).astype({"a": float, "b": float, "change": float})


def _is_withheld(measure: str, a: Mapping[str, Any], b: Mapping[str, Any]) -> bool:
    """Whether a number that only one run tells is suppressed in the other: both count people.

    The other's number would disclose it, since people whom one standard serves are those whom the
    other does not: 80 beyond = 130 + 100 - 150.
    """
    name = measure.removesuffix("_most")
    if name == "served_after":
        return all("people_after" in (run.get("siting") or {}) for run in (a, b))
    return name in (*_LEDGER, "covered_share") and all(run.get("people") for run in (a, b))


def _difference(a: float | None, b: float | None) -> float | None:
    return None if a is None or b is None else round(b - a, 9)


def _measures(
    a: Mapping[str, Any], b: Mapping[str, Any]
) -> Iterator[tuple[str, float | None, float | None]]:
    """Every number that both or either have: (measure, of a, of b)."""
    for measure, read in _READERS.items():
        values = read(a), read(b)
        most = _MOST.get(measure)
        if most is not None and (most(a), most(b)) != (None, None):
            yield measure, *(_first(_LEAST[measure], read)(run) for run in (a, b))
            # a run in which nothing is unknown has one number, which is the most too
            yield f"{measure}_most", *(_first(most, read)(run) for run in (a, b))
        elif values != (None, None):
            yield measure, *values
    levels = dict.fromkeys([*a.get("areas", {}), *b.get("areas", {})])
    for level in levels:
        for name in ("with_site", "meeting_quota"):
            values = tuple(_of("areas", level, name)(run) for run in (a, b))
            if values != (None, None):
                yield f"{name}:{level}", *values


def _of(*path: str) -> Any:
    def read(service: Mapping[str, Any]) -> float | None:
        value: Any = service
        for step in path:
            value = value.get(step) if isinstance(value, Mapping) else None
        return None if value is None else float(value)

    return read


def _first(*readers: Any) -> Any:
    """What the first reader that knows anything says."""

    def read(service: Mapping[str, Any]) -> float | None:
        found = (reader(service) for reader in readers)
        return next((value for value in found if value is not None), None)

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


_LEAST = {
    "served": _of("people_range", "least", "served"),
    "served_after": _of("siting", "people_after_range", "least", "served"),
}
_MOST = {
    "served": _of("people_range", "most", "served"),
    "served_after": _of("siting", "people_after_range", "most", "served"),
}


def siting_results(
    a: Mapping[str, Any], b: Mapping[str, Any], services: Iterable[str]
) -> pd.DataFrame:
    """Objective, status, gap and value of siting in both runs, where both were asked for sites."""
    told = ("objective", "status", "gap", "value")
    rows = []
    for key in services:
        results = a[key].get("siting"), b[key].get("siting")
        if results[0] is not None and results[1] is not None:
            row = {"service": key}
            for side, result in zip("ab", results, strict=True):
                row |= {f"{n}_{side}": result.get(n) for n in told}
            rows.append(row)
    columns = ["service"] + [f"{n}_{s}" for n in told for s in "ab"]
    return pd.DataFrame(rows, columns=columns)


def area_changes(run_a: Path, run_b: Path, services: list[str]) -> pd.DataFrame:
    """Areas whose served people differ, from the area layers of both runs."""
    columns = [
        "service",
        "level",
        "code",
        "name",
        "served_a",
        "served_b",
        "change",
        "share_a",
        "share_b",
    ]
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
            found.append(part[part["change"].abs() > SAME_PEOPLE])
    if not found:
        return pd.DataFrame(columns=columns)
    return pd.concat(found, ignore_index=True)[columns]


def _area_layers(run: Path) -> dict[str, pd.DataFrame]:
    return {
        name.removeprefix("areas_"): pyogrio.read_dataframe(
            run / "layers.gpkg", layer=name, read_geometry=False
        )
        for name in layer_names(run)
        if name.startswith("areas_")
    }


#: settings that say how a study is presented, not what it finds
_LABELS = ("study.name", "study.lang", "study.map_approval_no", "study.source")


def setting_changes(
    a: Mapping[str, Any], b: Mapping[str, Any], services: Iterable[str]
) -> tuple[tuple[str, Any, Any], ...]:
    """Settings that differ, of the study and of `services`: key, value in A, value in B.

    Parameters
    ----------
    a, b : ``settings`` of each run's ``run.json``; empty where either is not known.

    Returns
    -------
    The values as the files hold them, None where one is not set; `setting_text` words them.

    Examples
    --------
    >>> one = {"services": {"meal": {"standard": {"threshold_m": 1000.0}}, "other": {"path": "x"}}}
    >>> two = {"services": {"meal": {"standard": {"threshold_m": 800.0}}}}
    >>> setting_changes(one, two, ["meal"])
    (('services.meal.standard.threshold_m', 1000.0, 800.0),)
    """
    if not a or not b:
        return ()
    both = set(services)
    flat_a, flat_b = _flat(a), _flat(b)
    found = []
    for key in dict.fromkeys([*flat_a, *flat_b]):
        section, _, rest = key.partition(".")
        skipped = key in _LABELS or (section == "services" and rest.partition(".")[0] not in both)
        in_a, in_b = flat_a.get(key), flat_b.get(key)
        if not skipped and not _same(in_a, in_b):
            found.append((key, in_a, in_b))
    return tuple(found)


def _same(a: Any, b: Any) -> bool:
    """Whether two settings say the same: 1 is 1.0, but true is no 1."""
    return isinstance(a, bool) == isinstance(b, bool) and a == b


def _flat(settings: Mapping[str, Any], above: str = "") -> dict[str, Any]:
    """Every single setting by its dotted key; what is empty text is not set."""
    flat: dict[str, Any] = {}
    for key, value in settings.items():
        if isinstance(value, Mapping):
            flat |= _flat(value, f"{above}{key}.")
        elif value is not None and value != "":
            flat[f"{above}{key}"] = value
    return flat

"""What changed between two runs, per service and per area, from the files that both left."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from geoplan.comparison.describe import (
    Wording,
    area_lines,
    gap_lines,
    measure_lines,
    setting_lines,
    site_lines,
    siting_lines,
)
from geoplan.comparison.locations import gap_changes, site_changes
from geoplan.comparison.numbers import (
    area_changes,
    measure_changes,
    setting_changes,
    siting_results,
)
from geoplan.errors import GeoplanError, UsageError
from geoplan.words.display import text_html
from geoplan.words.speaker import Speaker
from geoplan.writing import restored
from geoplan.writing.finished_run import damage_of, run_facts, run_summary, sound_layers

logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class RunComparison:
    """Two runs side by side.

    Parameters
    ----------
    name_a, name_b : the folders' names.
    services : columns ``service``, ``measure``, ``a``, ``b``, ``change`` (b - a); one row per
        measure that either run has.
    areas : columns ``service``, ``level``, ``code``, ``name``, ``served_a``, ``served_b``,
        ``change``, ``share_a``, ``share_b``: areas whose served people differ.
    sitings : one row per service with suggested sites in both: ``service``, ``objective_a``,
        ``objective_b``, ``status_a``, ``status_b``, ``gap_a``, ``gap_b``, ``value_a``,
        ``value_b``.
    sites, gaps : see `comparison.locations.site_changes` and `comparison.locations.gap_changes`.
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
    sitings: pd.DataFrame
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
        tables = (self.changed, self.areas, self.sites, self.gaps, self._other_sitings)
        return list(dict.fromkeys(str(key) for table in tables for key in table["service"]))

    def __repr__(self) -> str:
        changed = ", ".join(self.changed_services) or "nothing"
        return f"RunComparison({self.name_a} -> {self.name_b}: changed {changed})"

    def _repr_html_(self) -> str:
        return text_html(self.text())

    def text(self, lang: str | None = None) -> str:
        """What changed, as aligned text."""
        return "\n".join(self._lines(Wording(Speaker(lang or self.lang), self.names)))

    def tables(self, lang: str | None = None) -> dict[str, pd.DataFrame]:
        """``changes``, ``areas``, ``sites``, ``gaps``: whole tables with headings in words."""
        wording = Wording(Speaker(lang or self.lang), self.names)
        tables = {
            "changes": self.services,
            "areas": self.areas,
            "sites": self.sites,
            "gaps": self.gaps,
        }
        return {name: wording.table(name, frame) for name, frame in tables.items()}

    def _lines(self, wording: Wording) -> Iterator[str]:
        speaker = wording.speaker
        yield speaker.say("compare.title", a=self.name_a, b=self.name_b)
        for key, services in (("only_a", self.only_a), ("only_b", self.only_b)):
            if services:
                names = [wording.service(s) for s in services]
                yield speaker.say(f"compare.{key}", services=", ".join(names))
        yield from setting_lines(self.settings, speaker)
        if self.is_same:
            yield speaker.say("compare.same")
            return
        yield from measure_lines(self.changed, wording)
        yield from siting_lines(self._other_sitings, wording)
        yield from site_lines(self.sites, wording)
        yield from gap_lines(self.gaps, wording)
        yield from area_lines(self.areas, wording)

    @property
    def is_same(self) -> bool:
        """Nothing that is compared differs."""
        differing = (self.changed, self.sites, self.gaps, self.areas, self._other_sitings)
        return not (self.only_a or self.only_b or any(len(table) for table in differing))

    @property
    def _other_sitings(self) -> pd.DataFrame:
        a = self.sitings
        same = (a["status_a"] == a["status_b"]) & (a["objective_a"] == a["objective_b"])
        return a[~same]


def compare_runs(run_a: str | Path, run_b: str | Path) -> RunComparison:
    """Compare two folders made by ``geoplan run``.

    Parameters
    ----------
    run_a, run_b : folders made by ``geoplan run`` or `Plan.save`.

    Returns
    -------
    RunComparison
        Changes are given as b - a.

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
    runs = Path(run_a), Path(run_b)
    try:
        return _compared(*runs)
    except (GeoplanError, MemoryError):
        raise
    except Exception as error:
        raise damage_of(runs, lambda run: _compared(run, run), "layers.gpkg") from error


def compare_cities(run_a: str | Path, run_b: str | Path) -> dict[str, RunComparison]:
    """Compare the cities that two runs of several cities have in common, one by one.

    Parameters
    ----------
    run_a, run_b : folders made by ``geoplan run`` of a study with ``[[include]]``.

    Returns
    -------
    By city's name, in the order of the first run; empty where one run is of a single city.

    Raises
    ------
    UsageError
        One of them is no run, or a city's folder is damaged.
    """
    runs = Path(run_a), Path(run_b)
    first, second = (_summary(run).get("cities") or {} for run in runs)
    both = [city for city in first if city in second]
    return {city: compare_runs(*(run / city for run in runs)) for city in both}


def _compared(run_a: Path, run_b: Path) -> RunComparison:
    first, second = _summary(run_a), _summary(run_b)
    facts_a, facts_b = run_facts(run_a), run_facts(run_b)
    for run in (run_a, run_b):
        if (run / "layers.gpkg").exists():
            sound_layers(run)
    services_a, services_b = first["services"], second["services"]
    both = [key for key in services_a if key in services_b]
    return RunComparison(
        name_a=run_a.name,
        name_b=run_b.name,
        services=measure_changes(services_a, services_b, both),
        areas=area_changes(run_a, run_b, both),
        sitings=siting_results(services_a, services_b, both),
        sites=site_changes(run_a, run_b, both),
        gaps=gap_changes(run_a, run_b, both),
        only_a=tuple(k for k in services_a if k not in services_b),
        only_b=tuple(k for k in services_b if k not in services_a),
        lang=str(facts_a.get("settings", {}).get("study", {}).get("lang", "zh")),
        names=facts_a.get("names", {}) | facts_b.get("names", {}),
        settings=setting_changes(facts_a.get("settings", {}), facts_b.get("settings", {}), both),
    )


def _summary(folder: Path) -> dict[str, Any]:
    for told in restored(folder):
        logger.warning("%s", told)
    if not (folder / "summary.json").exists():
        raise UsageError.of("compare.no_run", folder=folder)
    return run_summary(folder)

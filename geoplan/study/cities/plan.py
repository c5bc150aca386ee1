"""`CitiesPlan`: the plans of several cities, and what they come to together."""

from __future__ import annotations

import platform
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from geoplan.errors import UsageError
from geoplan.inputs.files.shown_names import without_machine
from geoplan.inputs.findings.finding import Assumption
from geoplan.outputs.cities.text import cities_text
from geoplan.results import RunResults, StudyInfo
from geoplan.results.cities import CitiesResults, CityResult, SharedSites
from geoplan.study.cities.alike import gave_way, unlike_cities
from geoplan.study.cities.opening import in_city, shared_settings
from geoplan.study.cities.sums import services_of_all
from geoplan.study.cities.write import write_plans
from geoplan.study.plan import Plan
from geoplan.study.progress import Progress, chosen
from geoplan.study.read.load import StudyInputs
from geoplan.study.run import report_form
from geoplan.study.run_facts import LIBRARIES
from geoplan.study.run_folder import Basemap
from geoplan.study.settings import StudySettings
from geoplan.words.display import text_html
from geoplan.words.text_format import plain


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class CitiesPlan(Plan):
    r"""All results of a study of several cities.

    It has no services of its own: `cities` has the plan of each city, `to_dict` the sums.

    Parameters
    ----------
    results : what is said of the whole; no services.
    inputs : files and findings of all cities, each with its city's name.
    whole : the numbers of all cities.
    cities : the plan of each city by name; empty where they were written one after the other.

    Examples
    --------
    >>> from geoplan.study import Study, example_study
    >>> folder = example_study().folder
    >>> example = example_study(folder / "east")
    >>> head = '[study]\nname = "Both"\nlang = "en"\n'
    >>> text = head + '[[include]]\npath = "east"\nname = "East"\n'
    >>> _ = (folder / "both.toml").write_text(text)
    >>> plan = Study.open(folder / "both.toml").run()
    >>> plan
    CitiesPlan(Both: East)
    >>> plan.cities["East"].coverage["meal_station"]
    Coverage('meal_station': 150 of 290 people served, 51.7%)
    >>> plan.to_dict()["services"]["meal_station"]["people"]["served"]
    150
    """

    whole: CitiesResults
    cities: Mapping[str, Plan] = field(default_factory=dict)

    @property
    def input_errors(self) -> int:
        """Findings about the inputs of all cities that are errors; their rows are set aside."""
        return sum(city.input_errors for city in self.whole.cities)

    @property
    def infeasible(self) -> tuple[str, ...]:
        """What blocks a solution, with its city."""
        return tuple(
            f"{city.name} · {one}" for city in self.whole.cities for one in city.infeasible
        )

    @property
    def interrupted(self) -> bool:
        """Whether Ctrl-C ended a search for sites before its time."""
        return any(city.interrupted for city in self.whole.cities)

    def summary(self) -> str:
        """The headline numbers of all cities as text, in the plan's language."""
        return cities_text(self.whole, self.lang)

    def to_dict(self) -> dict[str, Any]:
        """What `summary.json` holds: the sums, and under ``cities`` each city's own summary."""
        return dict(self.whole.summary)

    def save(
        self,
        folder: str | Path,
        *,
        progress: Progress | Literal[False] | None = None,
        basemap: str | None = None,
        tianditu_key: str | None = None,
    ) -> Path:
        """Write the folder of the whole: overview, report, tables, and a folder per city.

        Parameters are those of `Plan.save`.

        Raises
        ------
        UsageError
            When `folder` holds something that is no run, or cannot be written; when the cities were
            written already.
        """
        if not self.cities:
            raise UsageError.of("cities.written_already")
        under = Basemap(name=basemap, tianditu_key=tianditu_key)
        return write_plans(
            self.whole,
            self.cities,
            self.inputs,
            Path(folder),
            basemap=under,
            progress=chosen(progress),
        )

    def in_language(self, lang: str) -> CitiesPlan:
        """Texts of a study of several cities are written in the language that it was run in.

        Raises
        ------
        UsageError
            Another language than the plan's: run the study with ``lang=`` instead.
        """
        self._known_language(lang)
        if lang != self.lang:
            raise UsageError.of("cities.other_language")
        return self

    def __repr__(self) -> str:
        return f"CitiesPlan({self.whole.info.name}: {', '.join(c.name for c in self.whole.cities)})"

    def _repr_html_(self) -> str:
        return text_html(self.summary())


def plan_of_all(
    study: StudySettings,
    cities: Sequence[CityResult],
    *,
    inputs: StudyInputs,
    facts: Mapping[str, Mapping[str, Any]],
    shared: Mapping[str, SharedSites],
    plans: Mapping[str, Plan],
    audience: str,
) -> CitiesPlan:
    """The cities' results put together.

    Parameters
    ----------
    study : of all. cities : what was kept of each.
    inputs : of all, see `joined_inputs`.
    facts : what each city's ``run.json`` says.
    shared : what they share. plans : of each city, where they are still there.
    """
    info = _info(study, cities, audience)
    assumed = (*gave_way(shared, info.lang), *_assumed(study, cities, info.lang))
    summary: dict[str, Any] = {
        "study": {"name": info.name, "crs": info.crs, "synthetic": info.synthetic},
        "inputs": [
            {**record, "path": in_city(city.name, record["path"])}
            for city in cities
            for record in city.summary["inputs"]
        ],
        "services": services_of_all(
            {city.name: city.summary for city in cities},
            currencies={city.name: city.info.currency.strip() for city in cities},
        ),
        "figures": [],
        "assumed": [one.to_dict() for one in assumed],
        "cities": {city.name: city.summary for city in cities},
    }
    for key, one in shared.items():
        siting = summary["services"][key]["siting"]
        siting |= _shared_keys(one, siting, public=audience != "internal")
    run = _facts(study, facts, audience)
    whole = CitiesResults(
        info=info,
        cities=tuple(cities),
        summary=summary,
        shared=shared if audience == "internal" else {},
        assumed=assumed,
        run=run,
    )
    results = RunResults(
        info=info,
        inputs=inputs.records,
        findings=inputs.findings_frame(),
        set_aside={},
        areas={},
        services={},
        figures=pd.DataFrame(),
        run=run,
        assumed=assumed,
    )
    return CitiesPlan(results=results, inputs=inputs, whole=whole, cities=plans)


def _info(study: StudySettings, cities: Sequence[CityResult], audience: str) -> StudyInfo:
    asked = study.config.study
    currencies = {city.info.currency for city in cities}
    return StudyInfo(
        name=asked.name,
        crs="",
        lang=study.config.lang,
        synthetic=any(city.info.synthetic for city in cities),
        map_approval_no=asked.map_approval_no,
        audience=audience,
        data_date=asked.data_date,
        source=asked.source,
        currency=next(iter(currencies)) if len(currencies) == 1 else "",
        report=report_form(study),
    )


def _assumed(
    study: StudySettings, cities: Sequence[CityResult], lang: str
) -> tuple[Assumption, ...]:
    """What the cities assume, each with its city, behind what only the whole assumes."""
    own = (
        Assumption(
            what=one["what"],
            where=in_city(city.name, one["where"]),
            count=one["count"],
            effect=one["effect"],
            code="city",
        )
        for city in cities
        for one in city.summary["assumed"]
    )
    return (*unlike_cities(cities, lang), *_left_out(study, cities), *own)


def _left_out(study: StudySettings, cities: Sequence[CityResult]) -> Iterator[Assumption]:
    """Cities that have none of the services that were asked for."""
    there = {city.name for city in cities}
    names = [one.name for one in study.cities if one.name not in there]
    if names:
        say = study.config.speaker.say
        yield Assumption(
            what=say("cities.left_out", told=say("report.name_comma").join(names)),
            where="include",
            count=len(names),
            effect=say("cities.without_effect"),
            code="left_out",
        )


def _shared_keys(shared: SharedSites, siting: Mapping[str, Any], *, public: bool) -> dict[str, Any]:
    """How the whole's sites are shared; what is proved is proved of every way to share.

    public : people are told by the cities' own summaries alone, so that no other bound is told.
    """
    asked = {"sites": shared.sites} if shared.sites is not None else {"budget": shared.budget}
    by_city = {str(city): int(n) for city, n in shared.table["sites"].items()}
    keys: dict[str, Any] = {"shared": {**asked, "status": shared.status, "by_city": by_city}}
    if shared.status != "optimal" and siting["status"] in ("optimal", "feasible"):
        value, bound = siting["value"], None if public else shared.bound
        bound = None if bound is None or value is None else max(plain(bound), value)
        gap = plain((bound - value) / value, 15) if bound is not None and value else None
        keys |= {"status": "feasible", "bound": bound, "gap": gap}
    return keys


def _facts(
    study: StudySettings, facts: Mapping[str, Mapping[str, Any]], audience: str
) -> dict[str, Any]:
    include: list[dict[str, str]] = [{"name": one.name} for one in study.cities]
    if audience == "internal":
        assert study.of_cities is not None
        for entry, one in zip(include, study.of_cities.include, strict=True):
            entry["path"] = one.path
    settings = {
        "study": study.config.study.model_dump(mode="json", exclude_none=True),
        "include": include,
        "services": shared_settings(study),
    }
    return {
        "geoplan": version("geoplan"),
        "python": platform.python_version(),
        **({"platform": platform.platform()} if audience == "internal" else {}),
        "libraries": {name: version(name) for name in LIBRARIES},
        "study": study.file.name,
        "settings": without_machine(settings),
        "inputs": {
            in_city(name, path): digest
            for name, own in facts.items()
            for path, digest in own.get("inputs", {}).items()
        },
        "seconds": {
            name: round(sum(own.get("seconds", {}).values()), 3) for name, own in facts.items()
        },
    }

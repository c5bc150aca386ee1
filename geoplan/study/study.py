"""`Study`: the inputs of a run, opened from a folder, changed by `replace`, planned by `run`."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from geoplan.errors import UsageError, told_in
from geoplan.outputs.ranges import range_text
from geoplan.outputs.wording import assumption_text
from geoplan.results import Robustness, ServiceResult, SitingOutcome
from geoplan.study.beside.process import other_process
from geoplan.study.cities.check import check_cities
from geoplan.study.cities.opening import files_of_cities
from geoplan.study.cities.run import CitiesOrder, run_cities, run_into
from geoplan.study.config.cross_checks import standard_of
from geoplan.study.config.input_files import input_files
from geoplan.study.overlays import apply_overlay
from geoplan.study.plan import Plan
from geoplan.study.progress import Progress, chosen
from geoplan.study.read.load import StudyInputs
from geoplan.study.reading import read_inputs
from geoplan.study.robustness import robustness
from geoplan.study.run import run_study, suggest_sites_of
from geoplan.study.run_folder import Basemap
from geoplan.study.settings import StudySettings, in_language, known_services
from geoplan.validate import takes
from geoplan.words.display import completes, facts_html
from geoplan.words.speaker import Speaker


@completes(
    "check",
    "config",
    "folder",
    "name",
    "overlay",
    "replace",
    "robustness",
    "run",
    "run_into",
    "services",
    "suggest",
)
@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Study(StudySettings):
    """A checked study file and its folder, with methods that check, run and change the study.

    Parameters
    ----------
    config : the checked settings, section by section as in `study.toml`.
    folder : where relative paths start.
    raw : the settings as they were written.
    file : the study file.
    no_streets : what is missing of the streets: all else can be checked, nothing can be run.
    of_cities, cities : of a study of several cities, what is said of them all, and which they are.

    Examples
    --------
    >>> from geoplan.study import example_study
    >>> study = example_study()  # 290 people, one meal station
    >>> study.services
    ['meal_station']
    >>> print(study.run().summary())
    Small
    ...
    """

    @takes(path="path")
    def overlay(self, path: str | Path) -> Study:
        r"""The same study with a TOML file of what-ifs laid over it.

        Parameters
        ----------
        path : any part of a `study.toml`, and ``[what_if]``; see
            `geoplan.study.apply_overlay`. Paths in it start at the study's folder.

        Returns
        -------
        Study
            A new one; this one stays as it is.

        Raises
        ------
        StudyFileError, UsageError
            The file is no overlay, or names what the study does not have.

        Examples
        --------
        >>> from geoplan.study import example_study
        >>> study = example_study()
        >>> overlay = study.folder / "older.toml"
        >>> _ = overlay.write_text("[what_if]\npeople = { elderly_60 = 1.5 }")
        >>> study.overlay(overlay).run().coverage["meal_station"]
        Coverage('meal_station': 225 of 435 people served, 51.7%)
        """
        return apply_overlay(self, path)

    @takes(service="text")
    def robustness(self, service: str, **options: Any) -> Robustness:
        """How robust one service's plan is: the siting problem drawn anew, many times.

        Parameters
        ----------
        service : its key or name; its study names an objective and a number of sites.
        options : ``redraws``, ``seed``, ``workers``, ``reach_cv``, ``people_cv`` and
            ``closure_share``; see `geoplan.study.robustness`.

        Returns
        -------
        Robustness
            How often each site is chosen, regret, the plan best at worst, closures that cost most.

        Raises
        ------
        InputError
            A file cannot be used at all.
        UsageError
            The service has no siting problem, or options make no sense.

        Examples
        --------
        >>> from geoplan.study import example_study
        >>> sure = example_study().robustness("meal_station", redraws=5, seed=1)
        >>> len(sure.draws), sure.critical["people"].tolist()
        (5, [150.0])
        """
        self._must_be_one_city()
        with told_in(self.config.lang):
            return robustness(self, known_services(self, [service])[0], **options)

    def check(
        self,
        *,
        services: str | Iterable[str] | None = None,
        lang: str | None = None,
        progress: Progress | Literal[False] | None = None,
    ) -> StudyInputs:
        """Read every input and list the findings; nothing is assessed.

        Locations are compared with the study's streets; a network that cannot be read is a finding
        like any other. Of a study of several cities the inputs of all are read, and each file is
        told with its city's name.

        Parameters
        ----------
        services : keys or names, or one of them; default all of the study.
        lang : ``"zh"`` or ``"en"``; default the study's.
        progress : called with (done, total, text); default a bar in Jupyter, False for none.

        Returns
        -------
        StudyInputs
            The layers as read, in the study's CRS; ``findings_frame()`` has one row per doubt.

        Raises
        ------
        UsageError
            Services that the study does not have.

        Examples
        --------
        >>> from geoplan.study import example_study
        >>> inputs = example_study().check()
        >>> inputs.demand["elderly_60"]
        Demand('elderly_60': 6 rows, 290 people)
        >>> inputs.findings_frame()[["file", "code", "severity"]].values.tolist()
        [['people.csv', 'address_only', 'warning'], ['streets.gpkg', 'network_islands', 'warning']]
        """
        study, told = in_language(self, lang), chosen(progress)
        if study.cities:
            return check_cities(study, services=services, progress=told)
        wanted = None if services is None else known_services(study, services)
        return read_inputs(study, services=wanted, progress=told)

    def run(
        self,
        *,
        services: str | Iterable[str] | None = None,
        audience: str = "internal",
        lang: str | None = None,
        scheduler: str | None = None,
        year: int | None = None,
        cache: bool = True,
        progress: Progress | Literal[False] | None = None,
    ) -> Plan:
        """The main job: check, coverage, gaps, sites.

        Parameters
        ----------
        services : keys or names, or one of them; default all of the study.
        audience : ``"internal"`` or ``"public"`` (small cells blanked, no personal data).
        lang : ``"zh"`` or ``"en"``; default the study's.
        scheduler : address of a Dask cluster; default this process.
        year : whose people are planned for, by ``[demand.KEY.projection]``; default the study's.
        cache : finished stages are reused where nothing they depend on has changed, from the user's
            cache folder (environment variables ``GEOPLAN_CACHE``, ``GEOPLAN_CACHE_MB``); the answer
            is the same without.
        progress : called with (done, total, text); default a bar in Jupyter, False for none.

        Returns
        -------
        Plan
            All results; `Plan.save` writes them. Of a study of several cities a `CitiesPlan`, whose
            ``cities`` are the plans of each.

        Raises
        ------
        InputError
            A file cannot be used at all; the findings say which and what to do.
        UsageError
            Services that the study does not have, an audience or a language that is none.

        Examples
        --------
        >>> from geoplan.study import example_study
        >>> plan = example_study().run(services=["meal_station"])
        >>> plan.coverage["meal_station"]
        Coverage('meal_station': 150 of 290 people served, 51.7%)
        """
        study = in_language(self, lang)
        audience = _audience(study, audience)
        told = chosen(progress)
        if study.cities:
            order = CitiesOrder(
                services=services, audience=audience, scheduler=scheduler, year=year, cache=cache
            )
            with told_in(study.config.lang):
                return run_cities(study, order, progress=told)
        if year is not None:
            study = study.replace({"study.year": year})
        keys = self.services if services is None else known_services(study, services)
        with told_in(study.config.lang):
            return run_study(
                study, keys, audience=audience, scheduler=scheduler, progress=told, cache=cache
            )

    def run_into(
        self,
        folder: str | Path,
        *,
        basemap: str | None = None,
        tianditu_key: str | None = None,
        progress: Progress | Literal[False] | None = None,
        **options: Any,
    ) -> Plan:
        """Run the study and write its folder, as ``geoplan run`` does.

        Of several cities one is held at a time: a province needs no more memory than its largest
        city. The plan's numbers are there afterwards, not the cities' own plans.

        Parameters
        ----------
        folder, basemap, tianditu_key : as in `Plan.save`.
        progress : as in `run`.
        options : ``services``, ``audience``, ``lang``, ``scheduler``, ``year`` and ``cache``, which
            `run` explains.

        Returns
        -------
        Plan
            The numbers of the run.

        Raises
        ------
        InputError, UsageError
            As `run` and `Plan.save`.

        Examples
        --------
        >>> from geoplan.study import example_study
        >>> study = example_study()
        >>> study.run_into(study.folder / "out")
        Plan(Small: meal_station 51.7% → 79.3%)
        """
        study, told = in_language(self, options.pop("lang", None)), chosen(progress)
        if study.cities:
            _audience(study, options.get("audience", "internal"))
            under = Basemap(name=basemap, tianditu_key=tianditu_key)
            order = CitiesOrder(**options)
            with told_in(study.config.lang), other_process():
                return run_into(study, Path(folder), order, basemap=under, progress=told)
        with other_process():  # one for the run and its outputs
            plan = study.run(progress=told, **options)
            if plan.interrupted:
                raise KeyboardInterrupt
            plan.save(folder, progress=told, basemap=basemap, tianditu_key=tianditu_key)
        return plan

    def files(self) -> list[Path]:
        """Every file that the study reads, its own included.

        Returns
        -------
        list of Path

        Examples
        --------
        >>> from geoplan.study import example_study
        >>> [path.name for path in example_study().files()][:2]
        ['study.toml', 'districts.gpkg']
        """
        if self.cities:
            return files_of_cities(self)
        return [self.file, *input_files(self.config, self.folder)]

    @takes(service="text", sites="number", objective="text?", curve="flag", lang="text?")
    def suggest(
        self,
        service: str,
        *,
        sites: int,
        objective: str | None = None,
        curve: bool = False,
        lang: str | None = None,
        progress: Progress | Literal[False] | None = None,
    ) -> SitingOutcome:
        """Where `sites` new sites of one service should go.

        Parameters
        ----------
        service : its key or name.
        sites : how many new sites, beside those there are.
        objective : ``"max_coverage"``, ``"min_sites"``, ``"min_cost"``, ``"p_median"`` or
            ``"p_center"``; default the study's, else ``"max_coverage"``.
        curve : also what every smaller number of sites reaches, with its bound.
        lang : ``"zh"`` or ``"en"``; default the study's.
        progress : called with (done, total, text); default a bar in Jupyter, False for none.

        Returns
        -------
        SitingOutcome
            ``sites`` (GeoDataFrame in the study's CRS, ranked), ``result`` (status, value, bound,
            gap), ``people_after`` (the ledger with them), ``curve``.

        Raises
        ------
        UsageError
            The service is unknown or has no sites (spacing and rate services).

        Examples
        --------
        >>> from geoplan.study import example_study
        >>> outcome = example_study().suggest("meal_station", sites=1)
        >>> outcome
        SitingOutcome(max_coverage: optimal, 1 new sites, 79.3% covered after)
        >>> outcome.sites["added_people"].tolist()
        [80.0]
        """
        study = in_language(self, lang)
        self._must_be_one_city()
        [service] = known_services(study, [service])
        study._must_be_assessed_by_reach(service)
        # so many sites, without the years, the money and the numbers by tier of the study
        siting: dict[str, Any] = {"sites": sites, "curve": curve}
        siting |= dict.fromkeys(("budget", "phases", "years", "tiers"))
        if objective is not None:
            siting["objective"] = objective
        changed = self.replace({f"services.{service}.siting": siting})
        with told_in(study.config.lang):
            planned = suggest_sites_of(changed, service, progress=chosen(progress))
        outcome = planned.siting
        assert outcome is not None  # the service has sites
        return dataclasses.replace(
            outcome,
            notes=(
                *outcome.notes,
                *study._further(outcome, sites, curve),
                *_assumed(planned, study.config.speaker),
            ),
        )

    def _further(self, outcome: SitingOutcome, sites: int, curve: bool) -> Iterator[str]:
        """What this objective cannot give."""
        speaker = self.config.speaker
        if curve and outcome.curve is None and outcome.result.status != "infeasible":
            yield speaker.say("study.no_curve")
        needed = len(outcome.sites)
        if outcome.objective in ("min_sites", "min_cost") and needed > sites:
            before = outcome.sites.loc[outcome.sites["rank"] <= sites, "share_after"]
            share = f"{before.iloc[-1]:.1%}" if len(before) else "-"
            yield speaker.say("study.fewest_more", needed=needed, asked=sites, share=share)

    def _must_be_one_city(self) -> None:
        """Refuse what is asked of one city's own study."""
        if self.cities:
            raise UsageError.of("cities.one_city_only", path=self.cities[0].file)

    def _must_be_assessed_by_reach(self, service: str) -> None:
        """Refuse, before any work, what has no sites to suggest."""
        by_reach = [
            key
            for key, section in self.config.services.items()
            if standard_of(key, section).measure == "reach"
        ]
        if service not in by_reach:
            there = ", ".join(by_reach) or "-"
            raise UsageError(
                self.config.speaker.say("study.not_by_reach", key=service, there=there)
            )

    def _repr_html_(self) -> str:
        config = self.config

        def word(key: str) -> str:
            return config.speaker.say(f"study.shown_{key}")

        layers = (("areas", config.areas), ("network", config.network), ("demand", config.demand))
        facts: list[tuple[str, object]] = [
            (word("crs"), config.study.crs),
            (word("data_date"), config.study.data_date),
            *((word(name), ", ".join(map(str, section))) for name, section in layers),
            (word("services"), ", ".join(self.services)),
        ]
        return facts_html(self.name, facts)

    def __repr__(self) -> str:
        if self.cities:
            return f"Study({self.name!r}, {len(self.cities)} cities)"
        return f"Study({self.name!r}, {len(self.services)} services, {self.config.study.crs})"


def _audience(study: StudySettings, audience: str) -> str:
    if audience not in ("internal", "public"):
        raise UsageError(study.config.speaker.say("study.no_audience", audience=repr(audience)))
    return audience


def _assumed(service: ServiceResult, speaker: Speaker) -> Iterator[str]:
    """Between which numbers the result lies, and what it rests on that no input says."""
    ranges = (range_text(service, speaker, after=after) for after in (False, True))
    yield from filter(None, ranges)
    yield from (assumption_text(one, speaker, {service.key: service}) for one in service.assumed)

"""`Study`: the inputs of a run, opened from a folder, changed by `replace`, planned by `run`."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geoplan.errors import UsageError
from geoplan.results import SitingOutcome
from geoplan.study.config.schema import StudyFile
from geoplan.study.config.validate import checked, read_study_file, standard_of, study_path
from geoplan.study.plan import Plan
from geoplan.study.progress import Progress, silent
from geoplan.study.read.load import StudyInputs, load_inputs
from geoplan.study.read.networks import try_networks
from geoplan.words import say
from geoplan.words.display import completes, facts_html

if TYPE_CHECKING:
    from geoplan.study.robustness import Robustness


@completes(
    "check",
    "config",
    "folder",
    "name",
    "overlay",
    "replace",
    "robustness",
    "run",
    "services",
    "suggest",
)
@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Study:
    """What is asked: a checked study file and the folder its paths start from.

    Parameters
    ----------
    config : the checked settings, section by section as in `study.toml`.
    folder : where relative paths start.
    raw : the settings as they were written.
    file : the study file.

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

    config: StudyFile
    folder: Path
    raw: Mapping[str, Any] = field(repr=False)
    file: Path

    @classmethod
    def open(cls, where: str | Path) -> Study:
        """Open a study: a folder with `study.toml`, or that file.

        Parameters
        ----------
        where : the folder or the file.

        Returns
        -------
        Study
            Its settings are checked; its files are not read yet (see `check` and `run`).

        Raises
        ------
        UsageError
            No such study.
        StudyFileError
            The file holds errors: all of them are told, with line and valid choices.

        Examples
        --------
        >>> from geoplan.study import example_study
        >>> folder = example_study().folder
        >>> Study.open(folder)
        Study('Small', 1 services, EPSG:4548)
        """
        path = study_path(where)
        raw = read_study_file(path)
        config = checked(raw, path=path, text=path.read_text(encoding="utf-8-sig"))
        return cls(config=config, folder=path.parent, raw=raw, file=path)

    @property
    def name(self) -> str:
        """The study's name."""
        return self.config.study.name

    @property
    def services(self) -> list[str]:
        """Service keys."""
        return list(self.config.services)

    def replace(self, changes: Mapping[str, Any] | None = None, **sections: Any) -> Study:
        """The same study with other settings: a what-if.

        Parameters
        ----------
        changes : dotted keys to values (``{"network.walk.speed_m_s": 0.8}``); a value may be a
            table as in `study.toml`; None takes a key out.
        sections : nested tables by section (``services={"meal_station": {...}}``).

        Returns
        -------
        Study
            A new one; this one stays as it is.

        Raises
        ------
        StudyFileError
            As `open`.

        Examples
        --------
        >>> from geoplan.study import example_study
        >>> farther = example_study().replace({"services.meal_station.standard.threshold_m": 1600})
        >>> farther.run().coverage["meal_station"]
        Coverage('meal_station': 230 of 290 people served, 79.3%)
        """
        raw = copy.deepcopy(dict(self.raw))
        for key, value in (changes or {}).items():
            _merge(raw, _nested(key.split("."), value))
        _merge(raw, sections)
        return Study(
            config=checked(raw, path=self.file), folder=self.folder, raw=raw, file=self.file
        )

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
        from geoplan.study.overlays import apply_overlay

        return apply_overlay(self, path)

    def robustness(self, service: str, **options: Any) -> Robustness:
        """How sure one service's recommendation is: the question drawn anew, many times.

        Parameters
        ----------
        service : service key; its study names an objective and a number of sites.
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
            The service asks no siting question, or options make no sense.

        Examples
        --------
        >>> from geoplan.study import example_study
        >>> sure = example_study().robustness("meal_station", redraws=5, seed=1)
        >>> len(sure.draws), sure.critical["people"].tolist()
        (5, [150.0])
        """
        from geoplan.study.robustness import robustness

        return robustness(self, service, **options)

    def check(
        self,
        *,
        services: Iterable[str] | None = None,
        lang: str | None = None,
        progress: Progress = silent,
    ) -> StudyInputs:
        """Read every input and tell what is doubted; nothing is judged.

        Places are compared with the study's streets; a network that cannot be read is told like
        any other input.

        Parameters
        ----------
        services : keys; default all of the study.
        lang : ``"zh"`` or ``"en"``; default the study's.
        progress : called with (done, total, text).

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
        study = self._in(lang)
        config = study.config
        count = len(config.areas) + len(config.demand) + len(config.services) + len(config.network)
        done = 0

        def tell(text: str) -> None:
            nonlocal done
            progress(min(done, count - 1), count, say(config.study.lang, "study.read", what=text))
            done += 1

        networks = try_networks(config, study.folder)
        for one in networks.networks.values():
            tell(f"{one.record.path}: {one.record.rows}")
        inputs = load_inputs(
            config,
            study.folder,
            services=None if services is None else known_services(study, services),
            streets=networks.streets,
            tell=tell,
        )
        return dataclasses.replace(
            inputs,
            records=(*inputs.records, *networks.records),
            findings=(*inputs.findings, *networks.findings(study.file.name, config.study.lang)),
        )

    def run(
        self,
        *,
        services: Iterable[str] | None = None,
        audience: str = "internal",
        lang: str | None = None,
        scheduler: str | None = None,
        progress: Progress = silent,
    ) -> Plan:
        """The main job: check, coverage, gaps, sites.

        Parameters
        ----------
        services : keys; default all of the study.
        audience : ``"internal"`` or ``"public"`` (small cells blanked, no personal data).
        lang : ``"zh"`` or ``"en"``; default the study's.
        scheduler : address of a Dask cluster; default this process.
        progress : called with (done, total, text).

        Returns
        -------
        Plan
            All results; `Plan.save` writes them.

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
        from geoplan.study.run import run_study

        if audience not in ("internal", "public"):
            raise UsageError(f"audience must be 'internal' or 'public', not {audience!r}.")
        told = self._in(lang)
        keys = self.services if services is None else known_services(told, services)
        return run_study(told, keys, audience=audience, scheduler=scheduler, progress=progress)

    def suggest(
        self,
        service: str,
        *,
        sites: int,
        objective: str | None = None,
        curve: bool = False,
        lang: str | None = None,
        progress: Progress = silent,
    ) -> SitingOutcome:
        """Where `sites` new sites of one service should go.

        Parameters
        ----------
        service : service key.
        sites : how many new sites, beside those there are.
        objective : ``"max_coverage"``, ``"min_sites"``, ``"p_median"`` or ``"p_center"``; default
            the study's, else ``"max_coverage"``.
        curve : also what every smaller number of sites reaches, with its bound.
        lang : ``"zh"`` or ``"en"``; default the study's.
        progress : called with (done, total, text).

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
        told = self._in(lang)
        known_services(told, [service])
        told._judged_by_reach(service)
        # one question: so many sites, without the years and the money that the study may plan by
        asked: dict[str, Any] = {"sites": sites, "curve": curve}
        asked |= dict.fromkeys(("budget", "phases", "years"))
        if objective is not None:
            asked["objective"] = objective
        changed = self.replace({f"services.{service}.siting": asked})
        plan = changed.run(services=[service], lang=lang, progress=progress)
        outcome = plan.services[service].siting
        assert outcome is not None  # it was asked for, of a service with sites
        return dataclasses.replace(
            outcome, notes=(*outcome.notes, *told._further(outcome, sites, curve))
        )

    def _further(self, outcome: SitingOutcome, sites: int, curve: bool) -> Iterator[str]:
        """What was asked for and cannot be had with this objective."""
        lang = self.config.study.lang
        if curve and outcome.curve is None and outcome.result.status != "infeasible":
            yield say(lang, "study.no_curve")
        needed = len(outcome.sites)
        if outcome.objective == "min_sites" and needed > sites:
            before = outcome.sites.loc[outcome.sites["rank"] <= sites, "share_after"]
            share = f"{before.iloc[-1]:.1%}" if len(before) else "-"
            yield say(lang, "study.fewest_more", needed=needed, asked=sites, share=share)

    def _judged_by_reach(self, service: str) -> None:
        """Refuse, before any work, what has no sites to suggest."""
        by_reach = [
            key
            for key, section in self.config.services.items()
            if standard_of(key, section).measure == "reach"
        ]
        if service not in by_reach:
            there = ", ".join(by_reach) or "-"
            raise UsageError(
                say(self.config.study.lang, "study.not_by_reach", key=service, there=there)
            )

    def _in(self, lang: str | None) -> Study:
        if lang is None or lang == self.config.study.lang:
            return self
        if lang not in ("zh", "en"):
            raise UsageError(f"lang must be 'zh' or 'en', not {lang!r}.")
        return self.replace({"study.lang": lang})

    def _repr_html_(self) -> str:
        config = self.config

        def word(key: str) -> str:
            return say(config.study.lang, f"study.shown_{key}")

        layers = (("areas", config.areas), ("network", config.network), ("demand", config.demand))
        facts: list[tuple[str, object]] = [
            (word("crs"), config.study.crs),
            (word("data_date"), config.study.data_date),
            *((word(name), ", ".join(map(str, section))) for name, section in layers),
            (word("services"), ", ".join(self.services)),
        ]
        return facts_html(self.name, facts)

    def __repr__(self) -> str:
        return f"Study({self.name!r}, {len(self.services)} services, {self.config.study.crs})"


def known_services(study: Study, services: Iterable[str]) -> list[str]:
    """The keys as a list, each once.

    Raises
    ------
    UsageError
        Services that the study does not have.
    """
    # one key alone is meant as one, not as its letters
    wanted = [services] if isinstance(services, str) else list(dict.fromkeys(services))
    unknown = [key for key in wanted if key not in study.config.services]
    lang = study.config.study.lang
    if unknown and not study.services:
        raise UsageError(say(lang, "study.no_service_yet"))
    if unknown:
        keys, there = ", ".join(map(repr, unknown)), ", ".join(study.services)
        raise UsageError(say(lang, "study.unknown_service", keys=keys, there=there))
    return wanted


def _nested(parts: list[str], value: Any) -> dict[str, Any]:
    return {parts[0]: value if len(parts) == 1 else _nested(parts[1:], value)}


def _merge(into: dict[str, Any], changes: Mapping[str, Any]) -> None:
    for key, value in changes.items():
        if value is None:
            into.pop(key, None)
        elif isinstance(value, Mapping) and isinstance(into.get(key), Mapping):
            table = dict(into[key])
            _merge(table, value)
            into[key] = table
        else:
            into[key] = copy.deepcopy(value)

"""`Study`: the inputs of a run, opened from a folder, changed by `replace`, planned by `run`."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geoplan.errors import InputError, UsageError
from geoplan.results import SitingOutcome
from geoplan.study.config import StudyFile
from geoplan.study.config_check import checked, read_study_file, study_path
from geoplan.study.load import StudyInputs, load_inputs
from geoplan.study.plan import Plan
from geoplan.study.progress import Progress, silent
from geoplan.words import say

if TYPE_CHECKING:
    from geoplan.study.robustness import Robustness


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Study:
    """What is asked: a checked study file and the folder its paths start from.

    Examples
    --------
    >>> from geoplan.study import Study
    >>> study = Study.open("data/jinan_demo")  # doctest: +SKIP
    >>> plan = study.run()  # doctest: +SKIP
    """

    config: StudyFile
    folder: Path
    raw: Mapping[str, Any] = field(repr=False)
    file: Path

    @classmethod
    def open(cls, where: str | Path) -> Study:
        """Open a study: a folder with `study.toml`, or that file.

        Raises
        ------
        UsageError
            No such study.
        StudyFileError
            The file holds errors: all of them are told, with line and valid choices.
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

        Raises
        ------
        StudyFileError
            As `open`.
        """
        raw = copy.deepcopy(dict(self.raw))
        for key, value in (changes or {}).items():
            _merge(raw, _nested(key.split("."), value))
        _merge(raw, sections)
        return Study(
            config=checked(raw, path=self.file), folder=self.folder, raw=raw, file=self.file
        )

    def overlay(self, path: str | Path) -> Study:
        """The same study with a TOML file of what-ifs laid over it.

        Any part of `study.toml`, and ``[what_if]``; see `geoplan.study.scenario.apply_overlay`.

        Raises
        ------
        StudyFileError
            As `open`.
        """
        from geoplan.study.scenario import apply_overlay

        return apply_overlay(self, path)

    def robustness(self, service: str, **options: Any) -> Robustness:
        """How sure one service's recommendation is; see `geoplan.study.robustness.robustness`."""
        from geoplan.study.robustness import robustness

        return robustness(self, service, **options)

    def check(
        self,
        *,
        services: Iterable[str] | None = None,
        lang: str | None = None,
        progress: Progress = silent,
    ) -> StudyInputs:
        """Read every input and tell what is doubted; nothing is judged."""
        study = self._in(lang)
        count = len(study.config.areas) + len(study.config.demand) + len(study.config.services)
        done = 0

        def tell(text: str) -> None:
            nonlocal done
            done = min(done + 1, count)
            progress(done, count, say(study.config.study.lang, "study.read", what=text))

        return load_inputs(
            study.config,
            study.folder,
            services=None if services is None else self._known(services),
            tell=tell,
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

        Raises
        ------
        InputError
            A file cannot be used at all; the findings say which and what to do.
        """
        from geoplan.study.run import run_study

        if audience not in ("internal", "public"):
            raise UsageError(f"audience must be 'internal' or 'public', not {audience!r}.")
        keys = self.services if services is None else self._known(services)
        return run_study(
            self._in(lang), keys, audience=audience, scheduler=scheduler, progress=progress
        )

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

        Raises
        ------
        UsageError
            The service is unknown or has no sites (spacing and rate services).
        """
        self._known([service])
        asked: dict[str, Any] = {"sites": sites, "curve": curve}
        if objective is not None:
            asked["objective"] = objective
        changed = self.replace({f"services.{service}.siting": asked})
        plan = changed.run(services=[service], lang=lang, progress=progress)
        outcome = plan.services[service].siting
        if outcome is None:
            raise UsageError(f"{service!r} is not judged by reach: there are no sites to suggest.")
        return outcome

    def _known(self, services: Iterable[str]) -> list[str]:
        wanted = list(dict.fromkeys(services))
        unknown = [key for key in wanted if key not in self.config.services]
        if unknown:
            raise UsageError(
                f"no service {', '.join(map(repr, unknown))} in this study; there are: "
                f"{', '.join(self.services)}."
            )
        return wanted

    def _in(self, lang: str | None) -> Study:
        if lang is None or lang == self.config.study.lang:
            return self
        if lang not in ("zh", "en"):
            raise UsageError(f"lang must be 'zh' or 'en', not {lang!r}.")
        return self.replace({"study.lang": lang})

    def __repr__(self) -> str:
        return f"Study({self.name!r}, {len(self.services)} services, {self.config.study.crs})"


def refuse_blocked(inputs: StudyInputs, lang: str) -> None:
    """Raise `InputError` when a whole file cannot be used."""
    if not inputs.blocking:
        return
    told = "\n".join(f"  {f.file}: {f.problem} {f.advice}".rstrip() for f in inputs.blocking)
    raise InputError(
        say(lang, "study.blocked", count=len(inputs.blocking)) + "\n" + told,
        findings=inputs.findings,
    )


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

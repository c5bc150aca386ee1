"""Levels and areas that services name and the study has no areas of: told before any work."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeGuard

from geoplan.coverage.quota import quotas_without_areas
from geoplan.inputs.findings.finding import Finding
from geoplan.inputs.layers import AreaLayer
from geoplan.study.config.cross_checks import standard_of
from geoplan.study.config.names import quota_levels
from geoplan.study.config.schema import StudyFile
from geoplan.study.read.unwritable_names import STUDY_FILE
from geoplan.words import level_word


def uncounted_quotas(
    config: StudyFile, areas: Mapping[str, AreaLayer], services: Sequence[str]
) -> tuple[Finding, ...]:
    """A finding for every service and level of its quotas that the study has no areas of.

    A warning where the study itself names the level, else (a standard of the catalogue) a note.
    """
    say, found = config.speaker.say, []
    for key in services:
        section = config.services[key]
        standard = standard_of(key, section)
        own = {level for _, level in quota_levels(section.standard)}
        levels = dict.fromkeys(q.level for q in quotas_without_areas(standard, areas))
        for level in levels:
            name = level_word(config.lang, level)
            found.append(
                Finding(
                    file=STUDY_FILE,
                    column=f"services.{key}.standard.quota",
                    value=level,
                    problem=say(
                        "study.quota_uncounted",
                        service=standard.name(config.lang),
                        level=level,
                        level_name=name,
                    ),
                    advice=say("study.quota_uncounted_advice", level=level),
                    severity="warning" if level in own else "note",
                    code="quota_uncounted",
                )
            )
    return tuple(found)


def unknown_areas(
    config: StudyFile, areas: Mapping[str, AreaLayer], services: Sequence[str]
) -> tuple[Finding, ...]:
    """An error for every setting of new sites per area that names no level and no area's code."""
    say, found = config.speaker.say, []
    known = set(areas).union(*(layer.frame.index for layer in areas.values()))
    for key in services:
        siting = config.services[key].siting
        for setting in ("min_sites_per_area", "min_share_per_area"):
            given = getattr(siting, setting, None)
            unknown = [name for name in given if name not in known] if _named(given) else []
            if not unknown:
                continue
            problem = say(
                "study.unknown_areas",
                key=key,
                setting=setting,
                names=", ".join(map(repr, unknown)),
                levels=", ".join(areas) or "-",
            )
            found.append(
                Finding(
                    file=STUDY_FILE,
                    column=f"services.{key}.siting.{setting}",
                    value=str(unknown[0]),
                    problem=problem,
                    advice="",
                    severity="error",
                    code="unknown_areas",
                )
            )
    return tuple(found)


def _named(given: object) -> TypeGuard[Mapping[str, object]]:
    return isinstance(given, Mapping)

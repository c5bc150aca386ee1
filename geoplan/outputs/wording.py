"""Service standards and areas in words: the same in tables, layers, figures and report."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any

import pandas as pd

from geoplan.inputs.files.shown_names import file_name
from geoplan.inputs.findings.finding import Assumption
from geoplan.results import RunResults, ServiceResult, SitingOutcome
from geoplan.services.standard import ServiceStandard
from geoplan.words.speaker import Speaker
from geoplan.words.text_format import as_list, clean, is_missing, number_text


def is_proved_fewest(siting: SitingOutcome) -> bool:
    """Whether fewer sites are proved not to do for full coverage: asked for, and no gap left."""
    result, share = siting.result, siting.result.detail.get("share", 1.0)
    return (
        siting.objective == "min_sites"
        and result.status == "optimal"
        and not (result.gap or 0) > 0
        and share >= 1
    )


def standard_text(standard: ServiceStandard, speaker: Speaker) -> str:
    """What counts as covered, in one phrase."""
    if standard.measure == "spacing":
        return speaker.say(
            "outputs.standard_spacing", metres=number_text(standard.max_spacing_m, 0)
        )
    if standard.measure == "rate":
        return speaker.say("outputs.standard_rate", per=number_text(standard.per, 0))
    if standard.measure == "budget":
        return speaker.say("outputs.standard_budget")
    mode = speaker.word(f"common.{standard.mode}", str(standard.mode))
    key = "outputs.standard_min" if standard.unit == "min" else "outputs.standard_m"
    return speaker.say(key, mode=mode, value=number_text(standard.threshold, 1))


def shown_path(path: str) -> str:
    r"""A path as the study names it; of one that starts at the root only the file's name.

    Examples
    --------
    >>> shown_path("data/people.csv"), shown_path("C:\\office\\people.csv")
    ('data/people.csv', 'people.csv')
    """
    whole = PurePosixPath(path).is_absolute() or PureWindowsPath(path).is_absolute()
    return clean(file_name(path) if whole else path)


def assumption_text(
    one: Assumption, speaker: Speaker, services: Mapping[str, ServiceResult]
) -> str:
    """What was assumed where, and what that does to the numbers: in the report and on maps.

    A section of the study file is called by its service's name: readers do not see the file.
    """
    return speaker.say(
        "report.assumption",
        where=assumption_place(one, speaker, services),
        what=clean(one.what),
        effect=clean(one.effect),
    )


def assumption_place(
    one: Assumption, speaker: Speaker, services: Mapping[str, ServiceResult]
) -> str:
    """The file or the service of an assumption."""
    kind, _, key = one.where.partition(".")
    service = services.get(key.partition(".")[0]) if kind == "services" else None
    return shown_path(one.where) if service is None else clean(service.name(speaker.lang))


def assumptions_about(results: RunResults, key: str) -> tuple[Assumption, ...]:
    """What was assumed that bears on the service `key`: not what only other services' inputs do."""
    roles: dict[str, list[str]] = {}
    for record in results.inputs:
        roles.setdefault(record.path, []).extend(record.role.split(", "))

    def bears(one: Assumption) -> bool:
        uses = roles.get(one.where) or [one.where]
        owners = {use.split(".")[1] for use in uses if use.startswith("services.")}
        shared = any(not use.startswith("services.") for use in uses)
        return shared or key in owners

    return tuple(one for one in results.assumed if bears(one))


def cost_unit_text(standard: ServiceStandard, speaker: Speaker) -> str:
    """The unit of ``cost``: metres or minutes."""
    return speaker.say("outputs.unit_min" if standard.unit == "min" else "outputs.unit_m")


def level_of_codes(results: RunResults, index: pd.Index) -> str | None:
    """The level whose codes `index` holds; None when no level knows them."""
    codes = {str(code) for code in as_list(index) if not is_missing(code) and str(code) != ""}
    best, hits = None, 0
    for level, layer in results.areas.items():
        found = len(codes & set(map(str, as_list(layer.frame.index))))
        if found > hits:
            best, hits = level, found
    return best


def area_names(
    results: RunResults, level: str, codes: Iterable[Any], speaker: Speaker
) -> list[str]:
    """The names of areas, with words for the row of those whose area is not known."""
    known = results.areas[level].name_of if level in results.areas else {}
    return speaker.area_names(codes, known)

"""Numbers that are known from below only: the least, which is proved, and the most beside it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from geoplan.coverage.ledger import Coverage, Ledger
from geoplan.results import ServiceResult
from geoplan.words.speaker import Speaker
from geoplan.words.text_format import count_text, share_text


def is_plan_unlimited(service: ServiceResult) -> bool:
    """Whether the plan's numbers take new sites, whose capacity is not given, as unlimited."""
    siting = service.siting
    return siting is not None and siting.unlimited and len(siting.sites) > 0


def most_coverage(service: ServiceResult, *, after: bool = False) -> Coverage | None:
    """Coverage if sites whose capacity is not known have no limit; None where all are known."""
    siting = service.siting
    if not after or siting is None:
        return None if after else service.coverage_most
    found = siting.coverage_after_most
    return siting.coverage_after if found is None and is_plan_unlimited(service) else found


def most_ledger(service: ServiceResult, *, after: bool = False) -> Ledger | None:
    """The ledger of `most_coverage`."""
    found = most_coverage(service, after=after)
    return None if found is None else found.ledger


def further_coverages(service: ServiceResult) -> dict[str, Coverage]:
    """Coverage beside the one today, by column ending: ``_most``, ``_after``, ``_after_most``.

    ``_after`` is what the plan is proved to reach: new sites of no given capacity prove nothing.
    """
    proved = None
    if service.siting is not None and not is_plan_unlimited(service):
        proved = service.siting.coverage_after
    found = {
        "_most": most_coverage(service),
        "_after": proved,
        "_after_most": most_coverage(service, after=True),
    }
    return {ending: coverage for ending, coverage in found.items() if coverage is not None}


def least_ledger(service: ServiceResult, *, after: bool = False) -> Ledger:
    """The ledger that is proved: new sites of no given capacity prove nothing."""
    assert service.coverage is not None
    siting = service.siting
    if not after or siting is None or is_plan_unlimited(service):
        return service.coverage.ledger
    return siting.people_after


def unknown_capacities(service: ServiceResult) -> int:
    """Open and located sites whose capacity is not known."""
    if service.facilities is None:
        return 0
    places = service.facilities.in_service.located["capacity"].to_numpy(float)
    return int(np.isnan(places).sum())


def share_range_text(service: ServiceResult, *, after: bool = False) -> str:
    """The covered share, or its range: ``2.8% – 59.3%``."""
    least, most = least_ledger(service, after=after), most_ledger(service, after=after)
    if most is None:
        siting = service.siting
        now = least if siting is None or not after else siting.people_after
        return share_text(now.covered_share)
    return f"{share_text(least.covered_share)} – {share_text(most.covered_share)}"


def range_text(service: ServiceResult, speaker: Speaker, *, after: bool = False) -> str:
    """A sentence with the least and the most that are served; "" where nothing is unknown."""
    most = most_ledger(service, after=after)
    if most is None or service.coverage is None:
        return ""
    least, word = least_ledger(service, after=after), "outputs.range_now"
    if after:
        word = "outputs.range_new" if is_plan_unlimited(service) else "outputs.range_after"
    return speaker.say(
        word,
        sites=count_text(unknown_capacities(service)),
        waiting=count_text(most.served - least.served),
        least=count_text(least.served),
        most=count_text(most.served),
        share_least=share_text(least.covered_share),
        share_most=share_text(most.covered_share),
    )


def capacity_texts(service: ServiceResult, sites: pd.DataFrame, speaker: Speaker) -> list[str]:
    """Capacity of every site in words: a number, unlimited, not known; "" where nobody asks."""
    places = sites["capacity"].astype(float)
    asked = service.standard.capacity_limits or bool(places.notna().any())
    assumed = sites.get("capacity_assumed", pd.Series(False, index=sites.index)).astype(bool)
    texts = []
    for value, stands_in in zip(places, assumed, strict=True):
        if np.isnan(value):
            text = speaker.say("outputs.capacity_not_known") if asked else ""
        elif np.isinf(value):
            text = speaker.say("outputs.capacity_unlimited")
        else:
            text = f"{value:,.6g}"
        texts.append(speaker.say("outputs.capacity_assumed", places=text) if stands_in else text)
    return texts

"""The report's first page: one sentence per service, for whoever reads no further."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from geoplan.coverage.quota import quota_counts
from geoplan.outputs.ranges import most_ledger, share_range_text, unknown_capacities
from geoplan.outputs.report.chapters.gap_lists import place_text, real_gaps
from geoplan.outputs.tables.rate_tables import measure_table
from geoplan.outputs.wording import is_proved_fewest
from geoplan.results import RunResults, ServiceResult, SitingOutcome
from geoplan.words.speaker import Speaker
from geoplan.words.text_format import clean, count_text, number_text, share_text


def highlights(results: RunResults, speaker: Speaker, *, brief: bool = False) -> Iterator[str]:
    """Who is left out, where most of them are, and what is suggested, service by service.

    brief : rates are told without their lowest and highest area.
    """
    for service in results.services.values():
        if service.coverage is not None:
            text = _people(service, speaker) + _sites(results, service, speaker)
        elif service.spacing is not None:
            text = _lines(service, speaker)
        elif service.rates is not None:
            text = _rates(results, service, speaker, brief=brief)
        elif service.fund is not None:
            text = _fund(results, service, speaker)
        else:
            continue
        yield text + speaker.say("report.high_end")


def _name(service: ServiceResult, speaker: Speaker) -> str:
    return clean(service.name(speaker.lang))


def _people(service: ServiceResult, speaker: Speaker) -> str:
    assert service.coverage is not None
    ledger = service.coverage.ledger
    text = speaker.say(
        "report.high_people",
        service=_name(service, speaker),
        people=clean(service.people_name(speaker.lang)) or speaker.say("report.high_anyone"),
        total=count_text(ledger.total),
        unserved=count_text(ledger.unserved),
        share=share_text(ledger.covered_share),
    )
    most = most_ledger(service)
    if most is not None:
        text += speaker.say(
            "report.high_people_range",
            sites=count_text(unknown_capacities(service)),
            most=share_text(most.covered_share),
        )
    for level, table in service.quota.items():
        if undecided := quota_counts(table).get("undecided"):
            text += speaker.say(
                "report.high_undecided", count=count_text(undecided), level=speaker.level(level)
            )
    # a fault of data is no gap of the service: the headline is the largest that is one
    gaps = real_gaps(service)
    if gaps is not None and len(gaps):
        first = gaps.iloc[0]
        text += speaker.say(
            "report.high_gap", area=place_text(first["area"]), people=count_text(first["people"])
        )
    return text


def _sites(results: RunResults, service: ServiceResult, speaker: Speaker) -> str:
    siting = service.siting
    if siting is None:
        return ""
    proof = speaker.status(siting.result.status, siting.result.gap, value=siting.result.value)
    if not len(siting.sites):
        return speaker.say("report.high_no_sites", proof=proof)
    text = speaker.say(
        "report.high_sites",
        count=count_text(len(siting.sites)),
        proof=proof,
        share=share_range_text(service, after=True),
    )
    if "money" in siting.sites.columns:
        money = speaker.money(siting.sites["money"].sum(), results.info.currency)
        text += speaker.say("report.high_money", money=money)
    return text


def _lines(service: ServiceResult, speaker: Speaker) -> str:
    found = service.spacing
    text = speaker.say(
        "report.high_lines",
        service=_name(service, speaker),
        total=number_text(found.total_m / 1000, 1),
        gap=number_text(found.gap_m / 1000, 1),
        share=share_text(found.covered_m / found.total_m if found.total_m else np.nan),
    )
    if service.gaps is not None and len(service.gaps):
        first = service.gaps.iloc[0]
        text += speaker.say(
            "report.high_gap_line",
            area=place_text(first["area"]),
            metres=count_text(first["length_m"]),
        )
    return text + _markers(service.siting, speaker)


def _markers(siting: SitingOutcome | None, speaker: Speaker) -> str:
    """What full coverage takes where that is proved; else what is suggested, and its proof."""
    if siting is None:
        return ""
    result, count = siting.result, count_text(len(siting.sites))
    proof = speaker.status(result.status, result.gap, value=result.value)
    if len(siting.sites):
        word = "report.high_markers" if is_proved_fewest(siting) else "report.high_some_markers"
        return speaker.say(word, count=count, proof=proof)
    # nothing more is needed: the share has said so
    return "" if is_proved_fewest(siting) else speaker.say("report.high_no_sites", proof=proof)


def _rates(results: RunResults, service: ServiceResult, speaker: Speaker, *, brief: bool) -> str:
    first = measure_table(results, service, speaker).frame.iloc[0]
    name, measure = _name(service, speaker), clean(first["measure"])
    text = speaker.say(
        "report.high_rates",
        service=name,
        measure="" if measure == name else f"{measure} ",
        count=count_text(first["count"]),
        rate=number_text(first["rate"]),
        per=number_text(service.standard.per, 0),
    )
    if first["lowest"] and not brief:
        text += speaker.say(
            "report.high_range",
            lowest=clean(first["lowest"]),
            highest=clean(first["highest"]),
        )
    return text


def _fund(results: RunResults, service: ServiceResult, speaker: Speaker) -> str:
    fund, currency = service.fund, results.info.currency
    assert fund is not None
    return speaker.say(
        "report.high_fund",
        service=_name(service, speaker),
        money=speaker.money(fund.money, currency),
        planned=speaker.money(fund.planned, currency),
    )

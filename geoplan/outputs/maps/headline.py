"""The head of a map's panel: the large number, the ledger today and with the plan, a few facts."""

from __future__ import annotations

from typing import Any

from geoplan.coverage.ledger import Ledger
from geoplan.coverage.quota import quota_counts
from geoplan.coverage.rates import city_rate
from geoplan.outputs.maps.features import service_name
from geoplan.outputs.ranges import (
    is_plan_unlimited,
    most_ledger,
    share_range_text,
    unknown_capacities,
)
from geoplan.outputs.siting_words import siting_facts
from geoplan.outputs.tables.rate_tables import measure_table
from geoplan.results import RunResults, ServiceResult
from geoplan.words.speaker import Speaker
from geoplan.words.text_format import count_text, is_missing, number_text, plain, share_text


def headline(results: RunResults, service: ServiceResult, speaker: Speaker) -> dict[str, Any]:
    """The large number, the ledger today and with the plan, and a few facts."""
    head: dict[str, Any] = {"facts": facts(service, speaker)}
    if service.coverage is not None:
        label, most = _share_label(service, speaker), most_ledger(service)
        if most is not None:
            share = share_text(most.covered_share)
            label = speaker.say("maps.head_at_least", label=label, most=share)
        head |= {
            "label": label,
            "label_after": _label_after(service, speaker),
            "ledger": _ledger(service.coverage.ledger),
            "after": None
            if service.siting is None or not _planned(service)
            else _ledger(service.siting.people_after),
        }
    elif service.spacing is not None:
        total, covered = float(service.spacing.total_m), float(service.spacing.covered_m)
        head |= {
            "label": speaker.say("maps.head_length"),
            "length": {"total": total, "covered": covered, "gap": float(service.spacing.gap_m)},
        }
    elif service.rates is not None and len(service.rates):
        head |= rate_head(service, speaker)
        head["facts"] += measure_facts(results, service, speaker)
    elif service.fund is not None:
        head |= fund_head(results, service, speaker)
        head["facts"] += fund_facts(results, service, speaker)
    return head


def _share_label(service: ServiceResult, speaker: Speaker) -> str:
    """Whose share it is: 74 % of the old are not 74 % of the city."""
    people = service.people_name(speaker.lang)
    return (
        speaker.say("maps.head_share_of", people=people)
        if people
        else speaker.say("maps.head_share")
    )


def _label_after(service: ServiceResult, speaker: Speaker) -> str:
    """Whose share it is with the plan, and that it may lie between two numbers."""
    label, most = _share_label(service, speaker), most_ledger(service, after=True)
    if most is None or service.siting is None:
        return label
    share = share_text(most.covered_share)
    if is_plan_unlimited(service):
        word = "head_at_most" if service.coverage_most is None else "head_between"
        return speaker.say(f"maps.{word}", label=label, most=share)
    return speaker.say("maps.head_at_least", label=label, most=share)


def _planned(service: ServiceResult) -> bool:
    siting = service.siting
    if siting is None:
        return False
    return not siting.sites.empty or (siting.closed is not None and len(siting.closed) > 0)


def _ledger(ledger: Ledger) -> dict[str, Any]:
    return {name: plain(value, 1) for name, value in ledger.to_dict().items()} | {
        "share": plain(ledger.covered_share, 6)
    }


def facts(service: ServiceResult, speaker: Speaker) -> list[list[str]]:
    """Pairs of label and value for the head of the panel."""
    found = _range_facts(service, speaker)

    def add(key: str, value: str, **values: str) -> None:
        found.append(_fact(speaker, key, value, **values))

    line = service.spacing is not None
    if service.facilities is not None:
        add("fact_markers" if line else "fact_facilities", f"{len(service.facilities):,}")
        unplaced = len(service.facilities) - len(service.facilities.located)
        if unplaced:
            add("fact_unplaced", f"{unplaced:,}")
    if service.spacing is not None and len(service.spacing.required):
        marked = service.spacing.required["marked"]
        add("fact_required", speaker.say("maps.of", part=int(marked.sum()), whole=len(marked)))
    found += _quota_facts(service, speaker)
    if service.rates is not None and len(service.rates):
        city = city_rate(service.rates)
        add("fact_count", count_text(city.count))
        name = service.people_name(speaker.lang) or speaker.say("maps.fact_people")
        found.append([name[:1].upper() + name[1:], count_text(city.people)])
        if service.standard.target_rate:
            add("fact_target", f"{service.standard.target_rate:,.6g}")
    if service.gaps is not None and line:  # other gaps are counted on the page, as it shows them
        add("fact_line_gaps", f"{len(service.gaps):,}")
    if service.siting is not None:
        add(
            "fact_suggested_markers" if line else "fact_suggested", f"{len(service.siting.sites):,}"
        )
        found.append(["", proof_text(service, speaker)])
        found += [
            _fact(speaker, f"fact_{name}", value) for name, value in siting_facts(service, speaker)
        ]
    return found


def _fact(speaker: Speaker, key: str, value: str, **values: str) -> list[str]:
    label = speaker.say(f"maps.{key}", **values)
    return [label[:1].upper() + label[1:], value]


def _range_facts(service: ServiceResult, speaker: Speaker) -> list[list[str]]:
    """The covered share between what is proved and the most, where capacities are not known."""
    found = []
    if service.coverage_most is not None:
        found.append(_fact(speaker, "fact_range", share_range_text(service)))
        found.append(_fact(speaker, "fact_unknown", f"{unknown_capacities(service):,}"))
    if most_ledger(service, after=True) is not None:
        found.append(_fact(speaker, "fact_range_after", share_range_text(service, after=True)))
    return found


def _quota_facts(service: ServiceResult, speaker: Speaker) -> list[list[str]]:
    """Areas that meet the quota, and those that cannot be judged, per level that has one."""
    found = []
    for level, table in service.quota.items():
        counts, name = quota_counts(table), speaker.level(level)
        if counts["meeting_quota"] is None:  # a level without a quota has nothing to meet
            continue
        part, whole = f"{counts['meeting_quota']:,}", f"{counts['total']:,}"
        met = speaker.say("maps.of", part=part, whole=whole)
        found.append(_fact(speaker, "fact_quota", met, level=name))
        if undecided := counts.get("undecided"):
            found.append(_fact(speaker, "fact_undecided", f"{undecided:,}", level=name))
    return found


def proof_text(service: ServiceResult, speaker: Speaker) -> str:
    """How much of the siting result is proved."""
    assert service.siting is not None
    result = service.siting.result
    if result.status == "optimal":
        return speaker.say("maps.proof_optimal")
    if result.status == "infeasible":
        return speaker.say("maps.proof_infeasible")
    if result.status == "unknown":
        return speaker.say("maps.proof_unknown")
    if result.gap is None and is_missing(result.value):  # of a public edition
        return speaker.say("maps.proof_withheld")
    if result.gap is None:
        return speaker.say("maps.proof_unbounded")
    return speaker.say("maps.proof_feasible", gap=share_text(result.gap, 2))


def rate_head(service: ServiceResult, speaker: Speaker) -> dict[str, Any]:
    """The large number of the page, with the name of what it counts."""
    assert service.rates is not None
    per = service.standard.per
    rate = city_rate(service.rates, per).rate
    label = speaker.say(
        "maps.head_rate", per=f"{per:,.6g}", measure=service.measure_name(speaker.lang)
    )
    return {"label": label, "rate": plain(rate, 2)}


def measure_facts(results: RunResults, service: ServiceResult, speaker: Speaker) -> list[list[str]]:
    """Pairs of label and value for every count after the first, which the map itself shows."""
    if len(service.all_rates) < 2:
        return []
    per = f"{service.standard.per:,.6g}"
    table = measure_table(results, service, speaker).frame
    return [
        [
            str(row.measure),
            speaker.say(
                "maps.measure_fact",
                count=count_text(row.count_),
                rate=number_text(row.rate),
                per=per,
            ),
        ]
        for row in table.rename(columns={"count": "count_"}).iloc[1:].itertuples()
    ]


def fund_head(results: RunResults, service: ServiceResult, speaker: Speaker) -> dict[str, Any]:
    """The large number of a fund's page: its money."""
    assert service.fund is not None
    money = speaker.money(service.fund.money, results.info.currency)
    years = service.fund.years
    label = speaker.say("maps.head_fund")
    if years:
        label = speaker.say("maps.head_fund_years", first=years[0], last=years[-1])
    return {"label": label, "text": money}


def fund_facts(results: RunResults, service: ServiceResult, speaker: Speaker) -> list[list[str]]:
    """Pairs of label and value: what the plans take, by service, and what is left."""
    fund = service.fund
    assert fund is not None
    currency = results.info.currency
    facts = [
        [speaker.say("maps.fact_fund_planned"), speaker.money(fund.planned, currency)],
        [speaker.say("maps.fact_fund_left"), speaker.money(fund.left, currency)],
    ]
    for key, part in fund.spending.groupby("service", sort=False):
        money = speaker.money(float(part["money"].sum()), currency)
        value = speaker.say("maps.fund_part", sites=f"{int(part['sites'].sum()):,}", money=money)
        facts.append([service_name(results, str(key), speaker), value])
    return facts

"""The implementation plan by year: what is done where, for how much, for whom, and who does it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from geoplan.outputs.report.blocks import Block, FigureBlock, Heading, Paragraph
from geoplan.outputs.report.chapters.money import in_budget_units, in_programme
from geoplan.outputs.report.numbering import references
from geoplan.outputs.report.table_blocks import report_table
from geoplan.outputs.tables.programme_tables import action_table, programme_year_table
from geoplan.results import Programme, RunResults, ServiceResult
from geoplan.words.speaker import Speaker
from geoplan.words.text_format import clean, count_text, number_text, share_text

#: actions listed for each service in the annex; all are in the workbook
_MOST_ACTIONS = 30
_YEARS = ("year", "works", "cost", "share")
_COLUMNS = ("year", "place", "action", "area", "cost", "people", "why")


def programme_chapter(results: RunResults, speaker: Speaker) -> Iterator[Block]:
    """What the services do in which year; nothing where the study does not plan in time."""
    for service in results.services.values():
        if service.programme is None:
            continue
        yield Heading(level=2, text=clean(service.name(speaker.lang)))
        yield from _service(results, service, service.programme, speaker)


def _service(
    results: RunResults, service: ServiceResult, programme: Programme, speaker: Speaker
) -> Iterator[Block]:
    name = clean(service.name(speaker.lang))
    if not len(programme.by_year):
        yield Paragraph(text=speaker.say("report.programme_none", service=name))
        for line in programme.blocking:
            yield Paragraph(text=clean(line), kind="note")
        return
    text = _headline(programme, service, results, speaker)
    yield Paragraph(text=text + idle_text(programme, results, speaker))
    years = programme_year_table(results, service, speaker)
    table = report_table(
        in_budget_units(years, results, speaker),
        speaker.say("report.c_programme_years", service=name),
        speaker,
        keep=_YEARS,
    )
    figure = FigureBlock(
        name=f"{service.key}_programme",
        caption=speaker.say("report.figure_programme", service=name),
        beside=table is not None,
    )
    yield figure
    if table is not None:
        yield replace(table, key=f"{service.key}_years")


def plan_in_time(results: RunResults, speaker: Speaker, *, word: str = "plan_in_time") -> str:
    """What the services with a plan in time do and take together; "" where there is none."""
    services = [service for service in results.services.values() if in_programme(service)]
    if not services:
        return ""
    plans = [s.programme for s in services if s.programme is not None]
    names = [clean(service.name(speaker.lang)) for service in services]
    spent = sum(float(plan.by_year["cost"].sum()) for plan in plans)
    first, last = min(p.years[0] for p in plans), max(p.years[-1] for p in plans)
    span = "report.plan_span_year" if first == last else "report.plan_span"
    return speaker.say(
        f"report.{word}",
        services=speaker.say("report.name_comma").join(names),
        span=speaker.say(span, first=first, last=last),
        actions=count_text(sum(len(plan.actions) for plan in plans)),
        money=speaker.money(spent, results.info.currency),
        chapter=speaker.say("report.h_programme"),
    )


def idle_text(programme: Programme, results: RunResults, speaker: Speaker) -> str:
    """Years in which the money goes to other services alone; "" where there are none."""
    others = [
        results.services[key]
        for key in programme.together
        if key in results.services and results.services[key].programme is not programme
    ]
    works = {
        clean(s.name(speaker.lang)): s.programme.by_year["works"]
        for s in others
        if s.programme is not None
    }
    own = programme.by_year["works"]
    # year by year, who works in it while this service does not
    busy = {
        year: [name for name, of in works.items() if of.get(year, 0) > 0]
        for year in own.index[own == 0]
    }
    idle = [str(year) for year, names in busy.items() if names]
    if not idle:
        return ""
    comma = speaker.say("report.name_comma")
    named = [name for name in works if any(name in names for names in busy.values())]
    return speaker.say("report.programme_idle", years=comma.join(idle), others=comma.join(named))


def programme_blocks(
    results: RunResults, service: ServiceResult, speaker: Speaker
) -> Iterator[Block]:
    """Proof, actions and notes of one service's plan in time."""
    programme = service.programme
    if programme is None or not len(programme.by_year):
        return
    yield Heading(level=3, text=speaker.say("report.h_programme"))
    for text in (_proof(programme, results, speaker), waiting_text(programme, speaker)):
        if text:
            yield Paragraph(text=text)
    listed = in_budget_units(action_table(results, service, speaker), results, speaker)
    caption = speaker.say("report.c_programme", service=clean(service.name(speaker.lang)))
    table = report_table(listed, caption, speaker, keep=_COLUMNS, most=_MOST_ACTIONS)
    if table is not None:
        yield table
    if len(listed.frame) > _MOST_ACTIONS:
        rest = count_text(len(listed.frame) - _MOST_ACTIONS)
        yield Paragraph(text=speaker.say("report.programme_rest", count=rest), kind="note")
    for note in programme.notes:
        yield Paragraph(text=clean(note), kind="note")


def _headline(
    programme: Programme, service: ServiceResult, results: RunResults, speaker: Speaker
) -> str:
    first, last = programme.by_year.iloc[0], programme.by_year.iloc[-1]
    currency = results.info.currency
    return speaker.say(
        "report.programme",
        service=clean(service.name(speaker.lang)),
        first=programme.years[0],
        last=programme.years[-1],
        actions=count_text(len(programme.actions)),
        money=speaker.money(float(programme.by_year["cost"].sum()), currency),
        running=speaker.money(float(last["running_cost"]), currency),
        served=count_text(last["served"]),
        total=count_text(last["total"]),
        share=share_text(last["share"]),
        before=share_text(first["share"]),
        refs=references(f"{service.key}_programme", f"{service.key}_years"),
    )


def _proof(programme: Programme, results: RunResults, speaker: Speaker) -> str:
    """How good the plan is proved to be, and what planning year by year would lose."""
    text = ""
    if programme.bound is not None and programme.gap is not None:
        word = "report.programme_proof"
        if programme.objective == "min_cost":
            word = "report.programme_proof_least"
            value = speaker.money(programme.value, results.info.currency)
            bound = speaker.money(programme.bound, results.info.currency)
        else:
            value = speaker.say("report.person_years", count=count_text(programme.value))
            bound = speaker.say("report.person_years", count=count_text(programme.bound))
        gap = share_text(programme.gap, 2)
        text = speaker.say(word, value=value, bound=bound, gap=gap)
        if len(programme.together) > 1:
            text += speaker.say("report.programme_together", count=len(programme.together))
    return text + alone_text(programme, results, speaker)


def alone_text(programme: Programme, results: RunResults, speaker: Speaker) -> str:
    """What planning each year by itself would lose, over all services that share the money."""
    if programme.alone_value is None or programme.objective != "person_years":
        return ""
    value = 0.0
    for key in programme.together:
        other = results.services.get(key)
        if other is None or other.programme is None or np.isnan(other.programme.value):
            return ""
        value += other.programme.value
    lost, many = value - programme.alone_value, len(programme.together) > 1
    if not lost > 0.5:
        return speaker.say("report.programme_alone_same")
    word = "report.programme_alone_all" if many else "report.programme_alone"
    return speaker.say(word, lost=number_text(lost, 0), count=len(programme.together))


def waiting_text(programme: Programme, speaker: Speaker) -> str:
    """Which action it would cost most to put off, and how much; "" where that is not known."""
    lost = programme.actions["lost_by_waiting"].astype(float)
    not_last = programme.actions["year"] < programme.years[-1]
    if not (lost > 0).any() or (lost.isna() & not_last).any():
        return ""
    # of equal ones the first
    worst = programme.actions.iloc[int(lost.fillna(0.0).to_numpy().argmax())]
    kind = str(worst["action"])
    return speaker.say(
        "report.programme_waiting",
        action=speaker.word(f"outputs.action_{kind}", kind),
        place=clean(worst["name"]) or clean(worst["site"]),
        year=int(worst["year"]),
        lost=number_text(float(lost.max()), 0),
    )

"""The implementation plan by year: what is done where, for how much, for whom, and who does it."""

from __future__ import annotations

from collections.abc import Iterator

from geoplan.outputs.report.blocks import Block, FigureBlock, Heading, Paragraph
from geoplan.outputs.report.table_blocks import report_table
from geoplan.outputs.tables.programme_tables import action_table, programme_year_table
from geoplan.results import Programme, RunResults, ServiceResult
from geoplan.words.speaker import Speaker
from geoplan.words.text_format import clean, count_text, number_text, share_text

#: actions listed for each service in the body and in the annex; all are in the workbook
_IN_BODY, _IN_ANNEX = 12, 60
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
    yield Paragraph(text=_headline(programme, name, results, speaker))
    if proof := _proof(programme, results, speaker):
        yield Paragraph(text=proof)
    years = report_table(
        programme_year_table(results, service, speaker),
        speaker.say("report.c_programme_years", service=name),
        speaker,
    )
    if years is not None:
        yield years
    yield FigureBlock(
        name=f"{service.key}_programme",
        caption=speaker.say("report.figure_programme", service=name),
    )
    yield from _actions(results, service, speaker, most=_IN_BODY)
    for note in programme.notes:
        yield Paragraph(text=clean(note), kind="note")


def programme_blocks(
    results: RunResults, service: ServiceResult, speaker: Speaker
) -> Iterator[Block]:
    """All actions of one service by year, where the body has not listed them all."""
    if service.programme is None or len(service.programme.actions) <= _IN_BODY:
        return
    yield Heading(level=3, text=speaker.say("report.h_programme"))
    yield from _actions(results, service, speaker, most=_IN_ANNEX)


def _actions(
    results: RunResults, service: ServiceResult, speaker: Speaker, *, most: int
) -> Iterator[Block]:
    """The first actions, and how many more there are."""
    assert service.programme is not None
    caption = speaker.say("report.c_programme", service=clean(service.name(speaker.lang)))
    listed = action_table(results, service, speaker)
    table = report_table(listed, caption, speaker, keep=_COLUMNS, most=most)
    if table is None:
        return
    yield table
    if len(listed.frame) > most:
        rest = count_text(len(listed.frame) - most)
        yield Paragraph(text=speaker.say("report.programme_rest", count=rest), kind="note")


def _headline(programme: Programme, name: str, results: RunResults, speaker: Speaker) -> str:
    first, last = programme.by_year.iloc[0], programme.by_year.iloc[-1]
    currency = results.info.currency
    return speaker.say(
        "report.programme",
        service=name,
        first=programme.years[0],
        last=programme.years[-1],
        actions=count_text(len(programme.actions)),
        money=speaker.money(float(programme.by_year["cost"].sum()), currency),
        running=speaker.money(float(last["running_cost"]), currency),
        served=count_text(last["served"]),
        total=count_text(last["total"]),
        share=share_text(last["share"]),
        before=share_text(first["share"]),
    )


def _proof(programme: Programme, results: RunResults, speaker: Speaker) -> str:
    """How good the plan is proved to be, and what planning year by year would lose."""
    text = ""
    if programme.bound is not None and programme.gap is not None:
        word = "report.programme_proof"
        if programme.objective == "min_cost":
            value = speaker.money(programme.value, results.info.currency)
            bound = speaker.money(programme.bound, results.info.currency)
        else:
            value = speaker.say("report.person_years", count=count_text(programme.value))
            bound = speaker.say("report.person_years", count=count_text(programme.bound))
        gap = share_text(programme.gap, 2)
        text = speaker.say(word, value=value, bound=bound, gap=gap)
        if len(programme.together) > 1:
            text += speaker.say("report.programme_together", count=len(programme.together))
    alone = programme.alone_value
    if alone is not None and programme.objective == "person_years" and len(programme.together) == 1:
        lost = programme.value - alone
        if lost > 0.5:
            text += speaker.say("report.programme_alone", lost=number_text(lost, 0))
    return text

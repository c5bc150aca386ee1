"""The report of all cities: who is worst off, what sites buy where, what the numbers rest on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

from geoplan.outputs.cities.figure import figure_name, write_maps_of_all
from geoplan.outputs.cities.tables import (
    areas_table,
    assumed_table,
    budget_table,
    comparison_table,
    gaps_table,
    inputs_table,
    of_city,
    share,
    worst_first,
)
from geoplan.outputs.report.blocks import (
    Block,
    Document,
    FigureBlock,
    Heading,
    Listing,
    Paragraph,
    TableBlock,
)
from geoplan.outputs.report.html import write_html
from geoplan.outputs.report.numbering import numbered, references
from geoplan.outputs.report.table_blocks import report_table
from geoplan.outputs.report.word.pdf import pdf_begun
from geoplan.outputs.report.word.write_docx import write_docx
from geoplan.outputs.tables.table import Table
from geoplan.results.cities import CitiesResults
from geoplan.words.speaker import Speaker
from geoplan.words.text_format import clean, count_text, share_text

#: areas and gaps that a table of the report shows
_MOST_AREAS, _MOST_GAPS = 12, 8
#: services side by side in one table of a page's width
_MOST_SERVICES = 8


def write_report_of_all(whole: CitiesResults, folder: Path) -> list[Path]:
    """``report.docx``, ``report.html`` and, where LibreOffice is installed, ``report.pdf``.

    Parameters
    ----------
    whole : results of a study of several cities. folder : of its run.
    """
    speaker = Speaker(whole.info.lang)
    figures = folder / "figures"
    write_maps_of_all(whole, figures, speaker)
    document = compose_cities(whole, speaker)
    book = write_docx(document, folder / "report.docx", figures=figures)
    with pdf_begun(book) if whole.info.report.pdf else nullcontext(lambda: None) as pdf_made:
        page = write_html(document, folder / "report.html", figures=figures, maps=folder / "maps")
        pdf = pdf_made()
    return [book, page] if pdf is None else [book, page, pdf]


def compose_cities(whole: CitiesResults, speaker: Speaker) -> Document:
    """What the report of all cities says, in `speaker`'s language."""
    info = whole.info
    stamps = [speaker.say(f"report.stamp_{info.audience}")]
    if info.synthetic:
        stamps.append(speaker.say("report.stamp_synthetic"))
    dated = speaker.say("report.subtitle", date=clean(info.data_date)) if info.data_date else ""
    return Document(
        title=speaker.say("report.title", name=clean(info.name)),
        subtitle=dated,
        stamps=tuple(stamps),
        speaker=speaker,
        blocks=tuple(numbered(_blocks(whole, speaker), speaker)),
        form=info.report,
    )


def _blocks(whole: CitiesResults, speaker: Speaker) -> Iterator[Block]:
    yield Heading(level=1, text=speaker.say("report.h_overview"), new_page=True)
    yield from _summary(whole, speaker)
    yield Heading(level=1, text=speaker.say("cities.h_services"), new_page=True)
    for key in whole.standards:
        yield from _service(whole, key, speaker)
    yield Heading(level=1, text=speaker.say("report.h_method"))
    yield Paragraph(text=speaker.say("cities.method"), kind="note")
    yield Paragraph(text=speaker.say("report.method"), kind="note")
    yield Heading(level=1, text=speaker.say("cities.h_basis"), new_page=True, annex=True)
    for table, word in ((inputs_table(whole), "c_inputs"), (assumed_table(whole), "c_assumed")):
        block = report_table(table, speaker.say(f"cities.{word}"), speaker)
        if block is not None:
            yield replace(block, annex=True)


def _summary(whole: CitiesResults, speaker: Speaker) -> Iterator[Block]:
    """What a reader of the first page alone should know."""
    if whole.info.audience == "public":
        yield Paragraph(text=speaker.say("cities.public_note"), kind="note")
    items = tuple(filter(None, (_sentence(whole, key, speaker) for key in whole.standards)))
    yield Listing(items=items)
    yield from _at_a_glance(whole, speaker)
    own = sum(len(city.summary["assumed"]) for city in whole.cities)
    told = [
        speaker.say("report.assumed_line", what=one.what.rstrip("。."), effect=one.effect)
        for one in whole.assumed
        if one.code != "city"
    ]
    if own:
        told.append(speaker.say("cities.assumed_by_cities", count=own))
    if told:
        yield Paragraph(text=speaker.say("cities.assumed"), kind="note")
        yield Listing(items=tuple(told), kind="note")


def _at_a_glance(whole: CitiesResults, speaker: Speaker) -> Iterator[Block]:
    """The share of every service in every city, where there are several services."""
    services = whole.summary["services"]
    keys = [key for key in whole.standards if "people" in services[key]][:_MOST_SERVICES]
    if len(keys) < 2:
        return
    rows = [
        (
            clean(city.name),
            *(
                share_text(of_city(city, key)["covered_share"]) if key in city.services else ""
                for key in keys
            ),
        )
        for city in whole.cities
    ]
    total = [share_text(services[key]["covered_share"]) for key in keys]
    yield TableBlock(
        caption=speaker.say("cities.c_glance"),
        heads=(
            speaker.say("outputs.col_city"),
            *(clean(whole.standards[key].name(speaker.lang)) for key in keys),
        ),
        rows=(*rows, (speaker.say("cities.all"), *total)),
        right=frozenset(range(1, len(keys) + 1)),
        total=True,
    )


def _sentence(whole: CitiesResults, key: str, speaker: Speaker) -> str:
    """One service: all cities together, the worst off of them, what is proposed."""
    total = whole.summary["services"][key]
    if "people" not in total:
        return ""
    name, people = clean(whole.standards[key].name(speaker.lang)), total["people"]
    word = "high_people" if total["covered_share"] is not None else "high_total"
    text = speaker.say(
        f"cities.{word if people['total'] is not None else 'high_cities'}",
        service=name,
        cities=len(whole.having(key)),
        total=count_text(people["total"]),
        share=share_text(total["covered_share"]),
        refs=references(f"cities.{key}"),
    )
    known = [c for c in worst_first(whole, key) if of_city(c, key)["covered_share"] is not None]
    text += spread([(clean(c.name), of_city(c, key)["covered_share"]) for c in known], speaker)
    siting = total.get("siting")
    after = None if siting is None else siting.get("people_after")
    if siting is not None and siting["sites"] and after is not None:
        then = share(after["served"], after["total"])
        text += speaker.say(
            "cities.high_sites" if then is not None else "cities.high_sites_only",
            sites=count_text(len(siting["sites"])),
            share=share_text(then),
        )
    return text + speaker.say("report.high_end")


def spread(cities: Sequence[tuple[str, float]], speaker: Speaker) -> str:
    """Who is worst and who best off of `cities` (name, share), the worst first; "" of one."""
    if len(cities) < 2:
        return ""
    (worst, least), (best, most) = cities[0], cities[-1]
    low, high = share_text(least), share_text(most)
    if low == high:
        return speaker.say("cities.high_alike")
    return speaker.say("cities.high_worst", worst=worst, low=low, best=best, high=high)


def _service(whole: CitiesResults, key: str, speaker: Speaker) -> Iterator[Block]:
    name = clean(whole.standards[key].name(speaker.lang))
    yield Heading(level=2, text=name)
    caption = speaker.say("cities.c_cities", service=name)
    block = report_table(comparison_table(whole, key, speaker), caption, speaker)
    if block is not None:
        yield replace(block, key=f"cities.{key}", total=True)
    if "people" in whole.summary["services"][key]:
        yield FigureBlock(name=figure_name(key), caption=speaker.say("cities.c_map", service=name))
    yield from _shared(whole, key, speaker)
    for table, word, most in (
        (budget_table(whole, key, speaker), "budget", None),
        (areas_table(whole, key), "areas", _MOST_AREAS),
        (gaps_table(whole, key, speaker), "gaps", _MOST_GAPS),
    ):
        yield from _part(table, word, most, name, speaker)


def _part(
    table: Table, word: str, most: int | None, name: str, speaker: Speaker
) -> Iterator[Block]:
    if table.name.endswith("_areas"):
        table = replace(table, frame=table.frame[table.frame["covered_share"].notna()])
    block: TableBlock | None = report_table(
        table, speaker.say(f"cities.c_{word}", service=name), speaker, most=most
    )
    if block is not None:
        if word == "budget":
            yield Paragraph(text=speaker.say("cities.budget"))
        yield block


def _shared(whole: CitiesResults, key: str, speaker: Speaker) -> Iterator[Block]:
    """How what the cities share is shared, and what is proved of it."""
    shared = whole.summary["services"][key].get("siting", {}).get("shared")
    if shared is None:
        return
    comma = speaker.say("report.name_comma")
    parts = comma.join(f"{clean(city)} {count_text(n)}" for city, n in shared["by_city"].items())
    what = (
        speaker.say("cities.share_sites", sites=count_text(shared["sites"]))
        if "sites" in shared
        else speaker.money(shared["budget"], whole.info.currency)
    )
    text = speaker.say("cities.shared", what=what, parts=parts)
    yield Paragraph(text=text + speaker.say(f"cities.shared_{shared['status']}"))

"""The body is a report: no machine's words, gaps as on the map, money as budgets have it."""

from __future__ import annotations

import re
from dataclasses import replace
from importlib.resources import files

import pandas as pd
import pytest

from geoplan.outputs.report.blocks import Heading, Listing, Paragraph, TableBlock
from geoplan.outputs.report.chapters.gap_lists import place_text
from geoplan.outputs.report.chapters.money import in_budget_units
from geoplan.outputs.report.compose import CHAPTERS, compose
from geoplan.outputs.report.numbering import labels
from geoplan.outputs.tables.table import Column, Table
from geoplan.words.speaker import Speaker


def texts_of(blocks):
    for block in blocks:
        if isinstance(block, Heading | Paragraph):
            yield block.text
        elif isinstance(block, Listing):
            yield from block.items
        else:
            yield block.caption
            if isinstance(block, TableBlock):
                yield from block.heads
                for row in block.rows:
                    yield from row


def parts(document):
    """Blocks of the body and of the annexes."""
    start = next(k for k, b in enumerate(document.blocks) if getattr(b, "annex", False))
    return document.blocks[:start], document.blocks[start:]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_machine_words_stay_in_the_annex(results, lang):
    body, annex = parts(compose(results, Speaker(lang)))
    machine = re.compile(
        r"HiGHS|Benders|拉格朗日|Lagrangi|用时|抽样|redraw|draws|贪心|greedy|基尼|Gini"
    )
    assert not [text for text in texts_of(body) if machine.search(text)]
    assert [text for text in texts_of(annex) if machine.search(text)]


def test_no_word_of_talk_stands_in_what_readers_read():
    talk = re.compile(r"够得着|够不着|走得到|写大些")
    for file in files("geoplan.words").iterdir():
        if file.name.endswith(".toml"):
            text = file.read_text(encoding="utf-8")
            assert not talk.search(text), (file.name, talk.search(text))


@pytest.mark.parametrize(("lang", "unit"), [("zh", "万元"), ("en", "million yuan")])
def test_money_is_told_in_the_unit_of_budgets(results, lang, unit):
    frame = pd.DataFrame({"money": [2_500_000.0, 300_000.0]})
    columns = (Column(name="money", kind="count", unit="yuan"),)
    table = Table(name="t", service="", sheet="t", frame=frame, columns=columns)
    told = in_budget_units(table, results, Speaker(lang))
    assert told.columns[0].unit == unit
    assert told.frame["money"].tolist() == ([250, 30] if lang == "zh" else [2.5, 0.3])
    few = in_budget_units(replace(table, frame=frame / 1e6), results, Speaker(lang))
    assert few.frame["money"].tolist() == [2.5, 0.3]


def test_references_name_what_is_there_and_nothing_else(results):
    speaker = Speaker("zh")
    document = compose(results, speaker)
    known = labels(document.blocks, set(), speaker)  # no picture was drawn
    assert not any(label.series.endswith("figure") for label in known.values())
    assert {label.number for label in known.values() if label.series == "table"} == set(
        range(1, 1 + sum(label.series == "table" for label in known.values()))
    )


def test_names_of_places_have_no_blanks_in_chinese():
    assert place_text("章丘区 高官寨街道 小谭家楼村等 5 处") == "章丘区高官寨街道小谭家楼村等 5 处"
    assert place_text("Centro Norte") == "Centro Norte"


def test_a_chapter_is_a_function_and_one_that_says_nothing_is_left_out(results):
    titles = [Speaker("zh").say(word) for word, _ in CHAPTERS]
    bare = replace(results, services={k: results.services[k] for k in ("home_care",)})
    heads = [b.text for b in compose(bare, Speaker("zh")).blocks if isinstance(b, Heading)]
    assert not any(titles[3] in head for head in heads)  # nothing is proposed

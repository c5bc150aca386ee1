"""The city's rate is one number wherever it stands, also where areas have no count."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from geoplan.coverage.rates import rate_by_area
from geoplan.outputs.maps.headline import headline
from geoplan.outputs.report.blocks import Paragraph
from geoplan.outputs.report.chapters.highlights import highlights
from geoplan.outputs.report.chapters.service_chapter import service_blocks
from geoplan.outputs.summary.summary_json import summary_dict
from geoplan.outputs.tables.rate_tables import measure_table
from geoplan.words.speaker import Speaker


@pytest.fixture
def with_counts(fakes):
    def make(counts):
        people = pd.Series({"A": 1000.0, "B": 1000.0})
        run = fakes.fake_run()
        home = replace(
            run.services["home_care"], rates=rate_by_area(pd.Series(counts, dtype=float), people)
        )
        return replace(run, services={"home_care": home}), home

    return make


def opening(run, home):
    """The first page's sentence and the chapter's."""
    first = next(b for b in service_blocks(run, home, Speaker("en")) if isinstance(b, Paragraph))
    return next(highlights(run, Speaker("en"))), first.text


def test_people_of_areas_without_a_count_are_in_no_rate(with_counts):
    run, home = with_counts({"A": 10.0})
    head = headline(run, home, Speaker("en"))
    assert head["rate"] == 10
    assert {"10", "1,000"} <= {value for _, value in head["facts"]}
    assert measure_table(run, home, Speaker("en")).frame["rate"].tolist() == [10]
    page, chapter = opening(run, home)
    assert "10 per 1,000" in page
    assert "10 in all for 1,000 people" in chapter
    shown = summary_dict(run)["services"]["home_care"]["rate"]
    assert [shown[name] for name in ("count", "people", "rate")] == [10, 1000, 10]
    assert [row["people"] for row in shown["areas"]] == [1000, 1000]


def test_where_no_area_has_a_count_nothing_reads_zero(with_counts):
    run, home = with_counts({})
    head = headline(run, home, Speaker("en"))
    assert head["rate"] is None
    assert ["In all", "—"] in head["facts"]
    assert np.isnan(measure_table(run, home, Speaker("en")).frame["rate"].iloc[0])
    page, chapter = opening(run, home)
    assert "— per 1,000" in page
    assert "— in all for — people" in chapter
    shown = summary_dict(run)["services"]["home_care"]["rate"]
    assert shown["count"] is shown["people"] is shown["rate"] is None

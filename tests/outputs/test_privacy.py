"""The public edition: nothing small is told, and nothing blanked can be found by subtraction."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from geoplan.errors import UsageError
from geoplan.outputs.privacy import edition
from geoplan.outputs.suppression import blanks


def system(rows: int, columns: int) -> sparse.csr_matrix:
    """Sums of a table whose last row and last column hold the totals."""
    lines = []
    for i in range(rows):
        line = np.zeros((rows, columns))
        line[i, :-1], line[i, -1] = 1, -1
        lines.append(line.ravel())
    for j in range(columns):
        line = np.zeros((rows, columns))
        line[:-1, j], line[-1, j] = 1, -1
        lines.append(line.ravel())
    return sparse.csr_matrix(np.array(lines))


def determined(sums: sparse.csr_matrix, mask: np.ndarray) -> np.ndarray:
    """By linear algebra: blanked cells whose value follows from the others."""
    unknown = np.flatnonzero(mask)
    part = sums.toarray()[:, unknown]
    found = []
    for k in range(len(unknown)):
        unit = np.zeros(len(unknown))
        unit[k] = 1.0
        found.append(np.linalg.matrix_rank(np.vstack([part, unit])) == np.linalg.matrix_rank(part))
    return np.array(found, bool)


@settings(max_examples=60, deadline=None)
@given(
    st.integers(2, 5).flatmap(
        lambda rows: st.lists(
            st.lists(st.sampled_from([0, 1, 4, 9, 10, 25, 300]), min_size=3, max_size=3),
            min_size=rows,
            max_size=rows,
        )
    )
)
def test_no_blank_can_be_found_from_what_is_told(inner):
    table = np.array(inner, float)
    table = np.hstack([table, table.sum(axis=1, keepdims=True)])
    table = np.vstack([table, table.sum(axis=0, keepdims=True)])
    sums = system(*table.shape)
    values = table.ravel()
    assert np.allclose(sums @ values, 0)
    mask = blanks([values], sums, below=10)
    assert mask[(values > 0) & (values < 10)].all()
    if mask.sum() < len(values):
        assert not determined(sums, mask).any()


def test_nothing_is_blanked_where_nothing_is_small():
    sums = sparse.csr_matrix([[1, 1, -1]])
    assert not blanks([np.array([20.0, 0.0, 20.0])], sums, below=10).any()


def test_the_same_cells_are_blanked_before_and_after():
    sums = sparse.csr_matrix([[1, 1, 1, -1]])
    before, after = np.array([3.0, 50, 900, 953]), np.array([0.0, 53, 900, 953])
    mask = blanks([before, after], sums, below=10)
    assert mask.tolist() == [True, True, False, False]


def test_an_edition_is_internal_or_public(results):
    with pytest.raises(UsageError, match="audience"):
        edition(results, audience="press")
    assert edition(results, audience="internal") is results


def test_the_public_edition_holds_no_small_number_and_no_column_of_the_office(results):
    below = results.info.suppress_below
    public = edition(results, audience="public")
    assert public.info.audience == "public"
    assert len(public.findings) == 0
    for service in public.services.values():
        if service.facilities is not None:
            allowed = {"name", "capacity", "nursing_capacity", "tier", "status", "geometry"}
            assert set(service.facilities.frame.columns) <= allowed | set(public.areas)
        if service.coverage is None:
            continue
        for level in service.coverage.areas:
            table = service.coverage.by_area(level)[["total", "served", "beyond", "unlocated"]]
            told = table.to_numpy(float)
            assert not ((told > 0) & (told < below)).any()
        told = service.coverage.frame["people"].to_numpy(float)
        assert not ((told > 0) & (told < below)).any()


def test_services_of_the_same_people_do_not_give_each_other_away(fakes):
    """What one service's table tells of the same people must not fill another one's blanks."""
    results = fakes.fake_run(n=240)
    rows = results.services["meal_station"].coverage.frame
    assert rows["people"].equals(results.services["elderly_centre"].coverage.frame["people"])
    public = edition(
        replace(results, info=replace(results.info, suppress_below=400)), audience="public"
    )
    pair = ("meal_station", "elderly_centre")
    tables = [public.services[key].coverage.by_area("street") for key in pair]
    blanked = [table["total"].isna().to_numpy() for table in tables]
    assert blanked[0].any()
    assert (blanked[0] == blanked[1]).all()  # the total of the same people is told in both or none


def sensitive(results):
    """The made-up run with its first service as one whose users must not be found."""
    service = results.services["meal_station"]
    standard = replace(service.standard, service="shelter")
    return replace(
        results, services={"shelter": replace(service, key="shelter", standard=standard)}
    )


def test_gaps_of_shelters_are_told_no_finer_than_the_level_above_the_finest(results):
    public = edition(sensitive(results), audience="public")
    service = public.services["shelter"]
    table, gaps = service.coverage.by_area("district"), service.gaps
    assert set(service.coverage.areas) == {"district"}
    assert set(gaps["area"]) <= set(table["name"]) | {"区划不明"}
    by_cause = {"no_site": "beyond", "full": "full", "cut_off": "cut_off",
                "off_network": "off_network", "no_data": "unlocated"}  # fmt: skip
    for cause, state in by_cause.items():
        assert gaps.loc[gaps["cause"] == cause, "people"].sum() == np.nansum(table[state])
    streets = results.areas["street"].frame.geometry
    assert not any(shape.within(street) for shape in gaps.geometry.dropna() for street in streets)
    assert (gaps["rank"] == np.arange(1, len(gaps) + 1)).all()


def test_an_edition_of_an_edition_is_the_same(results):
    public = edition(results, audience="public")
    assert edition(public, audience="public") is public


def test_no_folder_heading_or_condition_of_the_office_is_told(results):
    own = {"path": "/home/王某/名册.csv", "columns": {"lon": "经度"}, "where": "备注 = '低保'"}
    record = replace(results.inputs[0], path="../../home/王某/名册.csv", columns={"x": "y"})
    facts = {"settings": {"demand": {"a": own}}, "inputs": {"/home/王某/名册.csv": "ab"}}
    public = edition(replace(results, inputs=(record,), run=facts), audience="public")
    assert public.inputs[0].path == "名册.csv"
    assert public.run == {
        "settings": {"demand": {"a": {"path": "名册.csv"}}}, "inputs": {"名册.csv": "ab"},
    }  # fmt: skip
    assert "王某" not in repr(public.inputs) + repr(public.run)


def test_differences_of_shares_and_of_the_curve_tell_no_small_number(results):
    below = 50
    internal = replace(results, info=replace(results.info, suppress_below=below))
    siting = edition(internal, audience="public").services["meal_station"].siting
    total = results.services["meal_station"].coverage.ledger.total
    steps = siting.sites["share_after"].to_numpy() * total / below
    assert np.allclose(steps, np.round(steps))
    values = siting.curve["value"].to_numpy(float)
    assert np.allclose(values % below, 0)
    assert np.abs(values - results.services["meal_station"].siting.curve["value"]).max() <= below

"""A first line of a hundred thousand brackets is read in the time that its length asks for."""

from __future__ import annotations

import pandas as pd
import pytest

from geoplan.inputs.columns.numbers.column_units import unit_factor
from geoplan.inputs.columns.roles import LONGEST_HEADING, heading_score, without_unit
from geoplan.inputs.files.headings import find_headings


@pytest.mark.parametrize("sign", ["[", "(", "（", "【["])
def test_a_long_line_of_brackets_is_no_heading(sign):
    text = sign * 100_000
    found = find_headings(pd.DataFrame([[text, "名称"], ["x", "y"]]), {}, [])
    assert all(len(name) <= LONGEST_HEADING for name in found.names)
    assert heading_score([text, "名称", "经度"], {}) == 2
    assert without_unit(text) == text
    assert unit_factor(text, (), ()) == 1

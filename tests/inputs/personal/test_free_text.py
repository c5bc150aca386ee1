"""Personal data inside free text are hidden, and nothing else is."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest
from hypothesis import given, strategies as st

from geoplan.inputs.columns.personal.free_text import HIDDEN, hide_in_text, quick_look
from geoplan.inputs.columns.personal.number_checks import is_identity_number
from geoplan.inputs.columns.quick_looks import holds
from tests.inputs.personal.samples import honest, planted


@pytest.mark.parametrize(("text", "data"), planted(), ids=[t for t, _ in planted()])
def test_each_piece_is_hidden_and_what_stands_around_it_stays(text, data):
    wanted = text
    for piece in data:
        wanted = wanted.replace(piece, HIDDEN, 1)
    assert hide_in_text(text) == wanted


@pytest.mark.parametrize(("text", "data"), planted(), ids=[t for t, _ in planted()])
def test_pieces_are_found_beside_honest_words(text, data):
    for before, behind in (("泉城路助餐点 ", ""), ("", "，解放路3号"), ("站；", "；备注")):
        hidden = hide_in_text(before + text + behind)
        assert not [piece for piece in data if piece in hidden], hidden
        assert hidden.startswith(before)
        assert hidden.endswith(behind)


@pytest.mark.parametrize("text", honest())
def test_honest_texts_stay(text):
    assert hide_in_text(text) == text


def test_the_quick_look_passes_over_no_text_with_personal_data():
    texts = pd.Series([text for text, _ in planted()], dtype="str")
    assert holds(texts, quick_look()).all()


@given(
    serial=st.integers(0, 999),
    born=st.dates(min_value=date(1900, 1, 1), max_value=date(2024, 12, 31)),
)
def test_only_one_of_eleven_check_characters_fits(serial, born):
    body = f"370102{born:%Y%m%d}{serial:03d}"
    fitting = [c for c in "0123456789X" if is_identity_number(body + c)]
    assert len(fitting) == 1
    assert hide_in_text(f"甲{body}{fitting[0]}乙") == f"甲{HIDDEN}乙"


@given(st.text(max_size=40))
def test_any_text_is_taken(text):
    assert hide_in_text(hide_in_text(text)) == hide_in_text(text)

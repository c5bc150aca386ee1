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


_CARD = "6222398259791907"  # its check digit is wrong


@pytest.mark.parametrize(
    "word", ["卡", "账户：", "工行卡 ", "存折:", "card no. ", "A/C ", "社保卡号"]
)
@pytest.mark.parametrize(
    "written", [_CARD, "6222 3982 5979 1907", "６２２２３９８２５９７９１９０７"]
)
def test_a_card_behind_its_word_needs_no_check_digit(word, written):
    assert hide_in_text(word + written) == f"{word}***"


def test_digits_without_the_word_are_left_where_the_check_digit_is_wrong():
    assert hide_in_text(f"地块 {_CARD} 号") == f"地块 {_CARD} 号"
    assert hide_in_text("卡 12345 张") == "卡 12345 张"


@pytest.mark.parametrize(
    ("text", "piece"),
    [
        ("身份证）370102194903021231", "370102194903021231"),
        ("ＱＱ：725354", "725354"),
        ("Q Q:7499060073", "7499060073"),
        ("企鹅号738362", "738362"),
        ("甲站 fgbgecf（at）163.com", "fgbgecf"),
        ("甲站 fgbgecf【AT】163.com", "fgbgecf"),
        ("甲站 fgbgecf艾特163.com", "fgbgecf"),
        ("甲站 fgbgecf{at}163.com", "fgbgecf"),
        ("甲站 fgbgecf@163。com", "fgbgecf"),
        ("联系人　陈　伟", "伟"),
        ("联系人陈　伟", "伟"),
        ("【联系人】王静勇", "王静勇"),
        ("负责人】：黄敏", "黄敏"),
        ("联系人；吴娟", "吴娟"),
        ("联系人·周杰", "周杰"),
        ("联系人“周杰”", "周杰"),
        ("联系人及电话：吴英", "吴英"),
        ("联系人/电话：王静洋", "王静洋"),
        ("负责人（签字）：黄娟", "黄娟"),
        ("联系人一：李秀勇", "李秀勇"),
        ("联系人︰李英", "李英"),
        ("联系人：\n李英", "李英"),
    ],
)
def test_other_ways_of_writing(text, piece):
    assert piece not in hide_in_text(text)


@pytest.mark.parametrize(
    "text", ["电话周 六 日", "负责人、电话各一", "社区卡点 3 处", "银行 12 家"]
)
def test_what_only_looks_alike_stays(text):
    assert hide_in_text(text) == text

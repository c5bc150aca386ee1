"""What geoplan raises on purpose can be told in Chinese and English: every raise in the code."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import geopandas as gpd
import pytest
from shapely import Point

import geoplan
from geoplan import errors
from geoplan.errors import GeoplanError, UnknownServiceError, UsageError, told_in
from geoplan.inputs.layers import check_projected
from geoplan.words import LANGS, _file, has_word

ROOT = Path(geoplan.__file__).parent
#: classes of errors whose text somebody reads
KINDS = {
    name
    for name, kind in vars(errors).items()
    if isinstance(kind, type) and issubclass(kind, GeoplanError)
}
#: texts without a word of English: a place in the study file before a sentence in its language
BEFORE = {"services.", "services..siting:", "services., , :", "[network.transit]", ""}


def calls() -> Iterator[tuple[str, ast.Call]]:
    for path in sorted(ROOT.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                yield f"{path.relative_to(ROOT)}:{node.lineno}", node


def kind_of(call: ast.Call) -> str:
    """The class that a call makes, or whose `of` it calls."""
    made = call.func
    if isinstance(made, ast.Attribute) and made.attr == "of":
        made = made.value
    return made.id if isinstance(made, ast.Name) else getattr(made, "attr", "")


def literal(text: ast.AST) -> str:
    """The words of a text that the code itself has, those that it calls for left out."""
    if isinstance(text, ast.Call):
        return ""
    own = text.value if isinstance(text, ast.Constant) and isinstance(text.value, str) else ""
    return own + "".join(literal(part) for part in ast.iter_child_nodes(text))


def test_no_error_has_its_words_in_the_code() -> None:
    found = [
        f"{where}: {literal(call.args[0])}"
        for where, call in calls()
        if kind_of(call) in KINDS
        and isinstance(call.func, ast.Name)
        and call.args
        and isinstance(call.args[0], ast.Constant | ast.JoinedStr | ast.BinOp)
        and literal(call.args[0]).strip() not in BEFORE
    ]
    assert not found, "\n".join(found)


def test_every_sentence_of_an_error_is_there_in_both_languages() -> None:
    keys = {
        call.args[0].value: where
        for where, call in calls()
        if isinstance(call.func, ast.Attribute)
        and call.func.attr == "of"
        and kind_of(call) in KINDS
        and call.args
        and isinstance(call.args[0], ast.Constant)
    }
    assert len(keys) > 150
    for key, where in keys.items():
        file, _, name = str(key).partition(".")
        assert has_word(str(key)), where
        assert all(_file(file)[name].get(lang) for lang in LANGS), where


@pytest.mark.parametrize(
    ("environ", "text"), [("zh", "须为 GeoDataFrame"), ("en", "must be a Geo")]
)
def test_a_call_without_a_study_is_told_in_the_sessions_language(monkeypatch, environ, text):
    monkeypatch.setenv("GEOPLAN_LANG", environ)
    with pytest.raises(UsageError, match=text) as refused:
        check_projected("no table", "the sites")
    assert text in str(refused.value)


def test_a_study_that_asks_decides(monkeypatch) -> None:
    monkeypatch.setenv("GEOPLAN_LANG", "en")
    degrees = gpd.GeoSeries([Point(117, 36)], crs=4326)
    with pytest.raises(GeoplanError) as refused, told_in("zh"):
        check_projected(degrees, "the sites")
    assert str(refused.value).startswith("站点的坐标系（WGS 84）以度为单位")
    assert "is in degrees" in refused.value.message("en")


def test_english_words_go_by_their_number() -> None:
    """No "file(s)": a word that goes by a number has both forms (`geoplan.words.say`)."""
    for path in sorted((ROOT / "words").glob("*.toml")):
        for key, said in _file(path.stem).items():
            assert not re.search(r"\w\((e?s|ies)\)", said["en"]), f"{path.stem}.{key}"


def test_a_key_error_has_no_quotes() -> None:
    assert str(UnknownServiceError("no such service")) == "no such service"

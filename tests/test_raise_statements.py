"""What geoplan raises on purpose can be told in Chinese and English: every raise in the code."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import geopandas as gpd
import pytest
from shapely import Point

import geoplan
from geoplan import errors
from geoplan.errors import GeoplanError, UnknownServiceError, UsageError, told_in
from geoplan.inputs.layers import check_projected
from geoplan.siting import SitingProblem
from geoplan.study import Study
from geoplan.validate import positive_number
from geoplan.words import LANGS, _file, has_word, say
from geoplan.words.message import called

ROOT = Path(geoplan.__file__).parent
#: classes of errors whose text somebody reads
KINDS = {
    name
    for name, kind in vars(errors).items()
    if isinstance(kind, type) and issubclass(kind, GeoplanError)
}
#: texts without a word of English: a place in the study file before a sentence in its language
#: what these are given is no text of an error that readers see
UNTOLD = {"ContextVar", "AssertionError", "append"}
BEFORE = {"services.", "services..siting:", "services., , :", "[network.transit]", ""}


@cache
def trees() -> dict[str, ast.Module]:
    """The code, parsed once: path -> tree."""
    paths = sorted(ROOT.rglob("*.py"))
    return {str(p.relative_to(ROOT)): ast.parse(p.read_text(encoding="utf-8")) for p in paths}


@cache
def calls() -> list[tuple[str, ast.Call]]:
    """Every call in the code, and where it stands."""
    return [
        (f"{path}:{node.lineno}", node)
        for path, tree in trees().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
    ]


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


def texts(value: ast.AST | None) -> Iterator[ast.AST]:
    """Every text of a value, or of a list of them however it is put together."""
    if isinstance(value, ast.Constant | ast.JoinedStr):
        yield value
    elif isinstance(value, ast.List):
        for one in value.elts:
            yield from texts(one)
    elif isinstance(value, ast.ListComp | ast.GeneratorExp):
        yield from texts(value.elt)
    elif isinstance(value, ast.IfExp | ast.BinOp):
        for name in ("body", "orelse", "left", "right"):
            yield from texts(getattr(value, name, None))
    elif isinstance(value, ast.Starred):
        yield from texts(value.value)


def named(target: ast.AST) -> str:
    return target.id if isinstance(target, ast.Name) else getattr(target, "attr", "")


def faults_in(tree: ast.AST) -> Iterator[ast.AST]:
    """What goes into lists of faults: assigned, added, or handed to `raise_faults`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            into = node.func
            if isinstance(into, ast.Attribute) and into.attr in ("append", "add", "extend"):
                yield from node.args if "fault" in named(into.value).lower() else ()
            elif named(into) == "raise_faults":
                yield from node.args[1:]
        elif isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign):
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            if "fault" in named(target).lower() and node.value is not None:
                yield node.value


def test_no_list_of_faults_has_its_words_in_the_code() -> None:
    found = [
        f"{path}:{text.lineno}: {literal(text)}"
        for path, tree in trees().items()
        for fault in faults_in(tree)
        for text in texts(fault)
        if " " in literal(text).strip()
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    "code",
    [
        "faults.append('too few')",
        "faults.add(f'{x} is wrong')",
        "self.faults += ['too few'] if x else []",
        "faults = [f'no {x} here' for x in odd]",
        "raise_faults('the rates', ['too few'])",
        "faults.append('too few: ' + listed(odd))",
    ],
)
def test_words_in_a_list_of_faults_are_found(code) -> None:
    assert [t for fault in faults_in(ast.parse(code)) for t in texts(fault) if literal(t)]


def test_what_an_error_is_about_has_words() -> None:
    """Subjects as "the sites", and the units of numbers, are told in Chinese too."""
    found = []
    for where, call in calls():
        given = [*call.args, *(keyword.value for keyword in call.keywords)]
        about = [
            a.value
            for a in given
            if isinstance(a, ast.Constant) and re.fullmatch(r"the [a-z' ]+", str(a.value))
        ]
        if kind_of(call) == "raise_faults":
            assert not isinstance(call.args[0], ast.JoinedStr), where
            about += [a.value for a in call.args[:1] if isinstance(a, ast.Constant)]
        if kind_of(call) == "positive_number":
            about += [a.value for t in call.args[2:3] for a in texts(t)]
        if kind_of(call) not in UNTOLD:
            found += [f"{where}: {what}" for what in about if isinstance(called(what), str)]
    assert not found, "\n".join(found)


def test_faults_of_a_call_are_chinese_where_chinese_is_read(monkeypatch) -> None:
    monkeypatch.setenv("GEOPLAN_LANG", "zh")
    with pytest.raises(GeoplanError) as refused:
        SitingProblem.from_costs([[0.0, 5.0]], [-1.0], threshold="far", forbidden=["x"])
    told = str(refused.value)
    assert told == (
        "选址问题的设定有误：\n  - threshold 须为数值（与费用同单位），不能是 'far'\n"
        "  - weights 在这些需求点小于 0：0\n  - forbidden：不属于站点：'x'（应类似 0）"
    )
    with pytest.raises(UsageError) as refused:
        positive_number("snap_m", -1, "metres")
    assert str(refused.value) == "snap_m 须为正数（米），不能是 -1。"
    with pytest.raises(UsageError) as refused:
        Study.open("no such folder")
    assert "no such folder" in str(refused.value)
    assert str(refused.value) == refused.value.message("zh") != refused.value.message("en")


def test_only_the_command_line_tells_both_languages_at_once() -> None:
    inside = {where.partition(":")[0] for where, call in calls() if kind_of(call) == "say_both"}
    assert {Path(path).parts[0] for path in inside} == {"cli"}


def test_an_empty_word_stays_empty() -> None:
    assert say("en", "maps.ui_col_letter") == ""


def test_every_sentence_of_an_error_is_there_in_both_languages() -> None:
    keys = {
        call.args[0].value: where
        for where, call in calls()
        if (kind_of(call) == "Message" or (kind_of(call) in KINDS and named(call.func) == "of"))
        and call.args
        and isinstance(call.args[0], ast.Constant)
    }
    assert len(keys) > 500
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

"""Help and faults of usage, in the reader's language."""

from __future__ import annotations

import ctypes
import sys
import tomllib
from importlib.resources import files
from string import Formatter
from types import SimpleNamespace

import pytest
import typer
from rich.cells import cell_len

from geoplan.cli import help_text
from geoplan.cli.commands import app
from geoplan.cli.help_text import reader_language, word_of, wrapped
from geoplan.words import has_word, reader, say
from tests.cli.test_cli import geoplan

WORDS = tomllib.loads(files("geoplan.words").joinpath("help.toml").read_text(encoding="utf-8"))
CHINESE = range(0x4E00, 0xA000)


def chinese(text):
    return any(ord(c) in CHINESE for c in text)


def commands(group=None):
    """Every command with its name, those of groups too."""
    for name, command in (group or typer.main.get_command(app)).commands.items():
        yield name, command
        if hasattr(command, "commands"):
            yield from commands(command)


def test_every_command_and_option_has_its_words_and_none_is_left_over():
    used = {"title", "debug", "version", "help", "of_help"}
    for name, command in commands():
        used |= {name, *(word_of(p.name, name).partition(".")[2] for p in command.params)}
    assert len(used) > 40
    assert not {key for key in used if not has_word(f"help.{key}")}
    source = "".join(
        files("geoplan.cli").joinpath(f"{one}.py").read_text(encoding="utf-8")
        for one in ("help_text", "usage_faults")
    )
    spoken = {key for key in WORDS if f"help.{key}" in source} | {"arguments", "options"}
    assert set(WORDS) == used | spoken


@pytest.mark.parametrize("said", [*WORDS.values()])
def test_both_languages_say_something(said):
    assert chinese(said["zh"])
    assert not chinese(said["en"])
    assert said["zh"].count("\n\n") == said["en"].count("\n\n")
    assert said["zh"].count("{") == said["en"].count("{")


@pytest.mark.parametrize("called", ["help", "_click_default_help"])
def test_the_option_for_help_is_told_whatever_click_calls_it(called):
    option = SimpleNamespace(
        name=called,
        opts=["--help"],
        required=False,
        default=False,
        param_type_name="option",
        get_help_record=lambda ctx: ("--help", ""),
    )
    shown = help_text._row(option, SimpleNamespace(name="run"), None, "en")
    assert shown == ("--help", WORDS["help"]["en"])


@pytest.mark.parametrize("name", [(), *((name,) for name, _ in commands() if name != "build")])
def test_help_is_in_one_language_and_fits(monkeypatch, name):
    for lang in ("zh", "en"):
        monkeypatch.setenv("GEOPLAN_LANG", lang)
        done = geoplan(*name, "--help")
        assert done.returncode == 0
        assert chinese(done.stdout) == (lang == "zh")
        assert max(map(cell_len, done.stdout.splitlines())) <= 100
        assert "--help" in done.stdout


def test_a_language_that_is_said_is_helped_in():
    assert "Plan a study" in geoplan("run", "--help", "--lang", "en").stdout
    assert "规划一项研究" in geoplan("--lang", "zh", "--help").stdout


def test_the_language_is_said_else_set_else_the_systems(monkeypatch):
    assert reader_language(["run", "--lang=zh"], {"GEOPLAN_LANG": "en"}) == "zh"
    assert reader_language(["run"], {"GEOPLAN_LANG": "en", "LANG": "zh_CN.UTF-8"}) == "en"
    assert reader_language([], {"LC_ALL": "zh_TW.Big5", "LANG": "en_US.UTF-8"}) == "zh"
    assert reader_language([], {"LC_ALL": "C", "LANG": "zh_CN.UTF-8"}) == "en"
    assert reader_language([], {}) == "en"


@pytest.mark.parametrize(("language", "read"), [(0x0804, "zh"), (0x0404, "zh"), (0x0409, "en")])
def test_windows_says_its_language_by_number(monkeypatch, language, read):
    kernel = SimpleNamespace(GetUserDefaultUILanguage=lambda: language)
    monkeypatch.setattr(ctypes, "windll", SimpleNamespace(kernel32=kernel), raising=False)
    monkeypatch.setattr(reader.sys, "platform", "win32")
    assert reader_language([], {}) == read
    assert sys.platform == "win32"


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (["rin"], {"zh": "没有“rin”这条命令。是不是“run”？", "en": "no such command: 'rin'"}),
        (["run"], {"zh": "没有写 STUDY。", "en": "STUDY is missing."}),
        (["run", "x", "--ot", "y"], {"zh": "没有“--ot”这个选项", "en": "no such option: --ot"}),
        (["run", "x", "--out"], {"zh": "--out 后面要写一个值", "en": "--out needs a value"}),
        (["check", "x", "--json=1"], {"zh": "--json 后面不能写值", "en": "--json takes no value"}),
        (
            ["suggest", "x", "--service", "y", "--sites", "few"],
            {
                "zh": "--sites N 不对：“few”不是整数。",
                "en": "--sites N: 'few' is not a whole number.",
            },
        ),
        (
            ["suggest", "x", "--service", "y", "--sites", "-1"],
            {"zh": "-1 太小，最小是 0。", "en": "--sites N: -1 is below the least"},
        ),
        (["run", "x", "y"], {"zh": "多写了 y。", "en": "too much: y."}),
        (
            ["run", "x", "--audience", "all"],
            {"zh": "--audience 不能是“all”", "en": "--audience cannot be 'all'"},
        ),
        (
            ["suggest", "x", "--sites", "3"],
            {"zh": "没有写 --service KEY", "en": "--service KEY is"},
        ),
    ],
)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_faults_of_usage_are_told_in_the_readers_language(monkeypatch, lang, line, told):
    monkeypatch.setenv("GEOPLAN_LANG", lang)
    done = geoplan(*line)
    assert done.returncode == 2
    assert told[lang] in done.stderr
    assert chinese(done.stderr) == (lang == "zh")


def test_chinese_lines_are_broken_by_width_and_begin_with_no_mark():
    text = WORDS["run"]["zh"].replace("\n\n", "") + WORDS["run_basemap"]["zh"]
    for width in (20, 33, 60):
        lines = wrapped(text, width)
        assert "".join(lines).replace(" ", "") == "".join(text.split())
        assert not [line for line in lines if line[0] in "，。；：、）”"]
        assert max(map(cell_len, lines)) <= width + 6


@pytest.mark.parametrize(("lang", "told"), [("zh", "没有写路径"), ("en", "path is empty")])
def test_an_empty_path_is_told_in_the_language_that_is_said(monkeypatch, lang, told):
    monkeypatch.setenv("GEOPLAN_LANG", "zh" if lang == "en" else "en")
    for line in (("run", ""), ("run", "x", "--out", " ")):
        done = geoplan(*line, "--lang", lang)
        assert done.returncode == 2
        assert told in done.stderr
        assert chinese(done.stderr) == (lang == "zh")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_folder_that_is_no_run_is_told_in_the_language_that_is_said(monkeypatch, tmp_path, lang):
    here = tmp_path / "x"
    monkeypatch.delenv("GEOPLAN_LANG", raising=False)
    both = geoplan("compare", here, here).stderr
    one = geoplan("compare", here, here, "--lang", lang).stderr
    monkeypatch.setenv("GEOPLAN_LANG", lang)
    assert geoplan("compare", here, here).stderr == one
    assert one.removeprefix("geoplan: ").strip() in both
    assert len(one) < len(both)
    assert chinese(one) == (lang == "zh")


def test_no_reader_sees_doubled_braces():
    """Whether a sentence is said with values or without, braces for readers are single."""
    doubled = 0
    for file in files("geoplan.words").iterdir():
        if not file.name.endswith(".toml"):
            continue
        for key, entry in tomllib.loads(file.read_text(encoding="utf-8")).items():
            texts = entry if isinstance(entry, dict) else {}
            for lang, text in texts.items():
                if "{{" not in text:
                    continue
                doubled += 1
                fields = {name for _, name, _, _ in Formatter().parse(text) if name}
                said = say(lang, f"{file.name[:-5]}.{key}", **dict.fromkeys(fields, 2))
                assert "{" in said, text
                assert "{{" not in said, text
                assert "}}" not in said, text
    assert doubled

"""What ``--help`` says, in Chinese or English, and which of them the reader reads.

Words stand in ``geoplan/words/help.toml``: a command under its name, an option or argument under
``command_name``, or ``name`` alone where all commands mean the same by it. Chinese needs lines
that are broken by width and not at spaces, so the text is laid out here.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from itertools import zip_longest
from typing import Any

from rich.cells import cell_len, set_cell_size
from typer.core import TyperCommand, TyperGroup

from geoplan.words import LANGS, Lang, has_word, say
from geoplan.words.reader import VARIABLE, language_read

#: key of the language in the context's object
_KEY = "geoplan_lang"
_WIDEST, _NARROWEST, _LONGEST_NAME = 100, 40, 30
#: what stays together in a line: a Chinese character and the marks after it, or a word; with spaces
_PIECES = re.compile(
    r"[（“「]?[\u2e80-\u9fff][，。；：、）”」！？…]*\s*|[^\s\u2e80-\u9fff（“「]+[，。；：、）”」]*\s*|\S\s*"
)


def reader_language(arguments: Sequence[str], environ: Mapping[str, str] | None = None) -> Lang:
    """The language to help in: ``--lang``, else `GEOPLAN_LANG`, else the system's.

    Examples
    --------
    >>> reader_language(["run", "--help", "--lang", "zh"], {"GEOPLAN_LANG": "en"})
    'zh'
    >>> reader_language([], {"GEOPLAN_LANG": "en", "LANG": "zh_CN.UTF-8"})
    'en'
    >>> reader_language([], {"LANG": "zh_CN.GB18030"})
    'zh'
    """
    return language_read(_said(arguments), environ)


def languages_said(
    arguments: Sequence[str], environ: Mapping[str, str] | None = None
) -> tuple[Lang, ...]:
    """The one language that ``--lang`` or `GEOPLAN_LANG` says; else both: nobody knows.

    Examples
    --------
    >>> languages_said(["compare", "--lang=en"], {"GEOPLAN_LANG": "zh"}), languages_said([], {})
    (('en',), ('zh', 'en'))
    """
    environ = os.environ if environ is None else environ
    for value in (*_said(arguments), environ.get(VARIABLE, "")):
        if value.strip().lower().startswith(LANGS):
            return (language_read([value], {}),)
    return LANGS


def _said(arguments: Sequence[str]) -> Iterator[str]:
    for argument, after in zip_longest(arguments, arguments[1:], fillvalue=""):
        if argument == "--lang":
            yield after
        elif argument.startswith("--lang="):
            yield argument.removeprefix("--lang=")


def told_to(lang: Lang) -> dict[str, Any]:
    """The object of a command's context, with the reader's language."""
    return {_KEY: lang}


class Told(TyperCommand):
    """A command whose help is in the reader's language."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the help."""
        formatter.write(help_text(self, ctx, _lang_of(ctx)))


class ToldGroup(TyperGroup):
    """A group of commands whose help is in the reader's language."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the help."""
        formatter.write(help_text(self, ctx, _lang_of(ctx)))

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command that is called; one that there is not is told with its neighbours."""
        if args and not args[0].startswith("-") and args[0] not in self.commands:
            lang = _lang_of(ctx)
            said = say(lang, "help.no_command", given=args[0])
            ctx.fail(with_near(said, get_close_matches(args[0], self.commands), lang))
        return super().resolve_command(ctx, args)


def with_near(said: str, near: Sequence[str], lang: Lang) -> str:
    """A sentence on what there is not, and what was perhaps meant.

    Parameters
    ----------
    said : the sentence.
    near : what there is under a name much like it.
    lang : of the sentence.
    """
    if not near:
        return said
    more = say(lang, "help.did_you_mean", near=", ".join(sorted(near)))
    return said + ("" if lang == "zh" else " ") + more


def _lang_of(ctx: Any) -> Lang:
    told = ctx.find_root().obj
    return told.get(_KEY, "en") if isinstance(told, dict) else "en"


def help_text(command: Any, ctx: Any, lang: Lang) -> str:
    """Usage, purpose, arguments, options and commands.

    Parameters
    ----------
    command : of typer.
    ctx : its context.
    lang : of the text.
    """
    width = _width()
    lines = [usage_line(command, ctx, lang)]
    purpose = say(lang, "help.title" if ctx.parent is None else f"help.{command.name}")
    for paragraph in purpose.split("\n\n"):
        lines += ["", *("  " + line for line in wrapped(paragraph, width - 2))]
    for kind in ("argument", "option"):
        params = [p for p in command.get_params(ctx) if p.param_type_name == kind]
        rows = [_row(p, command, ctx, lang) for p in params]
        lines += _section(say(lang, f"help.{kind}s"), rows, width)
    lines += _section(say(lang, "help.commands"), list(_commands(command, lang)), width)
    return "\n".join(lines) + "\n"


def usage_line(command: Any, ctx: Any, lang: Lang) -> str:
    """How the command is called.

    Parameters
    ----------
    command : of typer.
    ctx : its context.
    lang : of the text.
    """
    parts = [say(lang, "help.usage") + ctx.command_path, say(lang, "help.options_short")]
    parts += [param_name(p, ctx) for p in command.params if p.param_type_name == "argument"]
    if hasattr(command, "commands"):
        parts.append(say(lang, "help.command_short"))
    return " ".join(parts)


def _width() -> int:
    try:
        columns = os.get_terminal_size().columns
    except OSError:
        columns = 80
    return max(_NARROWEST, min(_WIDEST, columns or 80))


def _section(heading: str, rows: list[tuple[str, str]], width: int) -> Iterator[str]:
    """A heading, and rows of a name and what it means; a long name has a line of its own."""
    if not rows:
        return
    yield from ("", heading)
    names = [cell_len(name) for name, _ in rows]
    side = max((n for n in names if n <= _LONGEST_NAME), default=_LONGEST_NAME)
    for name, text in rows:
        first, *rest = wrapped(text, width - side - 4)
        if cell_len(name) > side:
            yield "  " + name
            yield " " * (side + 4) + first
        else:
            yield "  " + set_cell_size(name, side) + "  " + first
        yield from (" " * (side + 4) + line for line in rest)


def wrapped(text: str, width: int) -> list[str]:
    """Lines no wider than `width` columns: broken at spaces and between Chinese characters.

    Examples
    --------
    >>> wrapped("按 study.toml 运行，一切正常。", 14)
    ['按 study.toml', '运行，一切正', '常。']
    """
    lines, line = [], ""
    for piece in _PIECES.findall(text):
        if line and cell_len(line) + cell_len(piece.rstrip()) > width:
            lines.append(line.rstrip())
            line = ""
        line += piece
    return [*lines, line.rstrip()]


def _commands(command: Any, lang: Lang) -> Iterator[tuple[str, str]]:
    for name in getattr(command, "commands", {}):
        yield name, say(lang, f"help.{name}").split("\n\n")[0]


def _row(param: Any, command: Any, ctx: Any, lang: Lang) -> tuple[str, str]:
    # what click calls its own option has changed from release to release
    name = "help" if "--help" in param.opts else param.name
    text = say(lang, word_of(name, command.name))
    if param.required:
        text += " " + say(lang, "help.required")
    elif param.default and param.param_type_name == "option" and not param.is_flag:
        text += " " + say(lang, "help.default", value=param.default)
    return param_name(param, ctx), text


def word_of(param: str, command: str | None) -> str:
    """The key of what a parameter means to a command, ``"help.run_out"`` or ``"help.out"``.

    Examples
    --------
    >>> word_of("out", "run"), word_of("out", "export")
    ('help.out', 'help.export_out')
    """
    own = f"help.{command}_{param}"
    return own if has_word(own) else f"help.{param}"


def param_name(param: Any, ctx: Any) -> str:
    """An argument's name, or an option with what follows it.

    Parameters
    ----------
    param : of a command of typer.
    ctx : the command's context.
    """
    if param.param_type_name == "argument":
        return param.metavar or str(param.name).upper()
    return str((param.get_help_record(ctx) or (param.opts[0],))[0])

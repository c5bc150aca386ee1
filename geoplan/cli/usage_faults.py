"""What is wrong with a command line, in the reader's words and not in those of the parser."""

from __future__ import annotations

import re
from typing import Any

from geoplan.cli.help_text import param_name, usage_line, with_near
from geoplan.words import Lang, say

#: kinds of faults that the checker of values tells, and what they are called in `geoplan.words`
_VALUES = {
    "int_parsing": "not_whole",
    "int_from_float": "not_whole",
    "float_parsing": "not_number",
    "greater_than_equal": "below_least",
}
#: what parsers say of a value that is none of an option's choices, and of words too many
_NO_CHOICE = re.compile(r"'(--[\w-]+)'.*?'(.*?)' is not one of (.*?)\.?$")
_EXTRA = re.compile(r"unexpected extra argument\S* \((.*)\)")


def usage_fault(error: Any, lang: Lang) -> str:
    """The usage of the command that was called, and what is wrong with the call.

    Parameters
    ----------
    error : as the parser raised it.
    lang : of the text.
    """
    said = _known(error, lang) or _of_values(error, lang) or error.format_message()
    ctx = getattr(error, "ctx", None)
    if type(error).__name__ == "NoArgsIsHelpError":
        return str(error.format_message())
    if ctx is None:
        return f"geoplan: {said}"
    hint = say(lang, "help.try_help", command=ctx.command_path)
    return f"{usage_line(ctx.command, ctx, lang)}\n{hint}\n\ngeoplan: {said}"


def _known(error: Any, lang: Lang) -> str:
    """A missing parameter, or an option or choice that there is not."""
    kind = type(error).__name__
    ctx, param = getattr(error, "ctx", None), getattr(error, "param", None)
    sentence = getattr(error, "sentence", None)
    if sentence is not None and param is not None and ctx is not None:
        said = sentence.text(lang)
        return say(lang, "help.bad_value", name=param_name(param, ctx), said=said)
    if kind == "MissingParameter" and param is not None and ctx is not None:
        return say(lang, "help.missing", name=param_name(param, ctx))
    if kind == "NoSuchOption":
        said = say(lang, "help.no_option", given=error.option_name)
        return with_near(said, getattr(error, "possibilities", None) or (), lang)
    if kind == "BadOptionUsage" and "requires an argument" in error.format_message():
        return say(lang, "help.no_value", name=error.option_name)
    if kind == "BadOptionUsage" and "does not take a value" in error.format_message():
        return say(lang, "help.flag_value", name=error.option_name)
    text = str(error.format_message())
    if found := _NO_CHOICE.search(text):
        name, given, choices = found.groups()
        return say(lang, "help.not_one_of", name=name, given=given, choices=choices)
    if found := _EXTRA.search(text):
        return say(lang, "help.extra", given=found[1])
    return ""


def _of_values(error: Any, lang: Lang) -> str:
    """Faults that typer repeats from its checker of values."""
    faults = getattr(error.__cause__, "errors", None)
    if not callable(faults):
        return ""
    texts = []
    for fault in faults(include_url=False):
        given, limits = fault.get("input"), fault.get("ctx", {})
        word = _VALUES.get(str(fault.get("type")))
        if word is None:
            texts.append(str(fault.get("msg", "")).removeprefix("Value error, "))
        else:
            texts.append(say(lang, f"cli.{word}", given=given, least=limits.get("ge")))
    said = say(lang, "cli.values", said="; ".join(text.rstrip(".") for text in texts))
    ctx, param = getattr(error, "ctx", None), getattr(error, "param", None)
    if ctx is None or param is None:
        return said
    return say(lang, "help.bad_value", name=param_name(param, ctx), said=said)

"""How objects show themselves at a prompt: what tab completion offers, what a notebook draws."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from html import escape
from typing import TypeVar

T = TypeVar("T", bound=type)


def completes(*names: str) -> Callable[[T], T]:
    """A class decorator: ``dir()`` and tab completion of its objects offer these names only.

    Everything else stays usable; it is documented with the class.

    Examples
    --------
    >>> @completes("area")
    ... class Box:
    ...     area, width = 6, 2
    >>> dir(Box()), Box().width
    (['area'], 2)
    """

    def decorate(cls: T) -> T:
        def names_shown(self: object) -> list[str]:
            return sorted(names)

        setattr(cls, "__dir__", names_shown)  # noqa: B010 (mypy knows no other way)
        return cls

    return decorate


def facts_html(title: str, facts: Iterable[tuple[str, object]]) -> str:
    """A small table of facts under a title; empty facts are left out, everything is escaped.

    Examples
    --------
    >>> print(facts_html("Network", [("nodes", "3"), ("source", "")]))
    <table><caption><b>Network</b></caption><tr><th ...>nodes</th><td ...>3</td></tr></table>
    """
    left = "style='text-align:left'"
    rows = "".join(
        f"<tr><th {left}>{escape(name)}</th><td {left}>{escape(str(value))}</td></tr>"
        for name, value in facts
        if value not in ("", None)
    )
    return f"<table><caption><b>{escape(title)}</b></caption>{rows}</table>"


def text_html(text: str) -> str:
    """Lines of text as they are.

    Examples
    --------
    >>> text_html("1 < 2")
    "<pre style='font-family:monospace'>1 &lt; 2</pre>"
    """
    return f"<pre style='font-family:monospace'>{escape(text)}</pre>"

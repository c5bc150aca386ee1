"""The READMEs' Python prints what the READMEs say."""

from __future__ import annotations

import contextlib
import io
import re
from functools import cache
from pathlib import Path

import pytest


@cache
def printed(code: str) -> str:
    """What `code` prints; both READMEs show the same, so that it runs once."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile(code, "README", "exec"), {})
    return out.getvalue()


@pytest.mark.parametrize("name", ["README.md", "README.zh-CN.md"])
def test_the_example_prints_what_stands_below_it(checkout: Path, monkeypatch, name: str) -> None:
    page = (checkout / name).read_text(encoding="utf-8")
    match = re.search(r"```python\n(.*?)```\n\n((?:    [^\n]*\n)+)", page, re.S)
    assert match is not None
    code, told = match.groups()
    monkeypatch.chdir(checkout)
    expected = [line[4:].rstrip() for line in told.splitlines()]
    assert [line.rstrip() for line in printed(code).splitlines()] == expected

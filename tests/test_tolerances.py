"""Every tolerance has one name and one value."""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path

import geoplan.tolerances


def test_no_tolerance_is_named_twice() -> None:
    # a second one of the same name would change the first, rooms away, without a word
    tree = ast.parse(Path(geoplan.tolerances.__file__).read_text(encoding="utf-8"))
    names = Counter(
        node.id
        for statement in tree.body
        if isinstance(statement, ast.Assign)
        for target in statement.targets
        for node in ast.walk(target)
        if isinstance(node, ast.Name)
    )
    assert len(names) > 50
    assert [name for name, count in names.items() if count > 1] == []

"""Public names of a package that load their module when they are first used (PEP 562).

A command that only tells a mistake, and `import geoplan` itself, then wait for no plotting, no
solver and no Word library.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any


def lazy_names(
    package: str, modules: Mapping[str, str], *, more: tuple[str, ...] = ()
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """``__getattr__`` and ``__dir__`` of `package`.

    Parameters
    ----------
    package : its ``__name__``.
    modules : public name -> module below the package that defines it; no module may bear the name.
    more : further names for tab completion.

    Examples
    --------
    >>> load, names = lazy_names("json", {"JSONDecoder": "decoder"})
    >>> load("JSONDecoder").__name__, names()
    ('JSONDecoder', ['JSONDecoder'])
    """

    def load(name: str) -> Any:
        if name not in modules:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        value = getattr(import_module(f"{package}.{modules[name]}"), name)
        setattr(sys.modules[package], name, value)
        return value

    def names() -> list[str]:
        return sorted([*modules, *more])

    return load, names

"""Kernels: functions that numba compiles, kept on disk under a key of all the source in them.

numba keys a compiled function by its own file. A kernel holds the code of the kernels that it calls
and the constants that it names, too: after an upgrade that changed only those it would run the old
code, or crash. Here the folder of the compiled code is named after the sources of a kernel's module
and of what that module imports, so that a stale kernel cannot be found.
"""

from __future__ import annotations

import gc
import hashlib
import importlib.util
import os
import re
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, cast

from geoplan import __version__
from geoplan.user_cache import is_own, is_usable, users_cache

# numba takes a folder named `coverage` in the working folder for the package of that name, and a
# notebook beside its results would not start: while numba loads, only the real package is found
_found = importlib.util.find_spec("coverage") if "coverage" not in sys.modules else None
_mere_folder = _found is not None and _found.origin is None
if _mere_folder:
    sys.modules["coverage"] = None  # type: ignore[assignment]
try:
    import numba as nb
    from numba.core import event
    from numba.core.compiler import Compiler
    from numba.core.types import unliteral as _plain
finally:
    if _mere_folder:
        del sys.modules["coverage"]

_IMPORTS = re.compile(r"^(?:from|import) (geoplan(?:\.\w+)*)", re.MULTILINE)
_PACKAGE = Path(__file__).parent


#: releases of numba whose linking `kernel_linking` has been tried with; with others each kernel is
#: compiled by itself, which takes longer and gives the same
_FIRST_TRIED, _FIRST_NOT_TRIED = (0, 60), (0, 69)


def compilers(version: str) -> tuple[type, type]:
    """What compiles kernels, and those that kernels alone call, with a version of numba.

    Examples
    --------
    >>> [one.__name__ for one in compilers("0.99.1")]
    ['Compiler', 'Compiler']
    """
    release = tuple(int(part) for part in re.findall(r"\d+", version)[:2])
    if not _FIRST_TRIED <= release < _FIRST_NOT_TRIED:
        return Compiler, Compiler
    from geoplan.kernel_linking import EntryCompiler, InnerCompiler

    return EntryCompiler, InnerCompiler


_ENTRY_COMPILER, _INNER_COMPILER = compilers(nb.__version__)


class _CompileClock(event.Listener):  # type: ignore[misc]
    """Adds up the time in which numba compiles, in whatever thread.

    Meanwhile Python does not look for cycles among the millions of objects that numba makes, which
    is a sixth of compiling with Python's usual thresholds, as in a notebook.
    """

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.depth = 0  # a kernel's compilation compiles those that it calls
        self.began = 0.0
        self.total = 0.0
        self.looks_for_cycles = False

    def on_start(self, event: Any) -> None:
        """A compilation begins."""
        with self.lock:
            if self.depth == 0:
                self.began = time.perf_counter()
                self.looks_for_cycles = gc.isenabled()
                gc.disable()
            self.depth += 1

    def on_end(self, event: Any) -> None:
        """A compilation ends."""
        with self.lock:
            self.depth -= 1
            if self.depth == 0:
                self.total += time.perf_counter() - self.began
                if self.looks_for_cycles:
                    gc.enable()

    def seconds(self) -> float:
        """Seconds until now."""
        with self.lock:
            return self.total + (time.perf_counter() - self.began if self.depth else 0.0)


_CLOCK = _CompileClock()
event.register("numba:compile", _CLOCK)


def compile_seconds() -> float:
    """Seconds that this process has spent on compiling kernels, which it does once.

    Time limits leave them out: they belong to the computer, not to the problem.
    """
    return _CLOCK.seconds()


def kernel(function: Callable[..., Any]) -> Any:
    """`function`, compiled by numba without the GIL; kept on disk where a folder can be written."""
    return _compiled(function, _ENTRY_COMPILER)


def inner_kernel(function: Callable[..., Any]) -> Any:
    """`function` as a kernel that other kernels alone may call, which compiles faster.

    What takes Python's objects apart is left out, and machine code of its own. For a call from
    Python there is `function.py_func`, not compiled.
    """
    made = _compiled(function, _INNER_COMPILER)
    # numba would jump to the entry that is not there
    made._insert = lambda *_: None
    made._compile_for_args = _refuse
    return made


def _refuse(*_: Any, **__: Any) -> None:
    raise AssertionError("an inner kernel is called by kernels alone")


def _compiled(function: Callable[..., Any], compiler: type) -> Any:
    folder, njit = cache_folder(), cast(Any, nb.njit)  # its types lack options that it has
    if folder is None:
        return _once_per_type(njit(nogil=True, pipeline_class=compiler)(function))
    config: Any = nb.config
    usual = config.CACHE_DIR
    config.CACHE_DIR = str(folder / source_key(function.__module__))
    try:
        return _once_per_type(njit(cache=True, nogil=True, pipeline_class=compiler)(function))
    finally:
        config.CACHE_DIR = usual  # functions of others stay where their owners want them


def _once_per_type(made: Any) -> Any:
    """A bare 0 is a type of its own to numba, which would compile what it is handed to twice."""
    usual = made.get_call_template

    def template(args: Any, kws: Any) -> Any:
        """How a kernel that calls this one calls it."""
        return usual(tuple(map(_plain, args)), {k: _plain(a) for k, a in kws.items()})

    made.get_call_template = template
    return made


@cache
def source_key(module: str) -> str:
    """A name for the version of geoplan and the sources that a module's kernels are made of."""
    digest = hashlib.sha256(__version__.encode())
    for name in kernel_sources(module):
        digest.update(f"{name}\n{_source(name)}".encode())
    return digest.hexdigest()[:16]


def kernel_sources(module: str) -> list[str]:
    """The modules that may be compiled into `module`'s kernels: itself and what it imports.

    Examples
    --------
    >>> "geoplan.tolerances" in kernel_sources("geoplan.network.isochrones.segment_grid")
    True
    """
    found: set[str] = set()
    waiting = [module]
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found.add(name)
        text = _source(name)
        # what has no kernel holds constants at most, and calls no kernel either
        if name == module or "geoplan.kernels" in text:
            waiting += _IMPORTS.findall(text)
    return sorted(found - {"geoplan", __name__})


def inlined(function: Callable[..., Any]) -> Any:
    """`function`, written into each kernel that calls it instead of being called."""
    return nb.njit(inline="always")(function)


@cache
def _source(module: str) -> str:
    path = _PACKAGE.joinpath(*module.split(".")[1:])
    for candidate in (path.with_suffix(".py"), path / "__init__.py"):
        if candidate.is_file():
            return candidate.read_text(encoding="utf-8")
    return ""  # a module without a file, as in a frozen program: the version is its key


@cache
def cache_folder() -> Path | None:
    """Where compiled kernels are kept; None where nothing can be written.

    The folder that the environment variable NUMBA_CACHE_DIR names, else the user's cache folder,
    else a folder of the user's own among the temporary files.
    """
    named = os.environ.get("NUMBA_CACHE_DIR")
    if named and is_usable(Path(named)):
        return Path(named) / "geoplan"
    user = getattr(os, "getuid", lambda: "user")()
    temporary = Path(tempfile.gettempdir()) / f"geoplan-kernels-{user}"
    for folder in (users_cache("kernels"), temporary):
        if folder is not None and is_usable(folder) and is_own(folder):
            return folder
    return None

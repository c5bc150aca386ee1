"""Compiled kernels: none outlives the source it was made of; any machine can run them."""

from __future__ import annotations

import gc
import importlib
import os
import pkgutil
import shutil
import subprocess
import sys
import tempfile
from contextlib import nullcontext as does
from pathlib import Path
from types import CodeType

import numba
import pytest
from numba.core.registry import CPUDispatcher

import geoplan
from geoplan import kernels
from geoplan.kernel_linking import InnerCompiler

PACKAGE = Path(geoplan.__file__).parent
INNER = (
    "from geoplan.kernels import inner_kernel\n\n\n"
    "@inner_kernel\ndef inner(x):\n    return x + {}\n"
)
OUTER = (
    "from geoplan.kernels import kernel\nfrom geoplan.siting.one import inner\n\n\n"
    "@kernel\ndef outer(x):\n    return 2 * inner(x)\n"
)
ASK = "from geoplan.siting.two import outer; print(outer(1), outer.stats.cache_hits)"


def kernel_modules():
    """Every module of the package that compiles something."""
    names = [
        m.name
        for m in pkgutil.walk_packages([str(PACKAGE)], "geoplan.")
        if not m.name.endswith("__main__")
    ]
    texts = {name: PACKAGE.joinpath(*name.split(".")[1:]).with_suffix(".py") for name in names}
    return [
        n
        for n, f in texts.items()
        if f.exists() and "geoplan.kernels import" in f.read_text("utf-8")
    ]


def test_every_kernel_is_keyed_by_the_kernels_it_calls():
    modules = kernel_modules()
    assert len(modules) > 30
    called = 0
    for name in modules:
        module = importlib.import_module(name)
        sources = kernels.kernel_sources(name)
        for own in vars(module).values():
            if not isinstance(own, CPUDispatcher) or own.py_func.__module__ != name:
                continue
            for used in own.py_func.__code__.co_names:
                other = own.py_func.__globals__.get(used)
                if isinstance(other, CPUDispatcher):
                    called += 1
                    assert other.py_func.__module__ in sources, (name, used)
    assert called > 30  # the test has looked at calls


def is_inner(kernel):
    return kernel._compiler.pipeline_class is InnerCompiler


def names_in(code):
    """Names of globals that a code object and those inside it read."""
    inside = [c for c in code.co_consts if isinstance(c, CodeType)]
    return set(code.co_names).union(*map(names_in, inside)) if inside else set(code.co_names)


def test_inner_kernels_are_called_by_kernels_alone():
    """From Python they have no entry; and a kernel that kernels alone call needs none."""
    by_python, by_kernels, dispatchers = set(), set(), set()
    for module in pkgutil.walk_packages([str(PACKAGE)], "geoplan."):
        file = PACKAGE.joinpath(*module.name.split(".")[1:]).with_suffix(".py")
        if module.name.endswith("__main__") or not file.exists():
            continue
        if module.name not in sys.modules and "kernels" not in file.read_text("utf-8"):
            continue
        held = vars(importlib.import_module(module.name))
        found = {name: k for name, k in held.items() if isinstance(k, CPUDispatcher)}
        dispatchers |= {k for k in found.values() if is_inner(k)}
        for used in found.values():
            by_kernels |= {found[n] for n in names_in(used.py_func.__code__) & found.keys()}
        plain = compile(file.read_text("utf-8"), str(file), "exec")
        for code in (c for c in plain.co_consts if isinstance(c, CodeType)):
            if code.co_name not in found:
                by_python |= {found[n] for n in names_in(code) & found.keys()}
    assert len(dispatchers) > 100
    assert not {k.__name__ for k in dispatchers & by_python}
    assert not {k.__name__ for k in dispatchers - by_kernels}


def test_an_inner_kernel_refuses_python_before_and_after_it_is_compiled():
    deep = kernels.inner_kernel(_double)

    def outer(x):
        return deep(x) + 1

    for call in (deep, kernels.kernel(_halved)):  # a usual one answers
        with pytest.raises(AssertionError, match="by kernels alone") if call is deep else does():
            assert call(4) == 2
    assert numba.njit(outer)(4) == 9
    with pytest.raises(AssertionError, match="by kernels alone"):
        deep(4)
    assert deep.py_func(4) == 8


def _halved(x):
    return x // 2


DEEP = """
import numpy as np
from geoplan.kernels import inner_kernel, kernel


@inner_kernel
def deep(x, k):
    if x > 5:
        raise ValueError("too large", x, k)
    return np.full(3, x).sum() // k


@inner_kernel
def middle(x, k):
    return deep(x, k) + 1


@kernel
def one(x, k):
    return middle(x, k)


@kernel
def two(x, k):
    return deep(x, k) - middle(x, k)
"""
ANSWERS = """
from geoplan.siting.one import deep, one, two


def answer(of, x, k):
    try:
        return of(x, k)
    except (ValueError, ZeroDivisionError) as error:
        return repr(error)


found = [answer(of, *asked) for of in (one, two) for asked in ((4, 2), (9, 3), (2, 0))]
print(found == [
    7, "ValueError('too large', 9, 3)", "ZeroDivisionError('integer division by zero')",
    -1, "ValueError('too large', 9, 3)", "ZeroDivisionError('integer division by zero')",
] and 42, one.stats.cache_hits)
"""


def test_inner_kernels_answer_and_raise_within_their_callers(package, tmp_path):
    """Their code is linked into each caller: compiled, loaded, or one of each."""
    home = {"HOME": str(tmp_path), "LOCALAPPDATA": str(tmp_path)}
    (package / "siting" / "one.py").write_text(DEEP, "utf-8")
    assert asked(package, ANSWERS, **home) == (42, 0)
    assert asked(package, ANSWERS, **home) == (42, 1)
    for kept in tmp_path.rglob("one.one-*.nb*"):
        kept.unlink()  # the inner ones are loaded, what calls them is compiled
    assert asked(package, ANSWERS, **home) == (42, 0)


def test_a_numba_that_was_not_tried_compiles_each_kernel_by_itself(package, tmp_path):
    home = {"HOME": str(tmp_path), "LOCALAPPDATA": str(tmp_path)}
    (package / "siting" / "one.py").write_text(DEEP, "utf-8")
    newer = "import numba\nnumba.__version__ = '0.98.0'\n" + ANSWERS
    newer += "import sys; assert 'geoplan.kernel_linking' not in sys.modules\n"
    assert asked(package, newer, **home) == (42, 0)
    assert asked(package, newer, **home) == (42, 1)


def test_an_inner_kernel_has_no_machine_code_of_its_own(nowhere):
    deep = kernels.inner_kernel(_sum_of)
    made = kernels.kernel(lambda x: deep(x, 3))
    assert made(2) == 8.0
    kept = [k.overloads.popitem()[1].library.serialize_using_object_code() for k in (deep, made)]
    assert [kind for _, kind, _ in kept] == ["bitcode", "object"]


@pytest.mark.parametrize("usual", [True, False])
def test_cycles_are_looked_for_again_after_compiling(usual, nowhere):
    seen = []

    def typed(x):
        return x

    @numba.extending.overload(typed)
    def _typed(x):
        seen.append(gc.isenabled())
        return lambda x: x

    made = kernels.kernel(lambda x: typed(x) + 1)
    was = gc.isenabled()
    (gc.enable if usual else gc.disable)()
    try:
        assert made(1) == 2
        assert (seen[0], gc.isenabled()) == (False, usual)
        with pytest.raises(numba.core.errors.TypingError):
            made("a")
        assert gc.isenabled() is usual
    finally:
        (gc.enable if was else gc.disable)()


def test_a_literal_does_not_compile_a_kernel_twice():
    """Numba makes a type of each bare number; the plain type answers all calls."""
    inner = kernels.inner_kernel(_sum_of)

    def outer(n):
        a, total = 0, 0.0
        while a < n:
            total += inner(a, right=1) + inner(2, n)
            a += 1
        return total

    made = kernels.kernel(outer)
    assert made(4) == sum(_sum_of(a, 1) + _sum_of(2, 4) for a in range(4))
    assert inner.signatures == [(numba.int64, numba.int64)]
    assert made.signatures == [(numba.int64,)]


def _sum_of(left, right):
    return 2.5 * left + right


def test_the_key_follows_sources_and_version(monkeypatch):
    name = "geoplan.siting.assignment.interchange"
    kernels.source_key.cache_clear()
    usual = kernels.source_key(name)
    monkeypatch.setattr(kernels, "_source", lambda m: "X = 1" if m == "geoplan.tolerances" else "")
    kernels.source_key.cache_clear()
    assert kernels.source_key(name) != usual
    monkeypatch.undo()
    monkeypatch.setattr(kernels, "__version__", "99")
    kernels.source_key.cache_clear()
    assert kernels.source_key(name) != usual
    kernels.source_key.cache_clear()


@pytest.fixture
def package(tmp_path):
    """A copy of the installed package with two small kernels, one calling the other."""
    copy = tmp_path / "lib" / "geoplan"
    shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__", "assets"))
    (copy / "siting" / "two.py").write_text(OUTER, "utf-8")
    (copy / "siting" / "one.py").write_text(INNER.format(1), "utf-8")
    return copy


def environment(package, **more):
    usual = {k: v for k, v in os.environ.items() if not k.startswith(("NUMBA", "XDG"))}
    return {**usual, "PYTHONPATH": str(package.parent), "PYTHONDONTWRITEBYTECODE": "1", **more}


def asked(package, ask=ASK, **more):
    done = subprocess.run(
        [sys.executable, "-c", ask],
        env=environment(package, **more),
        cwd=package.parent,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    value, hits = done.stdout.split(" ", 1)
    return int(value), hits.count(":")


def test_after_an_upgrade_in_place_no_old_code_runs(package, tmp_path):
    home = {"HOME": str(tmp_path), "LOCALAPPDATA": str(tmp_path)}
    assert asked(package, **home) == (4, 0)
    assert asked(package, **home) == (4, 1)  # the second time it is loaded, not compiled
    before = (package / "siting" / "one.py").stat()
    (package / "siting" / "one.py").write_text(INNER.format(5), "utf-8")
    # archives of reproducible builds give every file the same time
    os.utime(package / "siting" / "one.py", ns=(before.st_atime_ns, before.st_mtime_ns))
    assert asked(package, **home) == (12, 0)


def test_a_second_kernel_finds_the_inner_one_on_disk(package, tmp_path):
    home = {"HOME": str(tmp_path), "LOCALAPPDATA": str(tmp_path)}
    assert asked(package, **home) == (4, 0)
    (package / "siting" / "three.py").write_text(OUTER.replace("2 *", "3 *"), "utf-8")
    again = ASK.replace("two", "three").replace(
        "outer.stats", "outer.py_func.__globals__['inner'].stats"
    )
    assert asked(package, ask=again, **home) == (6, 1)


def test_two_processes_at_once_compile_the_same_kernel(package, tmp_path):
    env = environment(package, HOME=str(tmp_path), LOCALAPPDATA=str(tmp_path))
    started = [
        subprocess.Popen(
            [sys.executable, "-c", ASK],
            env=env,
            cwd=package.parent,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    for process in started:
        out, err = process.communicate(timeout=300)
        assert process.returncode == 0, err
        assert out.startswith("4 ")


def test_a_home_that_cannot_be_written_is_no_obstacle(package, tmp_path):
    nowhere = str(Path(os.devnull) / "home")
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    env = {"HOME": nowhere, "LOCALAPPDATA": nowhere, "TMPDIR": str(temporary)}
    assert asked(package, **env) == (4, 0)
    assert asked(package, **env) == (4, 1)
    assert not list(package.rglob("*.nbi"))  # a read-only installation stays as it is
    named = asked(package, HOME=nowhere, NUMBA_CACHE_DIR=str(tmp_path / "named"))
    assert named == (4, 0)
    assert list((tmp_path / "named" / "geoplan").rglob("*.nbi"))


@pytest.fixture
def nowhere(monkeypatch):
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    monkeypatch.setattr(kernels, "users_cache", lambda _: Path(os.devnull) / "cache")
    monkeypatch.setattr(tempfile, "tempdir", str(Path(os.devnull) / "tmp"))
    kernels.cache_folder.cache_clear()
    yield
    kernels.cache_folder.cache_clear()


def test_where_nothing_can_be_written_kernels_compile_all_the_same(nowhere):
    assert kernels.cache_folder() is None
    assert kernels.kernel(_double)(21) == 42


def _double(x):
    return 2 * x


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="owners and modes are POSIX's")
def test_a_temporary_folder_that_others_can_write_is_not_used(monkeypatch, tmp_path, nowhere):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    planted = tmp_path / f"geoplan-kernels-{os.getuid()}"
    planted.mkdir()
    planted.chmod(0o777)
    assert kernels.cache_folder() is None
    planted.chmod(0o700)
    kernels.cache_folder.cache_clear()
    assert kernels.cache_folder() == planted


def test_the_cache_folder_of_others_is_left_alone():
    import numba

    usual = numba.config.CACHE_DIR
    kernels.kernel(_double)
    assert usual == numba.config.CACHE_DIR


def test_a_folder_named_coverage_beside_the_work_is_no_package(tmp_path):
    """numba would take it for the package of that name, and fail."""
    (tmp_path / "coverage").mkdir()
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "from geoplan.kernels import inlined; print(inlined(lambda x: x + 1)(1))",
        ],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(PACKAGE.parent)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.strip() == "2", done.stderr

"""The store of the cache: kept, found, bounded, and never in the way."""

import os
import time
from pathlib import Path

import pytest

from geoplan.study.cache.store import Store


def counted(value: object) -> tuple[list[int], object]:
    """A function that gives `value` and counts its calls."""
    calls: list[int] = []

    def work() -> object:
        calls.append(1)
        return value

    return calls, work


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(folder=tmp_path, most_bytes=10_000)


def test_a_value_is_worked_out_once(store: Store) -> None:
    calls, work = counted({"a": [1, 2]})
    assert store.reused("k", work) == store.reused("k", work) == {"a": [1, 2]}
    assert len(calls) == 1
    store.reused("other", work)
    assert len(calls) == 2


def test_without_a_key_or_a_folder_nothing_is_kept(store: Store, tmp_path: Path) -> None:
    calls, work = counted(1)
    store.reused(None, work), store.reused(None, work)
    Store(folder=None).reused("k", work)
    assert len(calls) == 3
    assert not list(tmp_path.iterdir())


def test_what_must_not_be_kept_is_not(store: Store) -> None:
    calls, work = counted(1)
    store.reused("k", work, keep=lambda value: value > 1)
    store.reused("k", work, keep=lambda value: value > 1)
    assert len(calls) == 2


@pytest.mark.parametrize("cut", [0, 10, 40, -1])
def test_a_damaged_file_is_worked_out_anew(store: Store, cut: int) -> None:
    calls, work = counted(list(range(50)))
    store.reused("k", work)
    path = store.path("k")
    content = path.read_bytes()
    path.write_bytes(content[:cut] if cut >= 0 else content[:-1] + bytes([content[-1] ^ 1]))
    assert store.reused("k", work) == list(range(50))
    assert len(calls) == 2
    assert store.reused("k", work) == list(range(50))
    assert len(calls) == 2


def test_the_longest_unused_give_way(store: Store) -> None:
    for k in range(6):
        store.reused(f"k{k}", lambda: bytes(3_000))
        past = time.time() - 100 + k
        os.utime(store.path(f"k{k}"), (past, past)) if store.path(f"k{k}").exists() else None
    assert sum(p.stat().st_size for p in store.folder.iterdir()) <= 10_000
    assert store.path("k5").exists()
    assert not store.path("k0").exists()


def test_a_value_that_is_larger_than_the_cache_is_given_and_not_kept(store: Store) -> None:
    assert store.reused("k", lambda: bytes(9_000)) == bytes(9_000)
    assert not store.path("k").exists()


def test_a_value_that_cannot_be_written_is_given(store: Store) -> None:
    assert callable(store.reused("k", lambda: lambda: 1))
    assert not list(store.folder.iterdir())


def test_a_full_disk_ends_nothing(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    assert store.reused("k", lambda: 5) == 5
    assert not list(store.folder.iterdir())


def test_the_environment_names_folder_and_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GEOPLAN_CACHE", str(tmp_path / "kept"))
    monkeypatch.setenv("GEOPLAN_CACHE_MB", "7")
    assert Store.of_user() == Store(folder=tmp_path / "kept", most_bytes=7_000_000)
    monkeypatch.setenv("GEOPLAN_CACHE", "off")
    assert Store.of_user().folder is None


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="no owners of folders here")
def test_a_folder_that_others_may_write_is_not_loaded_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o777)
    monkeypatch.setenv("GEOPLAN_CACHE", str(tmp_path / "open"))
    assert Store.of_user().folder is None

"""What a finished run has left, read with care: a damaged file is told as such."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from math import isfinite
from pathlib import Path
from typing import Any

from geoplan.errors import GeoplanError, UsageError
from geoplan.words import LANGS
from geoplan.writing.digests import SQLITE
from geoplan.writing.file_names import file_names, misread_mark
from geoplan.writing.own_files import RUN_RECORD

Check = Callable[[Any], bool]


def _number(value: Any) -> bool:
    if value is None:
        return True  # blanked in a public edition, or not known
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)


def _text(value: Any) -> bool:
    return value is None or isinstance(value, str)


def _language(value: Any) -> bool:
    return value in LANGS


def _list(of: Check) -> Check:
    return lambda value: isinstance(value, list) and all(map(of, value))


def _table(of: Check) -> Check:
    return lambda value: isinstance(value, dict) and all(map(of, value.values()))


def _keys(**known: Check) -> Check:
    """A table; the keys that are known and there hold what they should."""
    return lambda value: (
        isinstance(value, dict)
        and all(check(value[key]) for key, check in known.items() if key in value)
    )


def _is_folder(name: Any) -> bool:
    """Whether a city's name is a folder in the run, and leads nowhere else."""
    return isinstance(name, str) and file_names([name])[name] == name


_PEOPLE, _RANGE = _table(_number), _keys(least=_table(_number), most=_table(_number))
_SITING = _keys(
    objective=_text,
    status=_text,
    gap=_number,
    value=_number,
    bound=_number,
    sites=_list(_keys(rank=_number, added_people=_number, share_after=_number)),
    people_after=_PEOPLE,
    people_after_range=_RANGE,
)
_SERVICE = _keys(
    facilities=_number,
    people=_PEOPLE,
    people_range=_RANGE,
    covered_share=_number,
    areas=_table(_table(_number)),
    gaps=_list(_keys(rank=_number, people=_number)),
    siting=_SITING,
    length_m=_table(_number),
    required_points=_table(_number),
)
_SUMMARY = _keys(
    study=_keys(name=_text, crs=_text),
    services=_table(_SERVICE),
    inputs=_list(_keys()),
    cities=lambda value: isinstance(value, dict) and all(map(_is_folder, value)),
)
_FACTS = _keys(
    names=_table(_table(_text)),
    settings=_keys(study=_keys(lang=_language), services=_table(_keys()), areas=_table(_keys())),
)


def run_summary(folder: Path) -> dict[str, Any]:
    """What a run's `summary.json` holds.

    Raises
    ------
    UsageError
        There is none, or it is not what a run writes.
    """
    return _checked(folder, "summary.json", _SUMMARY, needed=("services",))


def cities_of(folder: Path) -> list[str]:
    """The cities of a run of several cities, each a folder in it; none of a run of one city.

    Raises
    ------
    UsageError
        Its `summary.json` is not what a run writes.
    """
    if not (folder / "summary.json").exists():
        return []
    return list(run_summary(folder).get("cities") or {})


def run_facts(folder: Path) -> dict[str, Any]:
    """What a run's `run.json` holds; empty where a run of an early version has none.

    Raises
    ------
    UsageError
        It is not what a run writes.
    """
    if not (folder / RUN_RECORD).exists():
        return {}
    return _checked(folder, RUN_RECORD, _FACTS)


def _checked(folder: Path, name: str, check: Check, needed: Sequence[str] = ()) -> dict[str, Any]:
    with reading_run(folder, name):
        content = json.loads((folder / name).read_text(encoding="utf-8"))
        if not check(content) or not all(key in content for key in needed):
            raise UsageError.of("writing.no_result", folder=folder, part=name)
        return dict(content)


def sound_layers(folder: Path) -> Path:
    """The path of a run's `layers.gpkg`, when it is a sound database of plain tables.

    A layer that is a view could stand for anything, also for rows without end.

    Raises
    ------
    UsageError
    """
    path, name = folder / "layers.gpkg", "layers.gpkg"
    if mark := misread_mark(path):
        raise UsageError.of("writing.misread", path=folder, mark=mark)
    with reading_run(folder, name):
        with path.open("rb") as file:
            head = file.read(32)
        pages = int.from_bytes(head[16:18], "big"), int.from_bytes(head[28:32], "big")
        whole = (1 << 16 if pages[0] == 1 else pages[0]) * pages[1]  # 1 stands for 65,536
        sound = head.startswith(SQLITE) and path.stat().st_size >= whole
        link = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
        try:
            sound = sound and link.execute("PRAGMA quick_check(1)").fetchone() == ("ok",)
            layers = {str(n) for (n,) in link.execute("SELECT table_name FROM gpkg_contents")}
            kept = link.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table'")
            plain = {str(n) for n, sql in kept if str(sql).upper().startswith("CREATE TABLE")}
        finally:
            link.close()
        if not sound or not layers <= plain:
            raise UsageError.of("writing.no_result", folder=folder, part=name)
    return path


@contextmanager
def reading_run(folder: Path, part: str) -> Iterator[None]:
    """Whatever reading a part of a run ends in becomes one plain sentence.

    Raises
    ------
    UsageError
        The part cannot be read.
    """
    try:
        yield
    except (GeoplanError, MemoryError, PermissionError):
        raise
    except Exception as error:
        raise UsageError.of("writing.no_result", folder=folder, part=part) from error


def damage_of(runs: Sequence[Path], read: Callable[[Path], object], part: str) -> UsageError:
    """The error that names which of several runs is damaged.

    Parameters
    ----------
    runs : that could not be read together.
    read : reads one alone.
    part : what could not be read.
    """
    for run in runs:
        try:
            read(run)
        except GeoplanError as error:
            if isinstance(error, UsageError):
                return error
        except Exception:
            return UsageError.of("writing.no_result", folder=run, part=part)
    shown = " / ".join(map(str, runs))
    return UsageError.of("writing.no_result", folder=shown, part=part)

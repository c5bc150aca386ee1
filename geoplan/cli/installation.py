"""What `geoplan doctor` looks at: versions, libraries, fonts, folders, programs, kernels.

Nothing here needs more than the command line does, so that a broken installation can be told.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from importlib.resources import files
from pathlib import Path
from typing import Literal

from packaging.requirements import Requirement

from geoplan.kernels import cache_folder
from geoplan.words.message import Message

State = Literal["good", "advice", "fault"]
#: libraries with compiled parts: where one does not load, a run ends in the middle
COMPILED = (
    "numpy",
    "pandas",
    "scipy.sparse.csgraph",
    "numba",
    "shapely",
    "pyproj",
    "pyogrio",
    "pyarrow",
    "rasterio",
    "exactextract",
    "osmium",
    "highspy",
    "matplotlib",
    "python_calamine",
    "pydantic",
)
#: programs that print a page as a browser does, by the names that they have
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome", "msedge", "firefox")
_WINDOWS_BROWSERS = (
    r"Microsoft\Edge\Application\msedge.exe",
    r"Google\Chrome\Application\chrome.exe",
)
#: extra -> the library that it brings
EXTRAS = {
    "postgis": "sqlalchemy",
    "cluster": "distributed",
    "geocode": "geopy",
}
#: below this, megabytes, a run of a large city may not find room for its outputs
ROOM_MB = 1000


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at.

    Parameters
    ----------
    state : ``"good"``; ``"advice"`` where a run works without it; ``"fault"`` where it would not.
    told : what was found, and what to do about it.
    """

    state: State
    told: Message


def _told(state: State, key: str, /, **values: object) -> Check:
    return Check(state, Message(f"doctor.{key}", **values))


def installation_checks() -> Iterator[Check]:
    """Everything that can be looked at without a run, one after another.

    Examples
    --------
    >>> found = list(installation_checks())
    >>> [str(check.told) for check in found if check.state == "fault"]
    []
    """
    looks = (_python, _names, _versions, _libraries, _projections, _pages, _fonts, _cache, _room)
    for look in looks:
        try:
            yield from look()
        except Exception as error:
            what = f"{type(error).__name__}: {error}"
            yield _told("fault", "broken", what=what)
    yield from _programs()
    yield from _extras()
    yield from _console()


def _python() -> Iterator[Check]:
    bits = 64 if sys.maxsize > 2**32 else 32
    here = {"version": sys.version.split()[0], "bits": bits, "platform": sys.platform}
    good = sys.version_info >= (3, 11) and bits == 64
    yield _told("good", "python", **here) if good else _told("fault", "python_old", **here)


def _names() -> Iterator[Check]:
    """A system set to ASCII (LC_ALL=C without UTF-8 mode) can neither make nor open 济南.csv."""
    encoding = sys.getfilesystemencoding()
    try:
        "济南.csv".encode(encoding)
    except UnicodeEncodeError:
        yield _told("fault", "names_ascii", encoding=encoding)


def _versions() -> Iterator[Check]:
    wrong = []
    count = 0
    for text in requires("geoplan") or []:
        needed = Requirement(text)
        if needed.marker is not None and not needed.marker.evaluate({"extra": ""}):
            continue
        count += 1
        try:
            found = version(needed.name)
        except PackageNotFoundError:
            found = "-"
        if not needed.specifier.contains(found, prereleases=True) or found == "-":
            wrong.append(f"{needed.name}{needed.specifier} ({found})")
    own = version("geoplan")
    if wrong:
        names = " ".join(f'"{text.split(" ")[0]}"' for text in wrong)
        yield _told("fault", "versions_wrong", wrong=", ".join(wrong), names=names)
    else:
        yield _told("good", "versions", version=own, count=count)


def _libraries() -> Iterator[Check]:
    broken = []
    for name in COMPILED:
        try:
            importlib.import_module(name)
        except Exception as error:
            broken.append(f"{name} ({type(error).__name__}: {error})")
    if broken:
        yield _told("fault", "libraries_broken", broken="; ".join(broken))
    else:
        yield _told("good", "libraries", count=len(COMPILED))


def _projections() -> Iterator[Check]:
    """PROJ without its tables gives infinite coordinates and no error."""
    from pyproj import Transformer

    to_metres = Transformer.from_crs("EPSG:4326", "EPSG:4548", always_xy=True)
    x, y = to_metres.transform(117.0, 36.65)
    good = abs(x - 500_000) < 0.01 and abs(y - 4_057_716) < 1_000
    yield _told("good", "projections") if good else _told("fault", "projections_wrong", x=x, y=y)


def _pages() -> Iterator[Check]:
    there = files("geoplan.outputs").joinpath("assets", "versions.json").is_file()
    yield _told("good", "pages") if there else _told("fault", "pages_missing")


def _fonts() -> Iterator[Check]:
    from geoplan.errors import MissingGlyphError
    from geoplan.outputs.figures.fonts import cjk_fonts

    try:
        yield _told("good", "fonts", font=cjk_fonts()[0])
    except MissingGlyphError:
        yield _told("fault", "fonts_missing")


def _cache() -> Iterator[Check]:
    folder = cache_folder()
    if folder is None:
        yield _told("advice", "cache_missing")
    else:
        yield _told("good", "cache", folder=folder)


def _room() -> Iterator[Check]:
    folder = Path(tempfile.gettempdir())
    free = shutil.disk_usage(folder).free // 10**6
    state: State = "good" if free >= ROOM_MB else "advice"
    yield _told(state, "room" if state == "good" else "room_little", folder=folder, free=free)


def _programs() -> Iterator[Check]:
    found = find_browser()
    yield _told("good", "browser", path=found) if found else _told("advice", "browser_missing")
    office = shutil.which("soffice") or shutil.which("libreoffice")
    if office:
        yield _told("good", "office", path=office)


def find_browser() -> str | None:
    """The program of a browser that prints pages, or None."""
    for name in BROWSERS:
        found = shutil.which(name)
        if found:
            return found
    roots = (os.environ.get(name) for name in ("PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA"))
    for root in roots:
        for inside in _WINDOWS_BROWSERS if root else ():
            path = Path(str(root), *inside.split("\\"))
            if path.is_file():
                return str(path)
    return None


def _extras() -> Iterator[Check]:
    missing = [name for name, library in EXTRAS.items() if not _there(library)]
    if missing:
        yield _told("good", "extras_missing", names=", ".join(missing), first=missing[0])


def _there(library: str) -> bool:
    try:
        return importlib.util.find_spec(library) is not None
    except (ImportError, ValueError):
        return False


def _console() -> Iterator[Check]:
    encoding = getattr(sys.stdout, "encoding", None) or "ascii"
    try:
        "中文：济".encode(encoding)
        yield _told("good", "console", encoding=encoding)
    except (UnicodeEncodeError, LookupError):
        yield _told("advice", "console_poor", encoding=encoding)


def warm_kernels(progress: Callable[[int, int, str], None], lang: str) -> Check:
    """Compile what runs need, by small runs into a temporary folder: the next run starts at once.

    Parameters
    ----------
    progress : told how far it is.
    lang : of what `progress` is told.
    """
    from geoplan.cli.warming import small_runs
    from geoplan.kernels import compile_seconds

    before = compile_seconds()
    try:
        small_runs(progress, lang)
    except Exception as error:
        return _told("fault", "trial_failed", what=f"{type(error).__name__}: {error}")
    return _told("good", "kernels", seconds=f"{compile_seconds() - before:.0f}")

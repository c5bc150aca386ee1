"""One city run where its files are not: what is sent to a worker, and what comes back."""

from __future__ import annotations

import errno
import os
import tempfile
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from geoplan.errors import DiskError, GeoplanError, told_in
from geoplan.inputs.files.database import is_database_url
from geoplan.inputs.files.gate.limits import limits_set
from geoplan.inputs.files.gate.mosaic import named_in_mosaic
from geoplan.inputs.files.source import PARTS
from geoplan.inputs.findings.finding import Finding
from geoplan.siting.joint.sharing import CityCurve
from geoplan.study.cache.fingerprint import TooManyFilesError, files_within
from geoplan.study.cities.one_city import CityDone, CityTask, read_only, run_city
from geoplan.study.cities.opening import faults_of
from geoplan.study.cities.share import curve_of
from geoplan.study.cluster.link import speaking
from geoplan.study.cluster.parcel import Parcel
from geoplan.study.config.input_files import named_files
from geoplan.study.config.near_files import is_there
from geoplan.study.config.toml_lines import Location
from geoplan.study.run_folder import Basemap
from geoplan.study.settings import StudySettings
from geoplan.writing import told_plainly

#: how names of the files end that belong to another one, after its name or in place of its ending
_SIDE = frozenset(
    {end for ends in PARTS.values() for end in ends}
    | {".aux.xml", ".csvt", ".hdr", ".ige", ".ovr", ".msk", ".rrd", ".tifw", ".tiffw", ".wld"}
    | {"-journal", "-shm", "-wal"}
)
#: figures, warnings and limits belong to a process: a worker of several threads runs one city
_ONE_CITY = threading.Lock()


@dataclass(frozen=True, kw_only=True, slots=True)
class CityFiles:
    """The files that one city's study reads, by their path from a folder that holds them all.

    place : the study's folder from there. paths : where the files are here.
    """

    place: str
    paths: Mapping[str, Path]

    @property
    def weight(self) -> int:
        """Bytes of the files."""
        return sum(path.stat().st_size for path in self.paths.values())


def files_of_city(study: StudySettings) -> CityFiles | None:
    """The files that a city's study reads: those that its settings name as such, and their parts.

    None where it reads what cannot be sent: a database, a path that starts at the root of a disk, a
    very large folder, one that holds the study, a file that reads others of any name.
    """
    base = study.folder.resolve()
    settings = study.config.model_dump(mode="json", exclude_none=True)
    found: list[Path] = [own] if (own := base / study.file.name).is_file() else []
    for where, names in named_files(settings):
        for name in names if isinstance(names, list) else [names]:
            parts = _parts_of(base, where, name) if isinstance(name, str) else []
            if parts is None:
                return None
            found += parts
    plain: list[Path] = []
    for path in dict.fromkeys(found):
        tidy = Path(os.path.normpath(path))
        if not tidy.exists() or not tidy.samefile(path):  # ".." behind a link leads elsewhere
            return None
        plain.append(tidy)
    try:
        root = Path(os.path.commonpath([base, *plain]))
    except ValueError:  # on several drives
        return None
    return CityFiles(
        place=base.relative_to(root).as_posix(),
        paths={path.relative_to(root).as_posix(): path for path in plain},
    )


def _parts_of(base: Path, where: Location, name: str) -> list[Path] | None:
    """The files that make up what a setting names, none where nothing is there.

    None as of `files_of_city`.
    """
    path = base / name
    if is_database_url(name) or (Path(name).is_absolute() and is_there(path)):
        return None
    if not name.strip() or not is_there(path):
        return []
    if path.is_dir():
        if where[-1] == "candidates" and path.suffix.lower() != ".gdb":  # a word: "network"
            return []
        is_one = path.suffix.lower() == ".gdb" or where == ("transit", "path")
        if not is_one or base.is_relative_to(path.resolve()):
            return None
        return _all_in(path)
    tiles = named_in_mosaic(path) if path.suffix.lower() == ".vrt" else {}
    # what a mosaic calls by its place on a disk is not there; an .adf has parts of any name
    if path.suffix.lower() == ".adf" or any(Path(tile).is_absolute() for tile in tiles):
        return None
    own = [path, *(path.parent / tile for tile in tiles)]
    return [part for one in own for part in (one, *_beside(one))]


def _all_in(folder: Path) -> list[Path] | None:
    """All files of a folder; None of a very large one."""
    try:
        return files_within(folder)
    except (TooManyFilesError, OSError):
        return None


def _beside(path: Path) -> list[Path]:
    """What a reader may read beside a file: of the same name, with an ending that is no data's."""
    names = path.stem.casefold(), path.name.casefold()
    wanted = {f"{name}{end}" for name in names for end in _SIDE}
    return sorted(p for p in path.parent.iterdir() if p.name.casefold() in wanted and p.is_file())


@dataclass(frozen=True, kw_only=True, slots=True)
class CityParcel:
    """All that a worker needs for one city.

    Parameters
    ----------
    task : what to run; its study stands at `place` of the `files`.
    limits : of input files, as they hold where the run was started.
    topic : under which the worker tells how far it is.
    basemap : what lies under the maps; None: the plan comes back, and nothing is written.
    only_read : the city is not run: what would stop it is looked for.
    curve_to : the city is not run: what up to so many new sites of its one service bring is found.
    """

    task: CityTask
    files: Parcel
    place: str
    limits: Mapping[str, float]
    topic: str
    basemap: Basemap | None = None
    only_read: bool = False
    curve_to: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class CityAnswer:
    """What a worker gives for one city.

    done : nothing where the city was only read, or could not be run.
    faults : why it could not. files : of its folder, by name. curve : that was asked for.
    """

    done: CityDone | None = None
    faults: tuple[Finding, ...] = ()
    files: Mapping[str, bytes] = field(default_factory=dict)
    curve: CityCurve | None = None


def run_elsewhere(parcel: CityParcel, name: str) -> CityAnswer:
    """Run the city `name`, whose files come with it; the work of one task of a cluster's worker.

    Raises
    ------
    OSError
        The worker's disk is full or fails: a fault of the machine, not of the city.
    """
    with _ONE_CITY, tempfile.TemporaryDirectory(prefix="geoplan-city-") as aside:
        try:
            with told_plainly(Path(aside)):
                return _run(parcel, name, Path(aside))
        except DiskError as error:
            raise OSError(errno.ENOSPC, str(error)) from None


def _run(parcel: CityParcel, name: str, aside: Path) -> CityAnswer:
    given = parcel.task.city.study
    folder = aside / "files" / parcel.place
    study = replace(given, folder=folder, file=folder / given.file.name)
    task = replace(parcel.task, city=replace(parcel.task.city, study=study), cache=False)
    progress = speaking(parcel.topic, name)
    try:
        with told_in(study.config.lang), limits_set(parcel.limits):
            parcel.files.unpack(aside / "files")
            folder.mkdir(parents=True, exist_ok=True)
            if parcel.only_read:
                read_only(task, progress)
                return CityAnswer()
            if parcel.curve_to is not None:
                (key,) = task.services
                curve = curve_of(study, key, parcel.curve_to, progress, cache=False)
                return CityAnswer(curve=curve)
            written = None if parcel.basemap is None else aside / "out"
            done = run_city(task, folder=written, basemap=parcel.basemap, progress=progress)
    except DiskError:
        raise
    except GeoplanError as error:
        faults = faults_of(name, error, study.config.lang)
        named = partial(_named, there=str(folder), here=str(given.folder))
        return CityAnswer(faults=tuple(map(named, faults)))
    if done.plan is not None:  # its cache is this machine's
        done = replace(done, plan=replace(done.plan, kept=None))
    return CityAnswer(done=done, files={} if written is None else _content(written))


def _named(fault: Finding, *, there: str, here: str) -> Finding:
    """A fault that names the study's folder as who asked knows it."""
    return replace(
        fault,
        problem=fault.problem.replace(there, here),
        advice=fault.advice.replace(there, here),
    )


def _content(folder: Path) -> dict[str, bytes]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}

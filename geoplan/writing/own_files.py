"""Which files of a folder geoplan wrote itself: those alone may be replaced or removed."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from geoplan.errors import UsageError
from geoplan.writing.digests import digest, is_own_geopackage, is_own_office_file, is_still
from geoplan.writing.one_file import replaced

#: the record of a run, which names the files of its folder under ``files``
RUN_RECORD = "run.json"
#: the record in a folder of exported layers or of a comparison
RECORD = ".geoplan-files.json"
#: what systems and open programs leave beside files: nobody's work
_TRACES = re.compile(
    r"\.DS_Store|\._.+|Thumbs\.db|desktop\.ini|~\$.+\.(docx|xlsx)|\.~lock\..+#"
    r"|layers\.gpkg-shm|\.directory",
    re.I,
)
_RUN_FILES = frozenset(
    {
        "findings.xlsx",
        "layers.gpkg",
        "layers.qgz",
        "maps/index.html",
        "report.docx",
        "report.html",
        "report.pdf",
        "run.json",
        "summary.json",
        "tables.xlsx",
        "tables/figures.csv",
        "tables/services.csv",
    }
)
_RUN_FOLDERS = frozenset({"maps", "figures", "tables"})


class NoRecordError(Exception):
    """A folder's `run.json` is no record of a run, or cannot be read."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Foreign:
    """Files of a folder that are not as geoplan wrote them.

    Parameters
    ----------
    others : what geoplan did not write, by the path within the folder.
    changed : what it wrote and somebody has changed since.
    """

    others: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.others or self.changed)

    @property
    def names(self) -> str:
        """A few of them, for a message."""
        return some_names([*self.others, *self.changed])


def some_names(names: Iterable[str], most: int = 5) -> str:
    """The first few names in one line, signs that nobody sees shown."""
    listed = ["".join(c if c.isprintable() else "?" for c in name) for name in names]
    return ", ".join(listed[:most]) + (" …" if len(listed) > most else "")


def record_of(folder: Path) -> dict[str, str]:
    """Every file below `folder` with its digest, as `run.json` keeps them; without `run.json`."""
    files = ((name, path) for name, path in walked(folder) if not name.startswith("."))
    return {name: digest(path) for name, path in files if name != RUN_RECORD}


def walked(folder: Path) -> Iterator[tuple[str, Path]]:
    """Files, links and empty folders below `folder`: path within it, path. Links stay closed."""
    for path in sorted(folder.iterdir()):
        if path.is_dir() and not path.is_symlink():
            inside = list(walked(path))
            for name, below in inside:
                yield f"{path.name}/{name}", below
            if not inside and path.name not in _RUN_FOLDERS:
                yield f"{path.name}/", path
        else:
            yield path.name, path


def foreign_in_run(folder: Path, seen: set[Hashable] | None = None) -> Foreign:
    """What a run's folder holds beside the run's own files.

    An older run that keeps no list of its files may hold what a run of its services may write.

    Parameters
    ----------
    folder : the run's.
    seen : notes of the files that were found as they were written, added to; what the system still
        knows by such a note is not read again.

    Raises
    ------
    NoRecordError
        It holds a `run.json` that is no record of a run.
    OSError
        The folder cannot be read.
    """
    facts = _facts(folder / RUN_RECORD)
    files = facts.get("files") if facts else None
    known = {str(k): str(v) for k, v in files.items()} if isinstance(files, Mapping) else None
    services = _services(facts)
    seen = set() if seen is None else seen
    others, changed = [], []
    for name, path in walked(folder):
        if _is_trace(name, path):
            continue
        if path.is_symlink() or facts is None:
            others.append(name)
        elif name == RUN_RECORD:
            continue
        elif known is None:
            if not _old_name(name, services):
                others.append(name)
        elif name not in known:
            others.append(name)
        elif path.stat().st_size and (note := _note(path, known[name])) not in seen:
            if is_still(path, known[name]):  # an empty file is no work
                seen.add(note)
            else:
                changed.append(name)
    return Foreign(others=tuple(others), changed=tuple(changed))


def _note(path: Path, written: str) -> Hashable:
    """How the system knows a file, whatever it is called, and the digest that it should have."""
    facts = path.stat()
    return written, facts.st_dev, facts.st_ino, facts.st_size, facts.st_mtime_ns, facts.st_ctime_ns


def _is_trace(name: str, path: Path) -> bool:
    if name == "layers.gpkg-wal":  # empty where QGIS has only looked
        return path.stat().st_size == 0
    return _TRACES.fullmatch(path.name) is not None and not path.is_dir()


def _facts(path: Path) -> dict[str, Any] | None:
    """What `run.json` says; None where there is none."""
    if not path.exists():
        return None
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise NoRecordError from error
    known = isinstance(facts, dict) and "geoplan" in facts and isinstance(_of(facts), Mapping)
    if not known:
        raise NoRecordError
    return dict(facts)


def _of(facts: Mapping[str, Any]) -> Any:
    settings = facts.get("settings")
    return settings.get("services") if isinstance(settings, Mapping) else None


def _services(facts: Mapping[str, Any] | None) -> tuple[str, ...]:
    return tuple(map(str, _of(facts))) if facts else ()


def _old_name(name: str, services: Iterable[str]) -> bool:
    """Whether a run of `services` writes a file of this name."""
    if name in _RUN_FILES:
        return True
    folder, _, file = name.partition("/")
    return (
        any(
            (folder == "maps" and file == f"{key}.html")
            or (folder == "figures" and file.startswith(f"{key}_") and file.endswith(".png"))
            or (folder == "tables" and file.startswith(f"{key}_") and file.endswith(".csv"))
            for key in services
        )
        and "/" not in file
    )


def is_unfinished_run(folder: Path) -> bool:
    """Whether all that `folder` holds is what a run writes before it is done."""
    for name, path in walked(folder):
        kept, _, file = name.partition("/")
        # a service's map may have pages of its areas, in a folder of their own
        part = kept in _RUN_FOLDERS and file and file.count("/") <= (kept == "maps")
        ending = Path(file).suffix in (".html", ".png", ".csv")
        database = name.startswith("layers.gpkg-")
        if path.is_symlink() or not (name in _RUN_FILES or database or (part and ending)):
            return False
    return True


class OwnFiles:
    """Files that geoplan writes into a folder which others may use too.

    A small record in the folder keeps what each file was when it was written.

    Parameters
    ----------
    folder : where they go; need not exist yet.

    Examples
    --------
    >>> import tempfile
    >>> own = OwnFiles(Path(tempfile.mkdtemp()))
    >>> text = own.folder / "meal.csv"
    >>> own.refuse_foreign([text])  # nothing there
    >>> own.keep([text]) if text.write_text("1") else None
    >>> own.refuse_foreign([text])  # written by us
    >>> own.refuse_foreign([text]) if text.write_text("my own") else None
    Traceback (most recent call last):
    geoplan.errors.UsageError: ...meal.csv is there already and geoplan did not write it, ...
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def refuse_foreign(self, paths: Iterable[Path]) -> None:
        """Raise for the first file that is there and is not as geoplan wrote it.

        Raises
        ------
        UsageError
        """
        known = self._known()
        for path in paths:
            if not path.exists() and not path.is_symlink():
                continue
            one_thing = not path.is_dir() or path.suffix == ".gdb"
            if not one_thing or not is_own(path, known.get(path.name, ())):
                raise UsageError.of("writing.file_foreign", path=path)

    def announce(self, paths: Iterable[Path]) -> None:
        """Note what is about to take the place of the files of the same names.

        A process that ends on the way leaves old files and new ones, all of them ours.
        """
        known = self._known()
        for path in paths:
            known[path.name] = [*known.get(path.name, ()), digest(path)]
        self._write(known)

    def keep(self, paths: Iterable[Path]) -> None:
        """Note what was written."""
        known = {n: d for n, d in self._known().items() if (self.folder / n).exists()}
        known |= {path.name: [digest(path)] for path in paths}
        self._write(known)

    def _write(self, known: Mapping[str, Sequence[str]]) -> None:
        text = json.dumps({"files": dict(sorted(known.items()))}, ensure_ascii=False, indent=1)
        with replaced(self.folder / RECORD) as beside:
            beside.write_text(text + "\n", encoding="utf-8")

    def _known(self) -> dict[str, list[str]]:
        try:
            files = json.loads((self.folder / RECORD).read_text(encoding="utf-8"))["files"]
            return {str(name): list(map(str, values)) for name, values in files.items()}
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return {}


def is_own(path: Path, written: Collection[str] = ()) -> bool:
    """Whether a file is as geoplan wrote it.

    Parameters
    ----------
    path : a file.
    written : its digest then, or one of several, where a record tells.
    """
    if path.is_symlink() and not path.exists():
        return False
    if not path.is_dir() and path.stat().st_size == 0:
        return True  # nothing to lose
    if written:
        return any(is_still(path, one) for one in written)
    if path.suffix == ".gpkg":
        return is_own_geopackage(path)
    return path.suffix in (".xlsx", ".docx", ".qgz") and is_own_office_file(path)

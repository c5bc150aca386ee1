"""A folder of results: claimed before the work, written beside its place, put there at once.

Whatever moment a process ends at, one whole result stands in the place or is brought back by the
next command; what interrupted processes have left is removed then.
"""

from __future__ import annotations

import errno
import logging
import os
import shutil
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from geoplan.errors import DiskError, UsageError
from geoplan.words.message import Message
from geoplan.writing.exchange import exchange, flush, flush_all
from geoplan.writing.leftovers import Leftovers, hidden_name
from geoplan.writing.lock import HeldError, Lock
from geoplan.writing.own_files import NoRecordError, foreign_in_run
from geoplan.writing.place import real_place, refuse_fixed, refuse_inputs, refuse_part
from geoplan.writing.plain_faults import fault_text

logger = logging.getLogger(__name__)

#: told what was cleaned up or restored
Tell = Callable[[Message], None]
#: claims of this process by place, with the thread that holds them
_held: dict[Path, tuple[int, Claim]] = {}
#: how often a folder is asked for that another program may hold for a moment, and how long between
_ATTEMPTS, _PAUSE_S = 5, 0.2


def on_step(name: str) -> None:
    """Called after each step of putting a result in its place; tests end the process here."""


def _log(told: Message) -> None:
    logger.warning("%s", told)


class Claim:
    """A folder that this process alone writes to; made by `claimed`.

    Parameters
    ----------
    place : the folder, links followed.
    given : as it was asked for, for messages.
    """

    def __init__(self, place: Path, given: Path) -> None:
        self.place, self.given = place, given
        self.leftovers = Leftovers(place)
        self.lock = Lock(hidden_name(place, "lock"))
        #: whether the new results are in their place
        self.stands = False

    @contextmanager
    def beside(self) -> Iterator[Path]:
        """A new folder to write into; at the end of the block it takes the place, at once.

        A block that fails leaves the place as it was and nothing beside it. Where the place cannot
        be taken after the work, the results stay in a folder of another name and the error says so.

        Raises
        ------
        UsageError
            The place could not be taken: the results stand whole elsewhere.
        """
        beside = self.leftovers.begin(uuid.uuid4().hex[:8])
        self.stands = False
        try:
            yield beside
            on_step("written")
            if self.place.exists():
                shutil.copymode(self.place, beside)
            flush_all(beside)
            self.leftovers.finish(beside)
            on_step("flushed")
            self.refuse_foreign()  # the work took a while
            self._take_place(beside)
        except BaseException as error:
            if self.leftovers.is_unfinished(beside):
                shutil.rmtree(beside, ignore_errors=True)
            elif isinstance(error, (UsageError, OSError)) and not self.stands:
                raise self._kept(beside, error) from error
            elif self.lock.exclusive:  # interrupted between two steps: a whole result stays
                self.leftovers.tidy()
            raise

    def _take_place(self, beside: Path) -> None:
        if not self.place.exists():
            _renamed(beside, self.place)
            self.stands = True
            on_step("in_place")
            flush(self.place.parent)
            return
        if exchange(beside, self.place):
            old, self.stands = beside, True
            on_step("exchanged")
        else:
            old = beside.with_suffix(".old")
            _renamed(self.place, old)
            on_step("old_aside")
            try:
                _renamed(beside, self.place)
            except OSError:
                _renamed(old, self.place)
                raise
            self.stands = True
            on_step("in_place")
        flush(self.place.parent)
        self.leftovers.remove_run(old)
        on_step("old_removed")

    def _kept(self, beside: Path, error: UsageError | OSError) -> UsageError:
        """The results under a free name, and the error that says where they are."""
        kept = next(
            path
            for k in range(2, 10_000)
            if not (path := self.place.with_name(f"{self.place.name}-{k}")).exists()
        )
        beside.rename(kept)
        why: object = error.sentence if isinstance(error, UsageError) else fault_text(error)
        return UsageError.of(
            "writing.kept_beside", folder=self.given, kept=kept, why=why or str(error)
        )

    def refuse_foreign(self) -> None:
        """Raise where the place holds what no run wrote.

        Raises
        ------
        UsageError
            Files of the user's, files that somebody has changed, or no record to tell them by.
        """
        if not self.place.exists():
            return
        try:
            found = foreign_in_run(self.place, self.leftovers.seen)
        except NoRecordError:
            raise UsageError.of("writing.folder_no_run", folder=self.given) from None
        if found.others:
            raise UsageError.of("writing.folder_foreign", folder=self.given, files=found.names)
        if found.changed:
            raise UsageError.of("writing.folder_changed", folder=self.given, files=found.names)


def _renamed(old: Path, new: Path) -> None:
    """Rename a folder; on Windows a virus scanner may hold it for a moment."""
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            old.rename(new)
        except PermissionError:
            if os.name != "nt" or attempt == _ATTEMPTS:
                raise
            time.sleep(_PAUSE_S * attempt)
        else:
            return


@contextmanager
def claimed(
    folder: str | Path, *, inputs: Iterable[Path] = (), tell: Tell = _log
) -> Iterator[Claim]:
    """Keep a folder for results during the block, so that what stands in the way is told first.

    Parameters
    ----------
    folder : where the results go; need not exist. A link is followed and stays a link.
    inputs : files that are read: the folder may not hold any of them.
    tell : gets what was cleaned up after interrupted runs.

    Raises
    ------
    UsageError
        The folder cannot be replaced as a whole, or may not: it holds inputs or files that geoplan
        did not write, somebody else is writing to it, or the disk does not let us.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> with claimed(folder / "out") as claim, claim.beside() as beside:
    ...     _ = (beside / "report.html").write_text("all is well", encoding="utf-8")
    >>> [path.name for path in sorted(folder.iterdir())]
    ['out']
    >>> with claimed(folder):  # holds a folder that is no run
    ...     pass
    Traceback (most recent call last):
    geoplan.errors.UsageError: ... holds other files, which geoplan did not write ...
    """
    given = Path(folder)
    place = real_place(given)
    thread, claim = _held.get(place, (0, None))
    if claim is not None and thread == threading.get_ident():
        yield claim
        return
    claim = Claim(place, given)
    refuse_inputs(place, given, inputs)
    refuse_part(place, given)
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        claim.lock.take()
    except HeldError as error:
        raise UsageError.of("writing.folder_held", folder=given, pid=error.pid) from None
    except OSError as error:
        raise _unusable(given, error) from error
    _held[place] = (threading.get_ident(), claim)
    try:
        if claim.lock.exclusive:
            for told in claim.leftovers.tidy():
                tell(told)
        claim.refuse_foreign()
        refuse_fixed(place, given)
        yield claim
    finally:
        del _held[place]
        claim.lock.free()


def _unusable(given: Path, error: OSError) -> UsageError:
    told = fault_text(error, given)
    if told is None:
        return DiskError.of("writing.failed", path=given, why=str(error))
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):  # the folder above is meant
        told = Message(told.key, **{**told.values, "path": given.parent})
    return DiskError.of(told.key, **told.values)


def restored(folder: str | Path) -> list[Message]:
    """Bring back a result whose run was cut off at its last step, and clean up beside it.

    Parameters
    ----------
    folder : a run's folder that is read or about to be written.

    Returns
    -------
    What was done, for the reader; nothing where nothing was to be done, or somebody is writing.
    """
    try:
        place = real_place(Path(folder))
        leftovers = Leftovers(place)
        if not leftovers.found():
            return []
        lock = Lock(hidden_name(place, "lock"))
        lock.take()
    except (HeldError, OSError, UsageError):
        return []
    try:
        with suppress(OSError):
            return leftovers.tidy() if lock.exclusive else []
        return []
    finally:
        lock.free()

"""Values kept by key in a folder of bounded size, which can be deleted at any time."""

from __future__ import annotations

import hashlib
import os
import pickle
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from geoplan.user_cache import is_own, is_usable, users_cache

T = TypeVar("T")

#: environment variables: the folder of the cache ("off": none), and its size
FOLDER_VARIABLE, SIZE_VARIABLE = "GEOPLAN_CACHE", "GEOPLAN_CACHE_MB"
#: megabytes; a province's networks and inputs take some hundred
DEFAULT_MB = 4_000
_DIGEST_BYTES = hashlib.sha256().digest_size
_ENDING = ".stage"


@dataclass(frozen=True, kw_only=True, slots=True)
class Store:
    """Values by key, a file each; those used last stay where the folder grows too large.

    Parameters
    ----------
    folder : nobody else may write there, as what is loaded from it is run; None keeps nothing.
    most_bytes : of all files together.
    """

    folder: Path | None
    most_bytes: int = DEFAULT_MB * 1_000_000

    @classmethod
    def of_user(cls) -> Store:
        """The store in the user's cache folder, or where ``GEOPLAN_CACHE`` says; ``off``: none.

        ``GEOPLAN_CACHE_MB`` bounds its size.
        """
        named = os.environ.get(FOLDER_VARIABLE, "").strip()
        folder = Path(named) if named else users_cache("stages")
        if named.lower() == "off" or folder is None or not is_usable(folder):
            return cls(folder=None)
        size = os.environ.get(SIZE_VARIABLE, "").strip()
        most = int(size) if size.isascii() and size.isdigit() else DEFAULT_MB
        return cls(folder=folder if is_own(folder) else None, most_bytes=most * 1_000_000)

    def reused(
        self, key: str | None, work: Callable[[], T], *, keep: Callable[[T], bool] | None = None
    ) -> T:
        """The value of `key`, or else that of `work`, kept where `keep` agrees (None: always).

        A key of None neither finds nor keeps anything.
        """
        if key is None or self.folder is None:
            return work()
        found, value = self._load(key)
        if found:
            return value
        value = work()
        if keep is None or keep(value):
            self._save(key, value)
        return value

    def found(self, key: str | None) -> Any:
        """The value of `key`; None where it is not kept."""
        return None if key is None or self.folder is None else self._load(key)[1]

    def path(self, key: str) -> Path:
        """Where the value of `key` is, or would be."""
        assert self.folder is not None
        return self.folder / f"{key}{_ENDING}"

    def _load(self, key: str) -> tuple[bool, Any]:
        """Whether there is a whole value of `key`, and it; what is damaged is removed."""
        path = self.path(key)
        try:
            file = path.open("rb")
        except OSError:
            return False, None
        try:
            with file:  # read twice, but never all of it beside what it becomes
                kept = file.read(_DIGEST_BYTES)
                if hashlib.file_digest(file, "sha256").digest() != kept:
                    raise ValueError(key)
                file.seek(_DIGEST_BYTES)
                value = pickle.load(file)
        except Exception:  # written by other libraries, or cut off: it is worked out anew
            with suppress(OSError):
                path.unlink()
            return False, None
        with suppress(OSError):
            os.utime(path)  # used last
        return True, value

    def _save(self, key: str, value: Any) -> None:
        """Keep `value`; a value that cannot be written is worked out again next time."""
        assert self.folder is not None
        try:
            body = pickle.dumps(value, protocol=5)
        except (pickle.PicklingError, TypeError, AttributeError):
            return
        if len(body) > self.most_bytes // 2:
            return
        temporary = None
        try:
            with tempfile.NamedTemporaryFile(dir=self.folder, suffix=".part", delete=False) as out:
                temporary = Path(out.name)
                out.write(hashlib.sha256(body).digest())
                out.write(body)
            temporary.replace(self.path(key))
        except OSError:  # a full disk must not end a run
            if temporary is not None:
                with suppress(OSError):
                    temporary.unlink()
        self._trim()

    def _trim(self) -> None:
        """Remove what was not used for longest till the rest fits, leftovers of killed runs too."""
        assert self.folder is not None
        files = []
        with suppress(OSError):
            for path in self.folder.iterdir():
                with suppress(OSError):
                    if path.suffix in (_ENDING, ".part"):
                        facts = path.stat()
                        files.append((facts.st_mtime, facts.st_size, path))
        total = sum(size for _, size, _ in files)
        for _, size, path in sorted(files):
            if total <= self.most_bytes:
                break
            with suppress(OSError):
                path.unlink()
                total -= size

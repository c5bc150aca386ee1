"""The outputs of a run, kept whole: the same results are not drawn and written twice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from geoplan.results import RunResults
from geoplan.study.cache.fingerprint import key_of
from geoplan.study.cache.store import Store
from geoplan.writing.plain_faults import size_mb

#: larger folders are written anew each time
_MOST_MB = 600


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class KeptOutputs:
    """Where the outputs of `results` are kept.

    Parameters
    ----------
    store, key : the cache, and a key of all that `results` depend on (None: nothing is kept).
    results : as the run made them; changed results have no outputs that were kept.
    """

    store: Store
    key: str | None
    results: RunResults

    def write(self, results: RunResults, folder: Path, work: Callable[[], None]) -> None:
        """Every file that `work` writes into `folder`: kept ones, else `work` is called."""
        unchanged = results is self.results and self.key is not None
        key = key_of("outputs", self.key, repr(results.info)) if unchanged else None
        worked = False

        def written() -> dict[str, bytes]:
            nonlocal worked
            worked = True
            work()
            return _content(folder) if key is not None else {}

        files = self.store.reused(key, written, keep=bool)
        if not worked:
            for name, content in files.items():
                path = folder / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)


def _content(folder: Path) -> dict[str, bytes]:
    """All files of `folder` by name, in order; none of a folder that is too large."""
    if size_mb(folder) > _MOST_MB:
        return {}
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}

"""The outputs of a run, kept whole, and the maps, figures, layers and tables of each service.

The same results are not drawn and written twice; where one service has changed, those of the
others are not drawn and listed again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TypeVar

from geoplan.outputs.report.word.pdf import office_program
from geoplan.outputs.wording import assumption_text, assumptions_about
from geoplan.results import ReportForm, RunResults, StudyInfo
from geoplan.study.cache.fingerprint import key_of
from geoplan.study.cache.store import Store
from geoplan.words.speaker import Speaker
from geoplan.writing.own_files import record_of
from geoplan.writing.plain_faults import size_mb

T = TypeVar("T")

#: made by LibreOffice, if it is there and manages
_PDF = "report.pdf"
#: larger folders are written anew each time
_MOST_MB = 600


@dataclass(frozen=True, kw_only=True, eq=False)
class KeptOutputs:
    """Where the outputs of `results` are kept.

    Parameters
    ----------
    store, key : the cache, and a key of all that `results` depend on (None: nothing is kept).
    results : as the run made them; changed results have no outputs that were kept.
    services : a key per service of all that its own results depend on, but for its plan in time.
    plans : a key of their plan in time for the services that act.
    """

    store: Store
    key: str | None
    results: RunResults
    services: Mapping[str, str] = field(default_factory=dict)
    plans: Mapping[str, str] = field(default_factory=dict)

    def write(self, results: RunResults, folder: Path, work: Callable[[], None]) -> dict[str, str]:
        """Every file that `work` writes into `folder`: kept ones, else `work` is called.

        Returns the files' digests, as a run's record keeps them.
        """
        unchanged = results is self.results and self.key is not None
        key = (
            key_of("outputs", self.key, repr(self._info), self._from_elsewhere())
            if unchanged
            else None
        )
        record: dict[str, str] | None = None

        def written() -> tuple[dict[str, str], dict[str, bytes]]:
            nonlocal record
            work()
            record = record_of(folder)
            return record, _content(folder) if key is not None else {}

        def is_whole(found: tuple[dict[str, str], dict[str, bytes]]) -> bool:
            return bool(found[1]) and (_PDF in found[1] or not self._may_have_pdf)

        known, files = self.store.reused(key, written, keep=is_whole)
        if record is None:
            for name, content in files.items():
                path = folder / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
        return known

    def file(
        self,
        results: RunResults,
        service: str,
        path: Path,
        work: Callable[[], None],
        *,
        timed: bool = True,
    ) -> None:
        """The file `path`, a map or a figure of `service`: the kept one, else `work` writes it.

        timed : as of `piece`.
        """
        content = None

        def written() -> bytes:
            nonlocal content
            work()
            content = path.read_bytes()
            return content

        found = self.piece(results, service, path.name, written, timed=timed)
        if content is None:
            path.write_bytes(found)

    def piece(
        self,
        results: RunResults,
        service: str,
        name: str,
        work: Callable[[], T],
        *,
        timed: bool = True,
    ) -> T:
        """What outputs show of `service` under a `name` of their own: kept, else that of `work`.

        What it shows beside its service is in the key: the page's stamps, what was assumed about
        the service, how far the whole run's maps reach.

        timed : it shows the service's plan in time, which depends on the others that act.
        """
        own = self.services.get(service) if results is self.results else None
        key = None
        if own is not None and results.info.audience == "internal":
            plan = self.plans.get(service) if timed else None
            key = key_of("piece", own, plan, name, self._page, self._assumed(service))
        return self.store.reused(key, work)

    @cached_property
    def _info(self) -> StudyInfo:
        """What stands on every page and in the report; where its template lies is of no account."""
        info = self.results.info
        return replace(info, report=replace(info.report, template=""))

    @property
    def _may_have_pdf(self) -> bool:
        return self.results.info.report.pdf and office_program() is not None

    def _from_elsewhere(self) -> list[str]:
        """What the report takes from the machine at this moment: its template, LibreOffice."""
        named = (self.results.info.report.template, office_program() if self._may_have_pdf else "")
        return [_content_key(Path(path)) if path else "" for path in named]

    @cached_property
    def _page(self) -> tuple[str, str]:
        """What stands on every page, and the box of all maps."""
        from geoplan.outputs.figures.background import bounds  # loads matplotlib

        page = replace(self.results.info, report=ReportForm())
        return repr(page), repr(bounds(self.results))

    def _assumed(self, service: str) -> list[str]:
        """What its page says was assumed: it may name other services."""
        speaker, services = Speaker(self.results.info.lang), self.results.services
        about = assumptions_about(self.results, service)
        return [assumption_text(one, speaker, services) for one in about]


def _content_key(file: Path) -> str:
    """A digest of what `file` holds; "" where it cannot be read."""
    try:
        with file.open("rb") as opened:
            return hashlib.file_digest(opened, "sha256").hexdigest()
    except OSError:
        return ""


def _content(folder: Path) -> dict[str, bytes]:
    """All files of `folder` by name, in order; none of a folder that is too large.

    Hidden ones are left: they say that the folder is being written.
    """
    if size_mb(folder) > _MOST_MB:
        return {}
    every = (path for path in folder.rglob("*") if not path.name.startswith("."))
    files = sorted(path for path in every if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}

"""The folder of a run: all outputs written beside it, then put in its place at once."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from geoplan import outputs
from geoplan.results import RunResults
from geoplan.study.beside.process import other_process
from geoplan.study.beside.share import Pieces, work_off
from geoplan.study.cache.outputs import KeptOutputs
from geoplan.study.progress import Progress, Stages
from geoplan.study.read.load import StudyInputs
from geoplan.words.speaker import Speaker
from geoplan.words.text_format import json_text
from geoplan.writing import claimed, told_plainly
from geoplan.writing.own_files import RUN_RECORD, record_of
from geoplan.writing.plain_faults import size_mb


@dataclass(frozen=True, kw_only=True, slots=True)
class Basemap:
    """What lies under the maps, as `Plan.map` takes it, and the user's own key for 天地图."""

    name: str | None = None
    tianditu_key: str | None = None


def write_run_folder(
    target: Path,
    results: RunResults,
    inputs: StudyInputs,
    *,
    basemap: Basemap,
    progress: Progress,
    kept: KeptOutputs | None = None,
) -> Path:
    """The folder `target` with every output of a run, or nothing; see `Plan.save`.

    Parameters
    ----------
    target : where the run goes; an earlier run there gives way.
    results : as their audience may see them.
    inputs : for `findings.xlsx` of an internal run.
    kept : outputs that an earlier run has left.
    """
    with claimed(target) as claim, told_plainly(target), claim.beside() as beside:

        def needed_mb() -> float:
            return max(size_mb(target), 2 * size_mb(beside))

        with told_plainly(target, needed_mb=needed_mb):
            stages = Stages(total=6, progress=progress)
            write_run_files(beside, results, inputs, basemap=basemap, stages=stages, kept=kept)
    return target


def write_run_files(
    folder: Path,
    results: RunResults,
    inputs: StudyInputs,
    *,
    basemap: Basemap,
    stages: Stages,
    kept: KeptOutputs | None = None,
) -> None:
    """Every output of a run into `folder`, which is there and holds nothing else.

    Parameters are those of `write_run_folder`; stages : are reported and timed.
    """

    def work() -> None:
        _write_outputs(folder, results, inputs, basemap=basemap, stages=stages, kept=kept)

    if kept is None:
        work()
        record = record_of(folder)
    else:
        record = kept.write(results, folder, work)
    _write_record(folder, results, stages, record)


def _write_outputs(
    folder: Path,
    results: RunResults,
    inputs: StudyInputs,
    *,
    basemap: Basemap,
    stages: Stages,
    kept: KeptOutputs | None,
) -> None:
    out = _Outputs(
        results=results,
        inputs=inputs,
        basemap=basemap,
        # of other results nothing is kept
        kept=None if kept is None or kept.results is not results else kept,
        folder=folder,
    )
    with ExitStack() as beside, other_process() as other:
        finished: list[Callable[[], object]] = []

        def here(name: str) -> None:
            if name != _BOOK:
                shutil.rmtree(out.aside(name), ignore_errors=True)  # what the other one began
                out.write(name, folder, stages)
                return
            with _stage(out, stages, "figures"):
                out.figures()
            with _stage(out, stages, "report", steps=0):  # the PDF is made beside what follows
                finished.append(beside.enter_context(out.report_begun()))

        def done(name: str, worked: Stages) -> None:
            for path in sorted(out.aside(name).iterdir()):
                path.replace(folder / path.name)
            out.aside(name).rmdir()
            stages.take(worked.seconds, worked.peak_mb, _told(out, name))

        # only where services had enough to do for it is there another process
        names = [_BOOK, *_APART]
        work_off(Pieces(names=names, here=here, there=_there, shared=out, done=done), other)
        stages.put_last(_APART)
        with _stage(out, stages, "report"):
            finished[0]()
    with _stage(out, stages, "summary"):
        write_json(folder / "summary.json", outputs.summary_dict(results))


#: figures, then the report that shows them; and what needs neither, nor one another
_BOOK, _APART = "book", ("maps", "layers", "tables")


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Outputs:
    """What the outputs of a run are made of, and how each is written."""

    results: RunResults
    inputs: StudyInputs
    basemap: Basemap
    kept: KeptOutputs | None
    folder: Path

    @property
    def lang(self) -> str:
        return self.results.info.lang

    @property
    def _reused(self) -> Any:
        return None if self.kept is None else partial(self.kept.file, self.results)

    @property
    def _piece(self) -> Any:
        return None if self.kept is None else partial(self.kept.piece, self.results)

    def aside(self, name: str) -> Path:
        """Where the other process writes one kind: half a file of it is easily cleared away."""
        return self.folder / f".{name}"

    def write(self, name: str, folder: Path, stages: Stages) -> None:
        """One of `_APART` into `folder`."""
        with _stage(self, stages, name):
            getattr(self, f"_{name}")(folder)

    def figures(self) -> None:
        """Figures of all services."""
        folder = self.folder / "figures"
        outputs.write_figures(self.results, folder, lang=self.lang, reused=self._reused)

    def report_begun(self) -> AbstractContextManager[Callable[[], object]]:
        """The report, its PDF under way."""
        audience = self.results.info.audience
        return outputs.report_begun(self.results, self.folder, lang=self.lang, audience=audience)

    def _maps(self, folder: Path) -> None:
        outputs.write_maps(
            self.results,
            folder / "maps",
            lang=self.lang,
            audience=self.results.info.audience,
            basemap=self.basemap.name,
            tianditu_key=self.basemap.tianditu_key,
            reused=self._reused,
            piece=self._piece,
        )

    def _layers(self, folder: Path) -> None:
        outputs.write_layers(
            self.results,
            folder / "layers.gpkg",
            lang=self.lang,
            audience=self.results.info.audience,
            piece=self._piece,
        )

    def _tables(self, folder: Path) -> None:
        audience = self.results.info.audience
        outputs.write_tables(
            self.results, folder, lang=self.lang, audience=audience, reused=self._piece
        )
        if audience == "internal":
            from geoplan.inputs import write_findings  # loads openpyxl

            write_findings(
                folder / "findings.xlsx",
                list(self.inputs.loaded),
                further=self.inputs.findings,
                records=self.inputs.records,
                lang=self.lang,
            )


def _there(out: _Outputs, name: str) -> Stages:
    """One of `_APART` in the other process, set aside."""
    aside, stages = out.aside(name), Stages(total=0)
    aside.mkdir()
    out.write(name, aside, stages)
    return stages


def _told(out: _Outputs, name: str) -> str:
    return Speaker(out.lang).say(f"study.stage_{name}")


def _stage(
    out: _Outputs, stages: Stages, name: str, *, steps: int = 1
) -> AbstractContextManager[None]:
    return stages.stage(name, _told(out, name), steps=steps)


def _write_record(
    folder: Path, results: RunResults, stages: Stages, record: dict[str, str]
) -> None:
    """`run.json`: how the run was made, how long it took, and which files are its own."""
    facts = dict(results.run)
    facts["seconds"] = {**facts.get("seconds", {}), **stages.seconds}
    facts["peak_memory_mb"] = {**facts.get("peak_memory_mb", {}), **stages.peak_mb}
    facts["names"] = {
        key: {lang: service.name(lang) for lang in ("zh", "en")}
        for key, service in results.services.items()
    }
    facts["files"] = record
    write_json(folder / RUN_RECORD, facts)


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """A file of JSON, as every run writes it."""
    path.write_text(json_text(content) + "\n", encoding="utf-8")

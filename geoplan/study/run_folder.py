"""The folder of a run: all outputs written beside it, then put in its place at once."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from geoplan import outputs
from geoplan.results import RunResults
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
    reused = None if kept is None else partial(kept.file, results)
    piece: Any = None if kept is None else partial(kept.piece, results)
    lang, audience = results.info.lang, results.info.audience
    speaker = Speaker(lang)

    def stage(name: str, *, steps: int = 1) -> Any:
        return stages.stage(name, speaker.say(f"study.stage_{name}"), steps=steps)

    with stage("figures"):
        outputs.write_figures(results, folder / "figures", lang=lang, reused=reused)
    with ExitStack() as beside:
        with stage("report", steps=0):  # the PDF is made beside what follows
            finished = beside.enter_context(
                outputs.report_begun(results, folder, lang=lang, audience=audience)
            )
        with stage("maps"):
            outputs.write_maps(
                results,
                folder / "maps",
                lang=lang,
                audience=audience,
                basemap=basemap.name,
                tianditu_key=basemap.tianditu_key,
                reused=reused,
                piece=piece,
            )
        with stage("layers"):
            outputs.write_layers(results, folder / "layers.gpkg", lang=lang, audience=audience)
        with stage("tables"):
            outputs.write_tables(results, folder, lang=lang, audience=audience, reused=piece)
            if audience == "internal":
                path = folder / "findings.xlsx"
                from geoplan.inputs import write_findings  # loads openpyxl

                write_findings(
                    path,
                    list(inputs.loaded),
                    further=inputs.findings,
                    records=inputs.records,
                    lang=lang,
                )
        with stage("report"):
            finished()
    with stage("summary"):
        write_json(folder / "summary.json", outputs.summary_dict(results))


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

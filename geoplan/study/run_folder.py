"""The folder of a run: all outputs written beside it, then put in its place at once."""

from __future__ import annotations

import json
import shutil
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from errno import EACCES, ENOTDIR
from os import W_OK, access, strerror
from pathlib import Path
from typing import Any

from geoplan import outputs
from geoplan.errors import UsageError
from geoplan.inputs import write_findings
from geoplan.results import RunResults
from geoplan.study.progress import Progress, Stages
from geoplan.study.read.load import StudyInputs
from geoplan.words.speaker import Speaker

#: what a run's folder holds; a folder with other things in it is not written over
RUN_MARK = "run.json"


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
) -> Path:
    """The folder `target` with every output of a run, or nothing; see `Plan.save`.

    Parameters
    ----------
    target : where the run goes; an earlier run there gives way.
    results : as their audience may see them.
    inputs : for `findings.xlsx` of an internal run.
    """
    usable_folder(target, Speaker(results.info.lang))
    beside = target.parent / f".{target.name}.{uuid.uuid4().hex[:8]}.partial"
    beside.mkdir()
    try:
        _write_outputs(beside, results, inputs, basemap=basemap, progress=progress)
        _take_place(beside, target)
    except BaseException:
        shutil.rmtree(beside, ignore_errors=True)
        raise
    return target


def usable_folder(target: Path, speaker: Speaker) -> None:
    """Make the folder that `target` is to stand in; refuse what can hold no run.

    Raises
    ------
    UsageError
        A file stands there, it holds what is no run, or the folder above may not be written.
    """
    why = ""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.exists() and not target.is_dir():
            why = strerror(ENOTDIR)
        elif not access(target.parent, W_OK):
            why = strerror(EACCES)
    except OSError as error:
        why = error.strerror or str(error)
    if why:
        raise UsageError(speaker.say("study.not_a_folder", folder=target, why=why))
    if target.exists() and any(target.iterdir()) and not (target / RUN_MARK).exists():
        raise UsageError(speaker.say("study.folder_used", folder=target))


def _write_outputs(
    folder: Path,
    results: RunResults,
    inputs: StudyInputs,
    *,
    basemap: Basemap,
    progress: Progress,
) -> None:
    lang, audience = results.info.lang, results.info.audience
    speaker, stages = Speaker(lang), Stages(total=6, progress=progress)

    def stage(name: str) -> Any:
        return stages.stage(name, speaker.say(f"study.stage_{name}"))

    with stage("figures"):
        outputs.write_figures(results, folder / "figures", lang=lang)
    with stage("maps"):
        outputs.write_maps(
            results,
            folder / "maps",
            lang=lang,
            audience=audience,
            basemap=basemap.name,
            tianditu_key=basemap.tianditu_key,
        )
    with stage("layers"):
        outputs.write_layers(results, folder / "layers.gpkg", lang=lang, audience=audience)
    with stage("tables"):
        outputs.write_tables(results, folder, lang=lang, audience=audience)
        if audience == "internal":
            path = folder / "findings.xlsx"
            write_findings(
                path,
                list(inputs.loaded),
                further=inputs.findings,
                records=inputs.records,
                lang=lang,
            )
    with stage("report"):
        outputs.write_report(results, folder, lang=lang, audience=audience)
    with stage("summary"):
        _write_json(folder / "summary.json", outputs.summary_dict(results))
    facts = dict(results.run)
    facts["seconds"] = {**facts.get("seconds", {}), **stages.seconds}
    facts["peak_memory_mb"] = {**facts.get("peak_memory_mb", {}), **stages.peak_mb}
    facts["names"] = {
        key: {lang: service.name(lang) for lang in ("zh", "en")}
        for key, service in results.services.items()
    }
    _write_json(folder / RUN_MARK, facts)


def _write_json(path: Path, content: Mapping[str, Any]) -> None:
    text = json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8")


def _take_place(beside: Path, target: Path) -> None:
    """Put `beside` where `target` is; the old run goes only after the new one stands."""
    if not target.exists():
        beside.replace(target)
        return
    old = target.parent / f".{target.name}.{uuid.uuid4().hex[:8]}.old"
    target.replace(old)
    try:
        beside.replace(target)
    except OSError:
        old.replace(target)
        raise
    shutil.rmtree(old, ignore_errors=True)

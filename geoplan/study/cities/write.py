"""The folder of several cities: an overview, a report, the numbers, and a folder per city."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from geoplan.results.cities import CitiesResults
from geoplan.study.cities.check import of_city
from geoplan.study.plan import Plan
from geoplan.study.progress import Progress, Stages
from geoplan.study.read.load import StudyInputs
from geoplan.study.run_folder import Basemap, write_json, write_run_files
from geoplan.writing import claimed, told_plainly
from geoplan.writing.own_files import RUN_RECORD, record_of
from geoplan.writing.plain_faults import size_mb


@contextmanager
def whole_folder(target: Path) -> Iterator[Path]:
    """A folder to write all cities into, which takes the place of `target` in the end, at once."""
    with claimed(target) as claim, told_plainly(target), claim.beside() as beside:

        def needed_mb() -> float:
            return max(size_mb(target), 2 * size_mb(beside))

        with told_plainly(target, needed_mb=needed_mb):
            yield beside


def write_plans(
    whole: CitiesResults,
    plans: Mapping[str, Plan],
    inputs: StudyInputs,
    target: Path,
    *,
    basemap: Basemap,
    progress: Progress,
) -> Path:
    """The folder `target` with the plans of all cities; see `Plan.save`."""
    with whole_folder(target) as beside:
        for k, (name, plan) in enumerate(plans.items()):
            told = of_city(progress, name, k, len(plans) + 1)
            write_city(plan, beside / name, basemap=basemap, progress=told)
        write_whole(whole, inputs, beside, progress=progress)
    return target


def write_city(plan: Plan, folder: Path, *, basemap: Basemap, progress: Progress) -> None:
    """The folder of one city, as a run of its own writes it."""
    kept = plan.kept if basemap.name is None and not plan.interrupted else None
    folder.mkdir(parents=True)
    write_run_files(
        folder,
        plan._edition(),
        plan.inputs,
        basemap=basemap,
        stages=Stages(total=6, progress=progress),
        kept=kept,
    )


def recorded_again(folder: Path) -> None:
    """A city's record, after a file was added to its folder."""
    facts = json.loads((folder / RUN_RECORD).read_text(encoding="utf-8"))
    write_json(folder / RUN_RECORD, {**facts, "files": record_of(folder)})


def write_whole(
    whole: CitiesResults, inputs: StudyInputs, folder: Path, *, progress: Progress
) -> None:
    """What stands beside the cities' folders, which are written already."""
    count, lang = len(whole.cities), whole.info.lang
    progress(100 * count, 100 * (count + 1), whole.info.name)
    from geoplan.outputs.cities.write import write_cities  # loads matplotlib

    write_cities(whole, folder)
    write_json(folder / "summary.json", whole.summary)
    if whole.info.audience == "internal":
        from geoplan.inputs import write_findings  # loads openpyxl

        write_findings(
            folder / "findings.xlsx",
            list(inputs.loaded),
            further=inputs.findings,
            records=inputs.records,
            lang=lang,
        )
    facts = dict(whole.run)
    facts["names"] = {
        key: {lang: standard.name(lang) for lang in ("zh", "en")}
        for key, standard in whole.standards.items()
    }
    facts["files"] = record_of(folder)
    write_json(folder / RUN_RECORD, facts)
    progress(100 * (count + 1), 100 * (count + 1), whole.info.name)

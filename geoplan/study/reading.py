"""Every input of a study read and doubted, nothing assessed: what `geoplan check` does."""

from __future__ import annotations

from dataclasses import replace

from geoplan.study.cache.stages import StageCache
from geoplan.study.progress import Progress
from geoplan.study.read.load import StudyInputs, load_inputs
from geoplan.study.read.networks import modes_of, try_networks
from geoplan.study.read.report_template import unusable_template
from geoplan.study.settings import StudySettings


def read_inputs(
    study: StudySettings, *, services: list[str] | None, progress: Progress
) -> StudyInputs:
    """All inputs of a study of one city, its networks among the records; see `Study.check`.

    Parameters
    ----------
    study : the settings.
    services : keys; None reads everything, also what no service uses.
    progress : called with (done, total, text).
    """
    config = study.config
    count = len(config.areas) + len(config.demand) + len(config.services) + len(config.network)
    done = 0

    def report(text: str) -> None:
        nonlocal done
        progress(min(done, count - 1), count, config.speaker.say("study.read", what=text))
        done += 1

    kept = StageCache.of(config, study.folder, enabled=True)
    modes = modes_of(config, list(config.services))  # as a run has them, if that is all
    modes = modes if set(modes) == set(config.modes) else list(config.modes)
    networks = kept.networks(modes, lambda: try_networks(config, study.folder, modes=modes))
    for one in networks.networks.values():
        report(f"{one.record.path}: {one.record.rows}")

    def read() -> StudyInputs:
        streets = networks.streets
        return load_inputs(config, study.folder, services=services, streets=streets, report=report)

    inputs = kept.inputs(services, read)
    return replace(
        inputs,
        records=(*inputs.records, *networks.records),
        findings=(
            *study.findings,
            *inputs.findings,
            *networks.findings(study.file.name, config.speaker),
            *unusable_template(config, study.folder),
        ),
    )

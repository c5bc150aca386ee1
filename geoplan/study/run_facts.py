"""How a run was made: versions, settings, hashes of the inputs, seconds and memory by stage."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from geoplan.inputs.files.shown_names import without_machine
from geoplan.inputs.findings.finding import InputRecord
from geoplan.study.cluster.link import Cluster
from geoplan.study.progress import Stages
from geoplan.study.settings import StudySettings

#: libraries whose version can change a number
LIBRARIES = ("geopandas", "shapely", "pyproj", "numpy", "scipy", "numba", "highspy", "osmium")


def _hashes(records: tuple[InputRecord, ...]) -> dict[str, str]:
    """SHA-256 by path, of the files that belong to another one as well."""
    found: dict[str, str] = {}
    for record in records:
        found[record.path] = record.sha256
        folder = Path(record.path).parent
        found |= {(folder / name).as_posix(): digest for name, digest in record.parts.items()}
    return found


def run_facts(
    study: StudySettings, records: tuple[Any, ...], stages: Stages, cluster: Cluster | None
) -> Mapping[str, Any]:
    """What `run.json` says of a run whose outputs are not written yet."""
    worked = {} if cluster is None else {"cluster": cluster.facts()}
    return {
        **worked,
        "geoplan": version("geoplan"),
        "python": platform.python_version(),
        "platform": platform.platform(),
        "libraries": {name: version(name) for name in LIBRARIES},
        "study": study.file.name,
        "seed": study.config.study.seed,
        "settings": without_machine(study.config.model_dump(mode="json", exclude_none=True)),
        "inputs": without_machine(_hashes(records)),
        "seconds": dict(stages.seconds),
        "peak_memory_mb": dict(stages.peak_mb),
    }

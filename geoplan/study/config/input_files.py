"""Files that a study reads: results must not take their place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from geoplan.inputs.files.database import is_database_url
from geoplan.study.config.schema import StudyFile

#: keys of a study file that name files or folders
_KEYS = frozenset(
    {"actions", "barriers", "candidates", "elevation", "forbidden", "lines", "links", "stops"}
    | {"path", "required", "template"}
)


def input_files(config: StudyFile, folder: Path) -> list[Path]:
    """Every file or folder that a study's settings name and that is there.

    Parameters
    ----------
    config : the settings.
    folder : where relative paths start.

    Examples
    --------
    >>> from geoplan.study import example_study
    >>> study = example_study()
    >>> [path.name for path in input_files(study.config, study.folder)]
    ['districts.gpkg', 'streets.gpkg', 'people.csv', 'meals.csv']
    """
    found = []
    for name in _named(config.model_dump(mode="json", exclude_none=True)):
        path = folder / name
        try:
            if path.exists():
                found.append(path)
        except (OSError, ValueError):
            continue
    return found


def _named(settings: Mapping[str, Any]) -> Iterator[str]:
    for key, value in settings.items():
        if isinstance(value, Mapping):
            yield from _named(value)
        elif isinstance(value, list) and any(isinstance(one, Mapping) for one in value):
            for one in value:
                yield from _named(one) if isinstance(one, Mapping) else ()
        elif key in _KEYS:
            for one in value if isinstance(value, list) else [value]:
                if isinstance(one, str) and one and not is_database_url(one):
                    yield one

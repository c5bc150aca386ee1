"""Files that a study reads: results must not take their place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from geoplan.inputs.files.database import is_database_url
from geoplan.study.config.schema import StudyFile
from geoplan.study.config.toml_lines import Location

#: keys of a study file that name files or folders
FILE_KEYS = frozenset(
    {"actions", "barriers", "candidates", "elevation", "forbidden", "lines", "links", "stops"}
    | {"path", "required", "template"}
)
#: sections whose keys are other people's words
_NO_FILES = frozenset({"columns", "standard"})
#: tables whose keys are names that a study gives: a service may be called ``standard``
_NAMED = frozenset({"areas", "background", "demand", "network", "services"})


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
    settings = config.model_dump(mode="json", exclude_none=True)
    for _, value in named_files(settings):
        for name in value if isinstance(value, list) else [value]:
            if not isinstance(name, str) or not name or is_database_url(name):
                continue
            try:
                if (folder / name).exists():
                    found.append(folder / name)
            except (OSError, ValueError):
                continue
    return found


#: endings of files that offices drop into a study's folder to be read
_DATA = frozenset(
    {".csv", ".xls", ".xlsx", ".ods", ".gpkg", ".shp", ".geojson", ".kml", ".kmz", ".pbf", ".osm"}
    | {".graphml", ".parquet", ".tif", ".zip"}
)

_TEMPLATE_BYTES = 2_000


def unread_files(config: StudyFile, folder: Path) -> list[str]:
    """Names of data files in the study's folder that its settings name nowhere.

    Hidden files, those that a program holds open beside the real one (``~$``), geoplan's own
    findings and tables without data are not meant to be read.

    Parameters
    ----------
    config : the settings.
    folder : the study's.

    Examples
    --------
    >>> from geoplan.study import example_study
    >>> study = example_study()
    >>> _ = (study.folder / "new sites.xlsx").write_bytes(b"")
    >>> unread_files(study.config, study.folder)
    ['new sites.xlsx']
    """
    read = {path.resolve() for path in input_files(config, folder)}
    return sorted(
        path.name
        for path in folder.iterdir()
        if path.suffix.lower() in _DATA
        and not path.name.startswith((".", "~$", "findings"))
        and path.is_file()
        and path.resolve() not in read
        and not _is_template(path)
    )


def _is_template(path: Path) -> bool:
    """Whether a table has headings and one row at most, as `geoplan new` writes them."""
    if path.suffix.lower() != ".csv" or path.stat().st_size > _TEMPLATE_BYTES:
        return False
    return path.read_bytes().count(b"\n") <= 2


def named_files(settings: Mapping[str, Any], at: Location = ()) -> Iterator[tuple[Location, Any]]:
    """Where settings name a file or several, and what they say there, of whatever type.

    Headings of a table (``columns``) and a service's standard name none.

    Examples
    --------
    >>> list(named_files({"areas": {"district": {"path": "a.gpkg", "columns": {"path": "x"}}}}))
    [(('areas', 'district', 'path'), 'a.gpkg')]
    """
    for key, value in settings.items():
        here = (*at, str(key))
        if key in _NO_FILES and not (len(at) == 1 and at[0] in _NAMED):
            continue
        if isinstance(value, Mapping):
            yield from named_files(value, here)
        elif isinstance(value, list) and any(isinstance(one, Mapping) for one in value):
            for k, one in enumerate(value):
                if isinstance(one, Mapping):
                    yield from named_files(one, (*here, str(k)))
        elif key in FILE_KEYS and at:
            yield here, value

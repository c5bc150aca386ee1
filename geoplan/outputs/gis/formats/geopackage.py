"""`layers.gpkg`: every layer in one file, with its style and its columns' names for readers."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyogrio

from geoplan.disclosure.public_edition import refuse_internal
from geoplan.errors import UsageError
from geoplan.outputs.gis.described import (
    FIXED_TIME,
    DescribedLayer,
    describe,
    described_layers,
)
from geoplan.outputs.gis.formats.storable import geometry_kind, storable
from geoplan.outputs.gis.project import project_path, write_project
from geoplan.results import RunResults
from geoplan.words.speaker import Speaker
from geoplan.writing import OwnFiles

logger = logging.getLogger(__name__)


def write_layers(
    results: RunResults,
    path: str | Path,
    *,
    lang: str | None = None,
    audience: str | None = None,
) -> Path:
    """Write every layer with its style into one GeoPackage, and a QGIS project beside it.

    Parameters
    ----------
    results : a run's results; for the public, their public edition.
    path : the file, usually ``layers.gpkg`` in a run's folder; the project beside it ends in
        ``.qgz``. Files of geoplan's own are replaced.
    lang : language of labels and causes; None = the study's.
    audience : ``"internal"`` or ``"public"``; None = that of the results.

    Returns
    -------
    Path
        The file written, in the study's CRS; the same results give the same bytes.

    Raises
    ------
    UsageError
        A public file is asked for from results that are not a public edition, or the file that
        stands there is not as geoplan wrote it.

    Examples
    --------
    >>> import pyogrio
    >>> from geoplan.study import example_study
    >>> study = example_study()
    >>> path = write_layers(study.run().results, study.folder / "layers.gpkg")
    >>> gaps = pyogrio.read_dataframe(path, layer="meal_station_gaps")
    >>> gaps["people"].tolist(), gaps.crs.to_string()
    ([80.0, 30.0, 20.0, 10.0], 'EPSG:4548')
    """
    speaker = Speaker(lang or results.info.lang)
    refuse_internal(results, audience)
    target = Path(path)
    OwnFiles(target.parent).refuse_foreign([target, project_path(target)])
    target.parent.mkdir(parents=True, exist_ok=True)
    target.unlink(missing_ok=True)
    layers = described_layers(results, speaker)
    if not layers:
        raise UsageError(speaker.say("outputs.nothing_to_write"))
    with _gdal_options():
        for layer in layers:
            _write_layer(layer, target)
    describe(target, layers)
    _flush(target)
    write_project(results, layers, target, speaker)
    logger.info("%d layers in %s", len(layers), target.name)
    return target


def _write_layer(layer: DescribedLayer, target: Path) -> None:
    frame = storable(layer.frame)
    pyogrio.write_dataframe(
        frame,
        target,
        layer=layer.name,
        driver="GPKG",
        geometry_type=geometry_kind(frame.geometry),
        promote_to_multi=False,
        append=target.exists(),
        use_arrow=True,
        dataset_options={"VERSION": "1.3"},
        layer_options={
            "GEOMETRY_NAME": "geom",
            "FID": "fid",
            "IDENTIFIER": layer.title,
            "DESCRIPTION": layer.title,
        },
    )


@contextmanager
def _gdal_options() -> Iterator[None]:
    """GDAL writes a fixed date instead of now, and leaves flushing to `_flush`.

    The same results give the same file. SQLite would flush several times a layer:
    most of the time that writing took.
    """
    options = {"OGR_CURRENT_DATE": FIXED_TIME, "OGR_SQLITE_SYNCHRONOUS": "OFF"}
    before = {name: pyogrio.get_gdal_config_option(name) for name in options}
    pyogrio.set_gdal_config_options(options)
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options(before)


def _flush(path: Path) -> None:
    """Flush the whole file to the disk, once."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())

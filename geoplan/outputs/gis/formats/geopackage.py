"""`layers.gpkg`: every layer in one file, with its style and its columns' names for readers."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path

import pyarrow as pa
import pyogrio

from geoplan.disclosure.public_edition import refuse_internal
from geoplan.errors import UsageError
from geoplan.outputs.gis.described import (
    FIXED_TIME,
    DescribedLayer,
    describe,
    described_layers,
)
from geoplan.outputs.gis.formats.storable import arrow_table, gdal_crs, geometry_kind
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
    piece: Callable[..., dict[str, pa.Table]] | None = None,
) -> Path:
    """Write every layer with its style into one GeoPackage, and a QGIS project beside it.

    Parameters
    ----------
    results : a run's results; for the public, their public edition.
    path : the file, usually ``layers.gpkg`` in a run's folder; the project beside it ends in
        ``.qgz``. Files of geoplan's own are replaced.
    lang : language of labels and causes; None = the study's.
    audience : ``"internal"`` or ``"public"``; None = that of the results.
    piece : called with a service's key, a name, what makes its layers' rows, and whether they show
        its plan in time (``timed``): gives equal ones that an earlier run has left, or calls that.

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
        for layer, rows in _rows_of(layers, piece):
            _write_layer(layer, rows, target)
    describe(target, layers)
    _flush(target)
    write_project(results, layers, target, speaker)
    logger.info("%d layers in %s", len(layers), target.name)
    return target


def _rows_of(
    layers: list[DescribedLayer], piece: Callable[..., dict[str, pa.Table]] | None
) -> Iterator[tuple[DescribedLayer, pa.Table]]:
    """Every layer with its rows; those of one service are made, or taken, together."""

    def owner(layer: DescribedLayer) -> tuple[str, bool]:
        return layer.layer.service, layer.layer.kind == "programme"

    for (service, timed), some in groupby(layers, owner):
        own = list(some)

        def made(own: list[DescribedLayer] = own) -> dict[str, pa.Table]:
            return {layer.name: arrow_table(layer.frame) for layer in own}

        if piece is None or not service:
            rows = made()
        else:
            name = "layer of the plan in time" if timed else "layers"
            rows = piece(service, name, made, timed=timed)
        for layer in own:
            yield layer, rows[layer.name]


def _write_layer(layer: DescribedLayer, rows: pa.Table, target: Path) -> None:
    pyogrio.write_arrow(
        rows,
        target,
        layer=layer.name,
        driver="GPKG",
        geometry_name="geometry",
        geometry_type=geometry_kind(layer.frame.geometry),
        crs=gdal_crs(layer.frame.crs),
        append=target.exists(),
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

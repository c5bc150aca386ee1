"""`layers.gpkg`: every layer in one file, with its style in the table that QGIS reads.

The table ``layer_styles`` is QGIS's own convention for styles in a GeoPackage.
"""

from __future__ import annotations

import logging
import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely

from geoplan.disclosure.public_edition import refuse_internal
from geoplan.errors import UsageError
from geoplan.outputs.gis.layers import aliases, layer_list, layer_title
from geoplan.outputs.gis.qml import with_aliases
from geoplan.results import RunResults
from geoplan.words.speaker import Speaker
from geoplan.words.text_format import clean, is_missing
from geoplan.writing import OwnFiles

logger = logging.getLogger(__name__)

#: a fixed moment, so that the same results give the same file
FIXED_TIME = "2000-01-01T00:00:00.000Z"


def write_layers(
    results: RunResults,
    path: str | Path,
    *,
    lang: str | None = None,
    audience: str | None = None,
) -> Path:
    """Write every layer with its style into one GeoPackage.

    Parameters
    ----------
    results : a run's results; for the public, their public edition.
    path : the file, usually ``layers.gpkg`` in a run's folder. One of geoplan's own is replaced.
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
    OwnFiles(target.parent).refuse_foreign([target])
    target.parent.mkdir(parents=True, exist_ok=True)
    target.unlink(missing_ok=True)
    layers = layer_list(results, speaker)
    if not layers:
        raise UsageError("this run has no layers to write.")
    with _gdal_options():
        for layer in layers:
            frame = storable(layer.frame)
            pyogrio.write_dataframe(
                frame,
                target,
                layer=layer.name,
                driver="GPKG",
                geometry_type=geometry_kind(frame.geometry),
                promote_to_multi=False,
                append=target.exists(),
                dataset_options={"VERSION": "1.3"},
                layer_options={
                    "GEOMETRY_NAME": "geom",
                    "FID": "fid",
                    "DESCRIPTION": clean(layer_title(results, layer, speaker)),
                },
            )
    write_styles(
        target,
        {
            layer.name: with_aliases(layer.style, aliases(results, layer, speaker))
            for layer in layers
        },
        others=[(layer.name, name, qml) for layer in layers for name, qml in layer.styles],
    )
    _flush(target)
    logger.info("%d layers in %s", len(layers), target.name)
    return target


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


def storable(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """A copy with columns that GIS formats hold: numbers, truth values and clean text."""
    stored: dict[str, pd.Series] = {}
    for name in frame.columns:
        if name == frame.geometry.name:
            continue
        stored[str(name)] = _storable_column(frame[name]).reset_index(drop=True)
    geometry = shapely.force_2d(frame.geometry.to_numpy())
    shapes = gpd.GeoSeries(_one_family(geometry), crs=frame.crs, name="geometry")
    return gpd.GeoDataFrame(stored, geometry=shapes, crs=frame.crs)


def _storable_column(column: pd.Series) -> pd.Series:
    kind = column.dtype
    if isinstance(kind, pd.BooleanDtype) or kind is np.dtype(bool):
        return column.astype("boolean").astype("Int8")
    if pd.api.types.is_integer_dtype(kind) or pd.api.types.is_float_dtype(kind):
        return column
    values = column.to_list()
    present = [v for v in values if not is_missing(v)]
    if present and all(isinstance(v, bool | np.bool_) for v in present):
        storable = [pd.NA if is_missing(v) else int(v) for v in values]
        return pd.Series(pd.array(storable, dtype="Int8"), index=column.index)
    if present and all(isinstance(v, int | float | np.number) for v in present):
        numbers = [np.nan if is_missing(v) else float(v) for v in values]
        return pd.Series(numbers, index=column.index, dtype=float)
    storable = [None if is_missing(v) else clean(v) for v in values]
    return pd.Series(storable, index=column.index, dtype=object)


_FAMILY = {0: 0, 1: 1, 2: 1, 3: 2, 4: 0, 5: 1, 6: 2}
_SINGLE = {0: "Point", 1: "LineString", 2: "Polygon"}


def _families(shapes: np.ndarray) -> set[int]:
    return {int(k) for k in np.unique(shapely.get_type_id(shapes)) if k >= 0}


def _one_family(shapes: np.ndarray) -> np.ndarray:
    """Single and several-part shapes of one kind become several-part ones."""
    types = _families(shapes)
    if len(types) < 2 or len({_FAMILY.get(k) for k in types}) > 1:
        return shapes
    makers = {0: shapely.multipoints, 1: shapely.multilinestrings, 2: shapely.multipolygons}
    make = makers[_FAMILY[next(iter(types))]]
    return np.array(
        [s if s is None or s.geom_type.startswith("Multi") else make([s]) for s in shapes],
        dtype=object,
    )


def geometry_kind(shapes: gpd.GeoSeries) -> str:
    """The geometry type that a layer is declared with."""
    types = _families(shapes.to_numpy())
    families = {_FAMILY.get(k) for k in types}
    if len(families) != 1 or None in families:
        return "Point" if not types else "Unknown"
    single = _SINGLE[next(iter(families))]  # type: ignore[index]
    return f"Multi{single}" if max(types) >= 4 else single


_TABLE = """
CREATE TABLE layer_styles (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  f_table_catalog TEXT(256), f_table_schema TEXT(256), f_table_name TEXT(256),
  f_geometry_column TEXT(256), styleName TEXT(30), styleQML TEXT, styleSLD TEXT,
  useAsDefault BOOLEAN, description TEXT, owner TEXT(30), ui TEXT(30),
  update_time DATETIME DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')))
"""


def write_styles(
    path: str | Path,
    styles: dict[str, str],
    *,
    others: Sequence[tuple[str, str, str]] = (),
    geometry: str = "geom",
) -> None:
    """Put `styles` (QML by layer name) into the GeoPackage at `path` as the default styles.

    others : layer, name of the style and QML of styles to choose from beside the default.
    """
    rows = [(layer, geometry, layer[:30], qml, 1, FIXED_TIME) for layer, qml in styles.items()]
    rows += [(layer, geometry, name[:30], qml, 0, FIXED_TIME) for layer, name, qml in others]
    connection = sqlite3.connect(path)
    try:
        connection.execute("PRAGMA synchronous = OFF")
        with connection:
            connection.execute("DROP TABLE IF EXISTS layer_styles")
            connection.execute(_TABLE)
            connection.execute(
                "INSERT OR REPLACE INTO gpkg_contents "
                "(table_name, data_type, identifier, description, last_change) "
                "VALUES ('layer_styles', 'attributes', 'layer_styles', '', ?)",
                (FIXED_TIME,),
            )
            connection.executemany(
                "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, "
                "f_geometry_column, styleName, styleQML, styleSLD, useAsDefault, description, "
                "owner, ui, update_time) VALUES ('', '', ?, ?, ?, ?, '', ?, '', '', NULL, ?)",
                rows,
            )
    finally:
        connection.close()

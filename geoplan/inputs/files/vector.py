"""Vector layers of any usual format: geometry, attributes as text, and a CRS."""

from __future__ import annotations

import glob
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
from pyogrio.errors import DataLayerError, DataSourceError, FieldError
from shapely.errors import ShapelyError

from geoplan.errors import FileError, MissingExtraError
from geoplan.inputs.files.database import mask_password, sqlalchemy_url
from geoplan.inputs.files.driver_warnings import driver_warnings
from geoplan.inputs.files.gate.geopackage import refuse_endless
from geoplan.inputs.files.gate.json_features import boolean_cells, lost_features
from geoplan.inputs.files.gate.reading import reading
from geoplan.inputs.files.gate.vector_file import opened_vector
from geoplan.inputs.files.source import LayerSource
from geoplan.inputs.files.table import RawTable, float_text
from geoplan.inputs.files.unused_keys import other_crs
from geoplan.words.message import Message

#: `DataFrame.attrs`: what a finding says of features that were lost, and the numbers of all
FEATURES_LOST, _LOST = "features_lost", "features_lost_numbers"
#: kinds of JSON whose features are counted apart from the driver
COUNTED = ("GeoJSON", "GeoJSONSeq")
#: features that a finding names by their numbers
_NAMED = 10
_DRIVER_ERRORS = (DataSourceError, DataLayerError, FieldError, ValueError, UnicodeDecodeError)


def read_layer(
    source: LayerSource, read: Callable[[LayerSource], pd.DataFrame]
) -> tuple[RawTable, gpd.GeoSeries | None]:
    """Attributes of one layer (row = number of the feature, from 1) and their geometry.

    Raises
    ------
    FileError
        The file is no such file, is broken, lacks a part, or holds several layers and none is
        named.
    """
    with driver_warnings(str(source.path)) as warned:
        frame = read(source)
    table, geometry = as_table(frame, source)
    findings: list[tuple[str, dict[str, Any]]] = [("driver_says", {"text": one}) for one in warned]
    if FEATURES_LOST in frame.attrs:
        values, lost = frame.attrs[FEATURES_LOST], frame.attrs[_LOST]
        findings.append(("features_lost", values))
        if len(lost) == values["count"]:  # rows are numbered as they stand in the file
            every = np.arange(1, values["total"] + 1)
            table = replace(table, rows=np.delete(every, np.array(lost) - 1))
    return replace(table, file_findings=(*findings, *table.file_findings)), geometry


def lost_values(total: int, read: int, lost: Sequence[int]) -> dict[str, Any]:
    """What the finding about features that were passed over says."""
    more = " …" if len(lost) > _NAMED else ""
    numbers = ", ".join(map(str, lost[:_NAMED])) + more
    return {"count": total - read, "total": total, "numbers": numbers or "-"}


def as_table(frame: pd.DataFrame, source: LayerSource) -> tuple[RawTable, gpd.GeoSeries | None]:
    """Attributes of a layer as text, and its geometry, in the source's CRS where it has none.

    A table without geometry, as databases hold them, may still say its places in columns.
    """
    geometry: gpd.GeoSeries | None = None
    told: tuple[tuple[str, dict[str, str]], ...] = ()
    if isinstance(frame, gpd.GeoDataFrame):
        geometry = frame.geometry.reset_index(drop=True)
        if contradicted := other_crs(source.crs, geometry.crs):
            told = (("crs_unused", contradicted),)
        if geometry.crs is None and source.crs is not None:
            geometry = geometry.set_crs(source.crs)
        frame = frame.drop(columns=frame.geometry.name)
    attributes = pd.DataFrame(frame).reset_index(drop=True)
    attributes.columns = pd.Index([str(c) for c in attributes.columns])
    text = attributes.apply(_as_text) if attributes.shape[1] else attributes
    numbers = [h for h in attributes if pd.api.types.is_numeric_dtype(attributes[h])]
    table = RawTable(
        frame=text,
        rows=np.arange(1, len(text) + 1),
        native={h: np.ones(len(text), bool) for h in numbers},
        sheet=source.layer or "",
        file_findings=told,
    )
    return table, geometry


def _as_text(column: pd.Series) -> pd.Series:
    if pd.api.types.is_float_dtype(column):
        values = column.to_numpy(float).tolist()
        text = [float_text(v) if math.isfinite(v) else "" for v in values]
        return pd.Series(text, index=column.index, dtype=object)
    cells = column.astype(object).where(column.notna(), "")
    if len(cells) and cells.map(type).isin([bytes, memoryview]).any():  # binary geometry
        cells = cells.map(lambda c: bytes(c).hex() if isinstance(c, bytes | memoryview) else c)
    return cells.astype(str).str.strip()


def read_by_driver(source: LayerSource) -> pd.DataFrame:
    """A layer by the driver that the file's ending names."""
    return _read_driver(str(Path(source.path)), source)


def _read_driver(target: str, source: LayerSource) -> pd.DataFrame:
    options: dict[str, str] = {}
    encoding = source.encoding
    if encoding is None and target.lower().endswith(".shp"):
        encoding = _shapefile_encoding(Path(target))
    if encoding is not None:
        options["encoding"] = encoding
    try:
        with opened_vector(Path(target)) as opened:
            layer = _layer(opened, source)
            if layer is not None and target.lower().endswith(".gpkg"):
                refuse_endless(Path(target), layer)
            frame = _frame(opened, layer, options)
    except FileError:
        raise
    except _DRIVER_ERRORS as error:
        raise _driver_error(Path(source.path), error, source.label) from error
    _count_features(Path(target), opened, frame)
    frame = _with_booleans(Path(target), opened, frame)
    if not isinstance(frame, gpd.GeoDataFrame):
        return frame
    if target.lower().endswith(".shp") and frame.geometry.isna().all() and len(frame):
        raise FileError.of("file_faults.no_row_has_geometry")
    return frame


def _frame(opened: str, layer: str | None, options: dict[str, str]) -> pd.DataFrame:
    """A layer; a geometry that cannot be built (a ring that is not closed) is missing."""
    try:
        return pyogrio.read_dataframe(opened, layer=layer, **options)
    except ShapelyError:
        return pyogrio.read_dataframe(opened, layer=layer, on_invalid="ignore", **options)


def _count_features(path: Path, opened: str, frame: pd.DataFrame) -> None:
    """Note in ``frame.attrs`` how many features of a GeoJSON file the driver passed over."""
    kind = opened.partition(":")[0]
    if kind in COUNTED:
        total, lost = lost_features(path, kind, len(frame))
        if total > len(frame):
            frame.attrs[FEATURES_LOST] = lost_values(total, len(frame), lost)
            frame.attrs[_LOST] = lost


def _with_booleans(path: Path, opened: str, frame: pd.DataFrame) -> pd.DataFrame:
    """The layer with ``true`` and ``false`` as words where they stand among numbers."""
    kind = opened.partition(":")[0]
    if kind not in COUNTED:
        return frame
    changed = frame.copy(deep=False)
    for name, cells in boolean_cells(path, kind, len(frame)).items():
        if name in frame.columns and frame[name].dtype.kind in "iuf":
            column = frame[name].astype(object)
            column.iloc[list(cells)] = list(cells.values())
            changed[name] = column
    return changed


def vector_layers(path: Path) -> dict[str, str | None]:
    """The layers of a file that GDAL reads, with their kind of geometry (None = a plain table).

    Raises
    ------
    FileError
    """
    with reading(), opened_vector(path) as opened:
        return {str(name): kind for name, kind in pyogrio.list_layers(opened)}


def _layer(target: str, source: LayerSource) -> str | None:
    """The layer to read; several without a name are an error that lists them."""
    if source.layer is None and target.startswith(tuple(f"{kind}:" for kind in COUNTED)):
        return None  # there is one: to list it would read the file twice
    return one_layer({str(n): kind for n, kind in pyogrio.list_layers(target)}, source.layer)


def one_layer(layers: Mapping[str, str | None], wanted: str | None, *, kind: str = "") -> str:
    """The layer to read: the one `wanted`, or the only one of its kind.

    Parameters
    ----------
    layers : kind of geometry by name, None for a plain table.
    wanted : a layer's name; None where the study names none.
    kind : of geometry, where other layers do not count beside such ones.

    Raises
    ------
    FileError
        No such layer, none at all, or several and none named.

    Examples
    --------
    >>> one_layer({"homes": "Point", "roads": "MultiLineString"}, None, kind="LineString")
    'roads'
    >>> one_layer({"homes": "Point", "notes": None}, None)
    'homes'
    """
    if wanted is not None:
        if wanted not in layers:
            names = ", ".join(layers)
            raise FileError.of("file_faults.no_layer_named", layer=wanted, layers=names)
        return wanted
    if not layers:
        raise FileError.of("file_faults.no_layer")
    spatial = [name for name, shape in layers.items() if shape is not None]
    among = [name for name in spatial if kind in str(layers[name])] or spatial
    if len(among) > 1:
        raise FileError.of("file_faults.several_layers", layers=", ".join(among))
    return among[0] if among else next(iter(layers))


def _driver_error(path: Path, error: Exception, label: str) -> FileError:
    """The error of a driver, with what to do about it."""
    if not path.exists():
        return FileError.of("file_faults.not_there")
    head = path.read_bytes()[:64] if path.is_file() else b""
    hint = Message("file_faults.hint_qgis")
    if path.suffix.lower() == ".gpkg" and not head.startswith(b"SQLite format 3"):
        hint = Message("file_faults.hint_no_gpkg")
    elif path.suffix.lower() == ".shp":
        zipped = label.lower().endswith(".zip")
        hint = Message("file_faults.hint_zip" if zipped else "file_faults.hint_shp")
    if "not recognized as being in a supported file format" in str(error):
        return FileError.of("file_faults.not_that_format", ending=path.suffix, hint=hint)
    first = str(error).splitlines()[0].replace(str(path), path.name)
    return FileError.of("file_faults.layer_broken", error=first, hint=hint)


def _shapefile_encoding(path: Path) -> str | None:
    """UTF-8 or GB18030, for a Shapefile whose encoding stands nowhere (no .cpg)."""
    parts = {p.suffix.lower(): p for p in path.parent.glob(f"{glob.escape(path.stem)}.*")}
    if ".cpg" in parts or ".dbf" not in parts:
        return None
    return _dbf_encoding(parts[".dbf"].read_bytes())


def _dbf_encoding(raw: bytes) -> str:
    header = int.from_bytes(raw[8:10], "little")
    body = raw[32:header] + raw[header:]
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        # a column cut in the middle of a character breaks UTF-8 too, but only here and there
        lost = body.decode("utf-8", errors="replace").count("\ufffd")
        high = sum(b > 127 for b in body[:200_000])
        return "UTF-8" if lost * 20 < high else "GB18030"
    return "UTF-8"


def read_database(source: LayerSource) -> pd.DataFrame:
    """A PostGIS table."""
    try:
        import sqlalchemy
    except ImportError as error:
        raise MissingExtraError.of("cli.needs_extra", what="PostGIS", extra="postgis") from error
    if source.layer is None:
        raise FileError.of("file_faults.postgis_no_layer")
    schema, _, table = source.layer.rpartition(".")
    try:
        engine = sqlalchemy.create_engine(sqlalchemy_url(str(source.path)))
        with engine.connect() as link:
            look = sqlalchemy.inspect(link)
            try:
                columns = look.get_columns(table, schema=schema or None)
            except sqlalchemy.exc.NoSuchTableError as error:
                there = [
                    *look.get_table_names(schema or None),
                    *look.get_view_names(schema or None),
                ]
                raise FileError.of(
                    "file_faults.postgis_no_table",
                    table=source.layer,
                    tables=", ".join(sorted(there)) or "-",
                ) from error
            shapes = [c["name"] for c in columns if "geometry" in str(c["type"]).lower()]
            quoted = sqlalchemy.sql.quoted_name(table, quote=True)
            chosen = sqlalchemy.Table(quoted, sqlalchemy.MetaData(), schema=schema or None)
            query = sqlalchemy.select(sqlalchemy.text("*")).select_from(chosen)
            if not shapes:
                return pd.read_sql(query, link)
            return gpd.read_postgis(query, link, geom_col=shapes[0])
    except ImportError as error:
        raise MissingExtraError.of("cli.needs_extra", what="PostGIS", extra="postgis") from error
    except sqlalchemy.exc.SQLAlchemyError as error:
        first = mask_password(str(error).splitlines()[0])
        raise FileError.of("file_faults.postgis_broken", table=source.layer, error=first) from error

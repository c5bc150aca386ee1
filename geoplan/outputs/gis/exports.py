"""Layers of a finished run in the formats that other programs want."""

from __future__ import annotations

import logging
import shutil
import sqlite3
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely

from geoplan.crs.antimeridian import cut_at_180
from geoplan.errors import DiskError, GeoplanError, MissingExtraError, UsageError
from geoplan.inputs.files.database import mask_password, sqlalchemy_url
from geoplan.inputs.findings.fixed_clock import without_clock
from geoplan.outputs.gis.field_names import short_names
from geoplan.outputs.tables.office_files import safe_cells, write_csv
from geoplan.words import say_both
from geoplan.writing import fault_text, file_names, restored, write_together
from geoplan.writing.finished_run import sound_layers

logger = logging.getLogger(__name__)

#: what stands in a Shapefile's text field at most, in bytes
_DBF_TEXT = 254
#: formats that are one file, whose name may be given
_ONE_FILE = ("gpkg", "xlsx")
_FAMILIES = {0: "points", 1: "lines", 2: "lines", 3: "areas", 4: "points", 5: "lines", 6: "areas"}


def export_run(run_folder: str | Path, *, format: str, out: str | Path) -> list[Path | str]:
    """Write the layers of a run in another format.

    Parameters
    ----------
    run_folder : a folder made by ``geoplan run``.
    format : ``gpkg``, ``shp``, ``geojson``, ``kml``, ``fgb``, ``parquet``, ``csv``, ``xlsx`` or
        ``postgis``.
    out : a folder for formats with one file per layer; a file for ``gpkg`` and ``xlsx`` (or a
        folder: then ``layers.gpkg`` or ``layers.xlsx`` in it); a database address for ``postgis``
        (``postgresql://user:password@host/database``, with ``?schema=name`` if wanted).

    Returns
    -------
    What was written: files, or tables as ``schema.table``.

    Raises
    ------
    UsageError
        No run there, or an unknown format.
    MissingExtraError
        ``postgis`` without the extra of that name.

    Examples
    --------
    >>> from geoplan.outputs import write_layers
    >>> from geoplan.study import example_study
    >>> study = example_study()
    >>> run = study.folder / "out"
    >>> layers = write_layers(study.run().results, run / "layers.gpkg")
    >>> files = export_run(run, format="geojson", out=study.folder / "geojson")
    >>> "meal_station_gaps.geojson" in {path.name for path in files}
    True
    >>> export_run(run, format="dwg", out=study.folder)
    Traceback (most recent call last):
    geoplan.errors.UsageError: format must be one of gpkg, shp, geojson, ... not 'dwg'.
    """
    writers: dict[str, Callable[[Path, Path], list[Path]]] = {
        "gpkg": _gpkg,
        "shp": _shp,
        "geojson": _geojson,
        "kml": _kml,
        "fgb": _fgb,
        "parquet": _parquet,
        "csv": _csv,
        "xlsx": _xlsx,
    }
    if format not in (*writers, "postgis"):
        raise UsageError(f"format must be one of {', '.join(writers)}, postgis, not {format!r}.")
    run = Path(run_folder)
    for told in restored(run):
        logger.warning("%s", told)
    if not (run / "layers.gpkg").exists():
        raise UsageError(say_both("outputs.no_layers", folder=run_folder))
    source = sound_layers(run)
    with _told_of_damage(run, Path(str(out))):
        if format == "postgis":
            return list(_postgis(source, out))
        ending = f".{format}" if format in _ONE_FILE else ""
        write = partial(writers[format], source)
        return list(write_together(out, write, ending=ending, source=source))


@contextmanager
def _told_of_damage(run: Path, out: Path) -> Iterator[None]:
    """What no writer says of a full disk comes from the run's own layers."""
    try:
        yield
    except (GeoplanError, OSError, MemoryError):
        raise
    except Exception as error:
        fault = fault_text(error, out)
        if fault is not None:
            raise DiskError.of(fault.key, **fault.values) from error
        raise UsageError.of("writing.no_result", folder=run, part="layers.gpkg") from error


def layer_names(source: Path) -> list[str]:
    """Names of the layers with geometry, in the file's order."""
    return [str(n) for n, kind in pyogrio.list_layers(source) if kind is not None]


def _each(source: Path) -> Iterator[tuple[str, str, gpd.GeoDataFrame]]:
    """Name, name for files, and features of one layer after the other.

    A city's layers need not fit together.
    """
    names = layer_names(source)
    files = file_names(names)
    for name in names:
        frame = pyogrio.read_dataframe(source, layer=name)
        if not isinstance(frame, gpd.GeoDataFrame) or frame.crs is None:
            raise UsageError.of("writing.no_result", folder=source.parent, part=source.name)
        yield name, files[name], frame


def _gpkg(source: Path, target: Path) -> list[Path]:
    shutil.copyfile(source, target)
    return [target]


# -- Shapefile ------------------------------------------------------------------------------


def _shp(source: Path, target: Path) -> list[Path]:
    """One Shapefile per layer and kind of geometry, UTF-8 with ``.cpg``, and a data dictionary."""
    written = []
    dictionary = []
    meaning = _meanings(source)
    for name, file, frame in _each(source):
        names = short_names([c for c in frame.columns if c != frame.geometry.name])
        renamed = frame.rename(columns=names)
        cut = {c: _cut_text(renamed, c) for c in names.values()}
        for part, rows in _by_family(renamed):
            stem = file if part is None else f"{file}_{part}"
            path = target / f"{stem}.shp"
            pyogrio.write_dataframe(rows, path, driver="ESRI Shapefile", encoding="UTF-8")
            written.append(path)
            for original, short in names.items():
                dictionary.append(
                    {
                        "file": path.name,
                        "field": short,
                        "name": original,
                        "meaning": meaning.get((name, original), ""),
                        "type": str(frame[original].dtype),
                        "cut_values": cut[short],
                    }
                )
    written.append(_dictionary(pd.DataFrame(dictionary), target))
    return written


def _dictionary(table: pd.DataFrame, folder: Path) -> Path:
    return write_csv(table, folder / "fields.csv")


def _meanings(source: Path) -> dict[tuple[str, str], str]:
    """What each layer's columns are called in the reader's language: the aliases of its style."""
    found = {}
    connection = sqlite3.connect(f"{source.resolve().as_uri()}?mode=ro", uri=True)
    try:
        rows = connection.execute(
            "SELECT f_table_name, styleQML FROM layer_styles WHERE useAsDefault"
        ).fetchall()
    except sqlite3.OperationalError:
        return {}  # a file without styles: another program has written it
    finally:
        connection.close()
    for layer, qml in rows:
        for alias in ET.fromstring(qml).iter("alias"):
            found[layer, alias.get("field", "")] = alias.get("name", "")
    return found


def _fields(source: Path, columns: dict[str, list[str]]) -> pd.DataFrame:
    """Layer, field and meaning of every column."""
    meaning = _meanings(source)
    rows = [
        (layer, name, meaning.get((layer, name), ""))
        for layer in columns
        for name in columns[layer]
    ]
    return pd.DataFrame(rows, columns=["layer", "field", "meaning"])


def _cut_text(frame: gpd.GeoDataFrame, column: str) -> int:
    """Cut texts that no Shapefile holds, between characters; returns how many."""
    values = frame[column]
    if values.dtype.kind in "fiub":
        return 0
    cut = 0
    texts = []
    for value in values:
        if isinstance(value, str) and len(value.encode()) > _DBF_TEXT:
            value = value.encode()[:_DBF_TEXT].decode(errors="ignore")
            cut += 1
        texts.append(value)
    if cut:
        frame[column] = texts
    return cut


def _by_family(frame: gpd.GeoDataFrame) -> list[tuple[str | None, gpd.GeoDataFrame]]:
    """Points, lines and areas apart, where a layer holds several of them."""
    kinds = shapely.get_type_id(frame.geometry.to_numpy())
    family = np.array([_FAMILIES.get(int(k), "none") for k in kinds])
    found = [f for f in ("areas", "lines", "points") if (family == f).any()]
    if len(found) <= 1:
        return [(None, frame)]
    return [(f, frame[family == f]) for f in found]


# -- one file per layer ---------------------------------------------------------------------


def _per_layer(
    source: Path, target: Path, ending: str, write: Callable[[gpd.GeoDataFrame, Path], None]
) -> list[Path]:
    written = []
    for _, file, frame in _each(source):
        path = target / f"{file}.{ending}"
        write(frame, path)
        written.append(path)
    return written


def _geojson(source: Path, target: Path) -> list[Path]:
    """RFC 7946: WGS 84, outer rings counter-clockwise, cut at 180 degrees, seven decimals."""

    def write(frame: gpd.GeoDataFrame, path: Path) -> None:
        pyogrio.write_dataframe(
            frame.to_crs("EPSG:4326"),
            path,
            driver="GeoJSON",
            layer_options={"RFC7946": "YES", "COORDINATE_PRECISION": 7, "WRITE_NAME": "NO"},
        )

    return _per_layer(source, target, "geojson", write)


def _kml(source: Path, target: Path) -> list[Path]:
    """WGS 84; what crosses 180 degrees is cut there, as GDAL does for GeoJSON and not for KML."""

    def write(frame: gpd.GeoDataFrame, path: Path) -> None:
        degrees = frame.to_crs("EPSG:4326")
        degrees = degrees.set_geometry(cut_at_180(degrees.geometry))
        pyogrio.write_dataframe(_named(degrees), path, driver="KML")

    return _per_layer(source, target, "kml", write)


def _named(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """A copy with the column ``Name`` that KML programs show: name, or rank and area."""
    if "name" in frame.columns:
        return frame.rename(columns={"name": "Name"})
    if "area" not in frame.columns:
        return frame
    ranks = [f"{int(r)} " for r in frame["rank"]] if "rank" in frame else [""] * len(frame)
    areas = frame["area"].fillna("")
    return frame.assign(Name=[f"{r}{a}".strip() for r, a in zip(ranks, areas, strict=True)])


def _fgb(source: Path, target: Path) -> list[Path]:
    def write(frame: gpd.GeoDataFrame, path: Path) -> None:
        # without its own index a FlatGeobuf keeps the order, and rows without geometry
        options = {"SPATIAL_INDEX": "YES" if frame.geometry.notna().all() else "NO"}
        kinds = set(frame.geometry.dropna().geom_type)
        pyogrio.write_dataframe(
            frame, path, driver="FlatGeobuf", promote_to_multi=len(kinds) > 1, layer_options=options
        )

    return _per_layer(source, target, "fgb", write)


def _parquet(source: Path, target: Path) -> list[Path]:
    def write(frame: gpd.GeoDataFrame, path: Path) -> None:
        frame.to_parquet(path, index=False)

    return _per_layer(source, target, "parquet", write)


def _flat(frame: gpd.GeoDataFrame) -> pd.DataFrame:
    """Attributes with the longitude and latitude (WGS 84) of a point in each shape."""
    table = pd.DataFrame(frame.drop(columns=frame.geometry.name))
    table = table.drop(columns=[c for c in ("lon", "lat") if c in table])
    points = frame.geometry.representative_point().to_crs("EPSG:4326")
    table["lon"], table["lat"] = points.x.round(6), points.y.round(6)
    return table


def _csv(source: Path, target: Path) -> list[Path]:
    written = []
    columns = {}
    for name, file, frame in _each(source):
        table = _flat(frame)
        columns[name] = list(map(str, table.columns))
        written.append(write_csv(table, target / f"{file}.csv"))
    written.append(_dictionary(_fields(source, columns), target))
    return written


def _xlsx(source: Path, target: Path) -> list[Path]:
    """One sheet per layer and one of the fields; text that looks like a formula stays text."""
    names: dict[str, int] = {"fields": 1}
    columns = {}
    with pd.ExcelWriter(target, engine="openpyxl") as book:
        for name, file, frame in _each(source):
            title = file.replace("[", "(").replace("]", ")").strip("'")[:31] or "_"
            names[title] = names.get(title, 0) + 1
            if names[title] > 1:
                title = f"{title[:28]}~{names[title]}"
            table = _flat(frame)
            columns[name] = list(map(str, table.columns))
            safe_cells(table).to_excel(book, sheet_name=title, index=False)
            sheet = book.sheets[title]
            sheet.freeze_panes = "A2"
            sheet.auto_filter.ref = sheet.dimensions
        safe_cells(_fields(source, columns)).to_excel(book, sheet_name="fields", index=False)
    return [without_clock(target)]


# -- PostGIS --------------------------------------------------------------------------------


def _postgis(source: Path, out: str | Path) -> list[str]:
    try:
        import geoalchemy2  # noqa: F401
        import sqlalchemy
    except ImportError as error:
        raise MissingExtraError.of("cli.needs_extra", what="PostGIS", extra="postgis") from error
    try:
        url = sqlalchemy.engine.make_url(sqlalchemy_url(str(out)))
    except sqlalchemy.exc.ArgumentError as error:
        raise UsageError.of("outputs.export_address") from error
    schema = url.query.get("schema")
    url = url.difference_update_query(["schema"])
    written = []
    try:
        engine = sqlalchemy.create_engine(url)
        with engine.begin() as link:
            if schema:
                link.execute(sqlalchemy.schema.CreateSchema(str(schema), if_not_exists=True))
            for name, _, frame in _each(source):
                frame.to_postgis(name, link, schema=schema, if_exists="replace", index=False)  # type: ignore[arg-type]
                written.append(f"{schema}.{name}" if schema else name)
    except (sqlalchemy.exc.SQLAlchemyError, ModuleNotFoundError) as error:
        first = mask_password(str(error).splitlines()[0])
        raise GeoplanError.of("outputs.export_database", why=first) from error
    return written

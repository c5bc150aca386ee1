"""Layers of a finished run in the formats that other programs want."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio

from geoplan.errors import DiskError, GeoplanError, MissingExtraError, UsageError
from geoplan.inputs.files.database import mask_password, sqlalchemy_url
from geoplan.outputs.gis.formats.geodatabase import write_geodatabase
from geoplan.outputs.gis.formats.geojson import write_geojson
from geoplan.outputs.gis.formats.kml import write_kml
from geoplan.outputs.gis.formats.shapefile import write_shapefiles
from geoplan.outputs.gis.formats.spreadsheet import write_sheets
from geoplan.outputs.gis.run_layers import RunLayer, run_layers
from geoplan.outputs.tables.office_files import write_csv
from geoplan.writing import fault_text, restored, write_together
from geoplan.writing.finished_run import cities_of, run_facts, run_summary, sound_layers

logger = logging.getLogger(__name__)

#: formats that are one file, whose name may be given
_ONE_FILE = ("gpkg", "xlsx")


def export_run(run_folder: str | Path, *, format: str, out: str | Path) -> list[Path | str]:
    """Write the layers of a run in another format.

    Parameters
    ----------
    run_folder : a folder made by ``geoplan run``.
    format : ``gpkg``, ``shp``, ``gdb``, ``geojson``, ``kml``, ``fgb``, ``parquet``, ``csv``,
        ``xlsx`` or ``postgis``.
    out : a folder for formats with one file per layer; a file for ``gpkg``, ``gdb`` and ``xlsx``
        (or a folder: then ``layers.gpkg``, ``layers.gdb``, ``layers.xlsx`` in it); of several
        cities a folder, in which each has its own; a database
        address for ``postgis`` (``postgresql://user:password@host/database``, with
        ``?schema=name`` if wanted).

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
    geoplan.errors.UsageError: format must be one of gpkg, shp, gdb, geojson, ... not 'dwg'.
    """
    writers: dict[str, Callable[..., list[Path]]] = {
        "gpkg": _gpkg,
        "shp": write_shapefiles,
        "gdb": _gdb,
        "geojson": _geojson,
        "kml": _kml,
        "fgb": _fgb,
        "parquet": _parquet,
        "csv": _csv,
        "xlsx": _xlsx,
    }
    if format not in (*writers, "postgis"):
        raise UsageError.of(
            "outputs.export_format", formats=", ".join([*writers, "postgis"]), format=format
        )
    run = Path(run_folder)
    for told in restored(run):
        logger.warning("%s", told)
    cities = [] if (run / "layers.gpkg").exists() else cities_of(run)
    if cities:
        return _of_cities(run, cities, format, out)
    if not (run / "layers.gpkg").exists():
        raise UsageError.of("outputs.no_layers", folder=run_folder)
    source = sound_layers(run)
    run_facts(run)
    if (run / "summary.json").exists():  # layers alone may be exported; a damaged run not
        run_summary(run)
    with _told_of_damage(run, Path(str(out))):
        if format == "postgis":
            return list(_postgis(source, out))
        ending = f".{format}" if format in _ONE_FILE else ""
        write = partial(writers[format], source)
        if format == "gdb":  # a folder that is one thing
            place = Path(out)
            named = place.suffix.lower() == ".gdb"
            write = partial(write, name=place.name if named else "layers.gdb")
            out = place.parent if named else place
        return list(write_together(out, write, ending=ending, source=source))


def _of_cities(run: Path, cities: list[str], format: str, out: str | Path) -> list[Path | str]:
    """The layers of every city, each in a folder of its own."""
    named = Path(out).suffix.lower() == f".{format}"
    if format == "postgis" or named:
        example = run / cities[0]
        raise UsageError.of("cities.export_folder", folder=run, format=format, city=example)
    return [
        written
        for city in cities
        for written in export_run(run / city, format=format, out=Path(out) / city)
    ]


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


def _gpkg(source: Path, target: Path) -> list[Path]:
    shutil.copyfile(source, target)
    return [target]


def _gdb(source: Path, target: Path, *, name: str) -> list[Path]:
    return write_geodatabase(source, target / name)


# -- one file per layer ---------------------------------------------------------------------


def _per_layer(
    source: Path, target: Path, ending: str, write: Callable[[gpd.GeoDataFrame, Path], None]
) -> list[Path]:
    written = []
    for layer in run_layers(source):
        path = target / f"{layer.file}.{ending}"
        write(layer.frame, path)
        written.append(path)
    return written


def _geojson(source: Path, target: Path) -> list[Path]:
    return _per_layer(source, target, "geojson", write_geojson)


def _kml(source: Path, target: Path) -> list[Path]:
    written = []
    for layer in run_layers(source):
        path = target / f"{layer.file}.kml"
        write_kml(layer, path)
        written.append(path)
    return written


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
    fields: list[pd.DataFrame] = []
    for layer in run_layers(source):
        table = _flat(layer.frame)
        fields.append(_fields(layer, table))
        written.append(write_csv(table, target / f"{layer.file}.csv"))
    written.append(write_csv(pd.concat(fields), target / "fields.csv"))
    return written


def _fields(layer: RunLayer, table: pd.DataFrame) -> pd.DataFrame:
    """Layer, field and meaning of every column."""
    return pd.DataFrame(
        {
            "layer": layer.name,
            "title": layer.title,
            "field": list(map(str, table.columns)),
            "meaning": [layer.meaning(str(c)) for c in table.columns],
        }
    )


def _xlsx(source: Path, target: Path) -> list[Path]:
    """One sheet per layer and one of the fields."""
    fields: list[pd.DataFrame] = []

    def sheets() -> Iterator[tuple[str, pd.DataFrame]]:
        for layer in run_layers(source):
            table = _flat(layer.frame)
            fields.append(_fields(layer, table))
            yield ("fields~" if layer.file == "fields" else layer.file), table
        yield "fields", pd.concat(fields)

    return [write_sheets(target, sheets())]


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
            for layer in run_layers(source):
                name = layer.name
                layer.frame.to_postgis(name, link, schema=schema, if_exists="replace", index=False)  # type: ignore[arg-type]
                written.append(f"{schema}.{name}" if schema else name)
    except (sqlalchemy.exc.SQLAlchemyError, ModuleNotFoundError) as error:
        first = mask_password(str(error).splitlines()[0])
        raise GeoplanError.of("outputs.export_database", why=first) from error
    return written

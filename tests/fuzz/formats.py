"""The same rows in every format that geoplan reads."""

from __future__ import annotations

import csv
import io
import json
import warnings
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from tests.inputs.tables.books import write_ods, write_xls, write_xlsb, write_xlsx

Rows = Sequence[dict[str, Any]]


def grid(rows: Rows) -> list[list[Any]]:
    """Heading and rows as lists."""
    headings = list(dict.fromkeys(name for row in rows for name in row))
    return [headings, *([row.get(name) for name in headings] for row in rows)]


def frame(rows: Rows) -> gpd.GeoDataFrame:
    """The rows as points in WGS 84."""
    table = pd.DataFrame(list(rows))
    points = gpd.points_from_xy(table.pop("lon"), table.pop("lat"))
    return gpd.GeoDataFrame(table, geometry=points, crs=4326)


def csv_text(cells: Sequence[Sequence[Any]], delimiter: str = ",") -> str:
    """Cells as a text table."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=delimiter, lineterminator="\n")
    writer.writerows(["" if cell is None else cell for cell in line] for line in cells)
    return buffer.getvalue()


def _text(path: Path, rows: Rows) -> None:
    delimiter = "\t" if path.suffix == ".tsv" else ","
    path.write_text(csv_text(grid(rows), delimiter), encoding="utf-8")


def _driver(name: str) -> Callable[[Path, Rows], None]:
    def write(path: Path, rows: Rows) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of drivers that keep whole numbers otherwise
            frame(rows).to_file(path, driver=name)

    return write


def _zip(path: Path, rows: Rows) -> None:
    inner = path.with_name(f"{path.stem.split('.')[0]}_inner.shp")
    frame(rows).to_file(inner, driver="ESRI Shapefile")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for part in sorted(inner.parent.glob(f"{inner.stem}.*")):
            archive.write(part, part.name)
            part.unlink()


def kml_text(rows: Rows) -> str:
    """Placemarks with their attributes as extended data."""
    marks = []
    for row in rows:
        data = "".join(
            f'<Data name="{name}"><value>{value}</value></Data>'
            for name, value in row.items()
            if name not in ("lon", "lat", "name")
        )
        marks.append(
            f"<Placemark><name>{row.get('name', '')}</name><ExtendedData>{data}</ExtendedData>"
            f"<Point><coordinates>{row['lon']},{row['lat']}</coordinates></Point></Placemark>"
        )
    body = "\n".join(marks)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<kml xmlns="http://www.opengis.net/kml/2.2">'
        f"<Document>{body}</Document></kml>"
    )


def _kmz(path: Path, rows: Rows) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("doc.kml", kml_text(rows))


def _topojson(path: Path, rows: Rows) -> None:
    points = [
        {
            "type": "Point",
            "coordinates": [row["lon"], row["lat"]],
            "properties": {k: v for k, v in row.items() if k not in ("lon", "lat")},
        }
        for row in rows
    ]
    people = {"type": "GeometryCollection", "geometries": points}
    path.write_text(json.dumps({"type": "Topology", "objects": {"people": people}, "arcs": []}))


def _features(path: Path, rows: Rows) -> None:
    lines = json.loads(frame(rows).to_json(drop_id=True))["features"]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))


def _parquet(path: Path, rows: Rows) -> None:
    frame(rows).to_parquet(path)


def _plain_parquet(path: Path, rows: Rows) -> None:
    pd.DataFrame(list(rows)).to_parquet(path)


#: name of the format -> ending of its file, and how it is written
FORMATS: dict[str, tuple[str, Callable[[Path, Rows], Any]]] = {
    "csv": (".csv", _text),
    "tsv": (".tsv", _text),
    "txt": (".txt", _text),
    "xlsx": (".xlsx", lambda path, rows: write_xlsx(path, grid(rows))),
    "xls": (".xls", lambda path, rows: write_xls(path, grid(rows))),
    "xlsb": (".xlsb", lambda path, rows: write_xlsb(path, grid(rows))),
    "ods": (".ods", lambda path, rows: write_ods(path, grid(rows))),
    "gpkg": (".gpkg", _driver("GPKG")),
    "geojson": (".geojson", _driver("GeoJSON")),
    "features": (".geojson", _features),
    "topojson": (".json", _topojson),
    "shp": (".shp", _driver("ESRI Shapefile")),
    "zip": (".zip", _zip),
    "kml": (".kml", lambda path, rows: path.write_text(kml_text(rows), encoding="utf-8")),
    "kmz": (".kmz", _kmz),
    "fgb": (".fgb", _driver("FlatGeobuf")),
    "gml": (".gml", _driver("GML")),
    "tab": (".tab", _driver("MapInfo File")),
    "parquet": (".parquet", _parquet),
    "plain parquet": (".parquet", _plain_parquet),
    "gdb": (".gdb", _driver("OpenFileGDB")),
}
#: formats whose cells are whatever somebody typed
TYPED = ("csv", "tsv", "xlsx", "xls", "xlsb", "ods")
#: formats that know how much they hold, so a file that was cut off must be noticed
COUNTED = (
    "xlsx",
    "xls",
    "xlsb",
    "ods",
    "gpkg",
    "geojson",
    "topojson",
    "kml",
    "kmz",
    "fgb",
    "gml",
    "parquet",
    "zip",
    "shp",
)


def write_rows(path: Path, rows: Rows, kind: str | None = None) -> Path:
    """The rows in a file; its format follows from the ending where `kind` is None."""
    write = next(
        one
        for name, (ending, one) in FORMATS.items()
        if kind in (name, None) and ending == path.suffix
    )
    write(path, rows)
    return path

"""A small study whose files of every kind hold planted personal data."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pandas as pd

from geoplan.study.example import STUDY, write_example
from tests.inputs.tables.books import write_ods, write_xls
from tests.planting.plants import Pieces

KINDS = ("csv", "xlsx", "ods", "geojson", "gpkg", "kml", "shp", "parquet", "fgb", "gml", "xls")
#: rows that are added to the example's own, with a piece in every column of text
_ROWS = 12


def plant(folder: Path, seed: int, kind: str) -> tuple[Pieces, list[str]]:
    """Write the study; returns the pieces, and those in columns that it may keep."""
    pieces = Pieces(seed)
    write_example(folder)
    people = pd.read_csv(folder / "people.csv", dtype=str).fillna("")
    meals = pd.read_csv(folder / "meals.csv", dtype=str).fillna("")
    lon, lat = float(meals["lon"][0]), float(meals["lat"][0])
    rows = []
    for k in range(_ROWS):
        here = {"lon": f"{lon + 0.0005 * k:.7f}", "lat": f"{lat + 0.0003 * (k % 3):.7f}"}
        row = {"id": f"S{k}", "name": f"站{k}", **here, "tier": "标准", "capacity": "40"}
        row |= {"address": f"路{k}号", "状态": "运营", "备注": "好"}
        column = ("id", "name", "tier", "capacity", "address", "状态", "备注", "lon")[k % 8]
        text, _ = pieces.piece()
        alone = column in ("id", "capacity", "lon") or k % 2
        row[column] = text if alone else f"{row[column]} {text}"
        row |= {"站长姓名": (name := pieces.name()), "联系电话": (phone := pieces.mobile())}
        row |= {"owner": (owner := pieces.word())}
        pieces.made += [name, phone, owner]
        rows.append(row)
    meals = pd.concat([meals, pd.DataFrame(rows)]).fillna("")
    more = []
    for k in range(_ROWS):
        text, _ = pieces.piece()
        row = {"id": f"P{k}", "name": f"社区{k}", "pop60": "20", "address": f"街{k}号"}
        row |= {"lon": f"{lon + 0.0004 * k:.7f}", "lat": f"{lat + 0.0002:.7f}"}
        column = ("name", "address", "pop60", "id")[k % 4]
        row[column] = text if column in ("pop60", "id") else f"{row[column]}；{text}"
        more.append(row)
    people = pd.concat([people, pd.DataFrame(more)]).fillna("")
    people.to_csv(folder / "people.csv", index=False)
    file = _write(meals, folder, kind, pieces)
    (folder / "meals.csv").unlink()
    _areas(folder, pieces)
    text, _ = pieces.piece()
    name, _ = pieces.piece()
    study = STUDY.replace('"meals.csv"', f'"{file}"')
    study = study.replace('name = "Small"', f'name = "城 {text}"')
    study = study.replace('source = "by hand"', f'source = "来源 {name}"')
    (folder / "study.toml").write_text(study, encoding="utf-8")
    return pieces, [p for row in rows for p in (row["站长姓名"], row["owner"])]


def _areas(folder: Path, pieces: Pieces) -> None:
    layer = gpd.read_file(folder / "districts.gpkg")
    text, _ = pieces.piece()
    layer.loc[0, "name"] = f"West {text}"
    layer.to_file(folder / "districts.gpkg", driver="GPKG")


def _write(meals: pd.DataFrame, folder: Path, kind: str, pieces: Pieces) -> str:
    """The sites as a file of `kind`; its own name holds a piece too."""
    phone = pieces.mobile()
    pieces.made.append(phone)
    name = f"站点{phone}.{kind}"
    path = folder / name
    if kind == "csv":
        meals.to_csv(path, index=False)
    elif kind in ("xlsx", "ods", "xls"):
        sheet = pieces.mobile()
        pieces.made.append(sheet)
        _book(meals, path, f"表{sheet}")
    else:
        places = pd.to_numeric(meals["lon"], errors="coerce").fillna(117.0)
        points = gpd.points_from_xy(places, meals["lat"].astype(float))
        layer = gpd.GeoDataFrame(meals.drop(columns=["lon", "lat"]), geometry=points, crs=4326)
        if kind == "kml":
            _kml(layer, path)
        elif kind == "parquet":
            layer.to_parquet(path)
        else:
            if kind == "shp":  # ten bytes of a heading at most
                layer = layer.rename(columns={"站长姓名": "站长", "联系电话": "电话"})
            drivers = {"geojson": "GeoJSON", "gpkg": "GPKG", "shp": "ESRI Shapefile", "gml": "GML"}
            layer.to_file(path, driver=drivers.get(kind, "FlatGeobuf"), encoding="utf-8")
    return name


def _book(meals: pd.DataFrame, path: Path, sheet: str) -> None:
    """The sites as a workbook; xlsx and ods name their sheet."""
    if path.suffix == ".xlsx":
        meals.to_excel(path, index=False, sheet_name=sheet)
        return
    cells = [list(meals.columns), *meals.to_numpy().tolist()]
    if path.suffix == ".ods":
        write_ods(path, cells, title=sheet)
    else:
        write_xls(path, cells)


def _kml(layer: gpd.GeoDataFrame, path: Path) -> None:
    marks = []
    for row in layer.to_dict("records"):
        data = "".join(
            f'<Data name="{k}"><value>{v}</value></Data>'
            for k, v in row.items()
            if k not in ("geometry", "name", "备注")
        )
        point = row["geometry"]
        marks.append(
            f"<Placemark><name>{row['name']}</name><description>{row['备注']}</description>"
            f"<ExtendedData>{data}</ExtendedData>"
            f"<Point><coordinates>{point.x},{point.y}</coordinates></Point></Placemark>"
        )
    path.write_text(
        '<?xml version="1.0" encoding="UTF-8"?><kml xmlns="http://www.opengis.net/kml/2.2">'
        f"<Document>{''.join(marks)}</Document></kml>",
        encoding="utf-8",
    )

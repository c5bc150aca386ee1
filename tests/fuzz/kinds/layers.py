"""Vector layers with odd geometry, features that are not quite features, other CRS."""

from __future__ import annotations

import json
from typing import Any

import geopandas as gpd
import numpy as np
import pyogrio
from shapely import wkt
from shapely.geometry import (
    GeometryCollection,
    LineString,
    MultiPoint,
    MultiPolygon,
    Point,
    Polygon,
)

from tests.fuzz.case import Case, Maker
from tests.fuzz.formats import frame, kml_text
from tests.fuzz.town import CRS, districts, streets
from tests.fuzz.words import SWAPS

DRIVERS = {
    ".gpkg": "GPKG",
    ".geojson": "GeoJSON",
    ".shp": "ESRI Shapefile",
    ".fgb": "FlatGeobuf",
    ".gml": "GML",
    ".kml": "KML",
    ".parquet": "",
    ".tab": "MapInfo File",
}
OTHER_CRS = (
    "EPSG:4326",
    "EPSG:4490",
    "EPSG:3857",
    "EPSG:4548",
    "EPSG:32650",
    "EPSG:2163",
    "EPSG:27700",
    "EPSG:4978",
    "ESRI:54030",
    "EPSG:3395",
)


def _odd_shapes(place: Point) -> list[Any]:
    x, y = place.x, place.y
    ring = [(x, y), (x + 0.001, y), (x + 0.001, y + 0.001), (x, y)]
    return [
        None,
        Point(),
        Point(np.nan, np.nan),
        Point(x, y, 12.0),
        Point(x, y, np.nan),
        Point(np.inf, y),
        Point(1e300, y),
        Point(y, x),
        Point(0, 0),
        Point(181, 95),
        Polygon(),
        MultiPoint([(x, y)]),
        MultiPoint([(x, y), (x + 0.001, y)]),
        MultiPoint([(x, y), (x + 1, y)]),
        Polygon(ring),
        Polygon([(x, y), (x, y), (x, y), (x, y)]),
        MultiPolygon([Polygon(ring)]),
        Polygon([(x, y), (x + 0.001, y + 0.001), (x + 0.001, y), (x, y + 0.001), (x, y)]),
        LineString([(x, y), (x + 0.001, y)]),
        LineString([(x, y), (x, y)]),
        LineString(),
        GeometryCollection([Point(x, y)]),
        GeometryCollection(),
        MultiPoint(),
        GeometryCollection([GeometryCollection([Point(x, y), LineString(ring)])]),
        wkt.loads(f"POINT Z ({x} {y} 1e308)"),
    ]


def shapes(maker: Maker) -> Case:
    """One to all places of the people are another kind of geometry."""
    chance, table = maker.random, frame(maker.town.people)
    column = table.geometry.tolist()
    for at in chance.sample(range(len(column)), chance.choice([1, 1, 3, len(column)])):
        column[at] = chance.choice(_odd_shapes(column[at]))
    table = table.set_geometry(gpd.GeoSeries(column, crs=4326, index=table.index))
    what = chance.choice(["as is", "as is", "no crs", "other crs", "wrong crs"])
    if what == "no crs":
        table = table.set_crs(None, allow_override=True)
    elif what != "as is":
        code = chance.choice(OTHER_CRS)
        change = table.to_crs if what == "other crs" else table.set_crs
        table = change(code, **({} if what == "other crs" else {"allow_override": True}))
        what += f" {code}"
    name = _put(maker, table, "people")
    maker.write(maker.people_from(name))
    return maker.case(f"shapes/{name[7:]}", what, total=maker.town.total, file=name)


def _put(maker: Maker, table: gpd.GeoDataFrame, stem: str) -> str:
    """The table in a format that can hold it; in GeoPackage where the drawn one refuses."""
    ending = maker.random.choice(list(DRIVERS))
    for tried in (ending, ".gpkg", ".parquet"):
        path = maker.folder / f"{stem}{tried}"
        try:
            if tried == ".parquet":
                table.to_parquet(path)
            else:
                table.to_file(path, driver=DRIVERS[tried])
                if pyogrio.read_info(path)["features"] != len(table):
                    raise ValueError("the driver has left out a row")
        except Exception:  # the driver holds no such geometry
            for part in maker.folder.glob(f"{stem}.*"):
                part.unlink()
            continue
        return path.name
    raise AssertionError("no format holds this")


def features(maker: Maker) -> Case:
    """GeoJSON whose features are not quite features."""
    chance = maker.random
    whole = json.loads(frame(maker.town.people).to_json(drop_id=True))
    at = chance.randrange(len(whole["features"]))
    one = whole["features"][at]
    x, y = one["geometry"]["coordinates"]
    odd: list[Any] = [
        {**one, "type": "feature"},
        {**one, "type": None},
        {**one, "type": 3},
        None,
        [],
        5,
        "x",
        {k: v for k, v in one.items() if k != "type"},
        one["geometry"],
        whole | {"features": [one]},
        {**one, "geometry": None},
        {**one, "geometry": {}},
        {**one, "geometry": []},
        {**one, "geometry": {"type": "Point", "coordinates": []}},
        {**one, "geometry": {"type": "Point", "coordinates": [x]}},
        {**one, "geometry": {"type": "Point", "coordinates": [str(x), str(y)]}},
        {**one, "geometry": {"type": "Point", "coordinates": [None, None]}},
        {**one, "geometry": {"type": "Point", "coordinates": {"lon": x}}},
        {**one, "geometry": {"type": "Point", "coordinates": [[x, y]]}},
        {**one, "geometry": {"type": "point", "coordinates": [x, y]}},
        {**one, "geometry": {"type": "Circle", "coordinates": [x, y]}},
        {**one, "geometry": {"type": "Polygon", "coordinates": [[[x, y]]]}},
        {**one, "properties": None},
        {**one, "properties": []},
        {**one, "properties": "x"},
        {**one, "properties": {**one["properties"], "pop60": None}},
        {**one, "properties": {**one["properties"], "pop60": {"n": 5}}},
        {**one, "properties": {**one["properties"], "pop60": [1, 2]}},
        {**one, "properties": {**one["properties"], "pop60": "5 人"}},
        {**one, "properties": {**one["properties"], "pop60": 1e308}},
        {**one, "properties": {**one["properties"], "pop60": True}},
        {**one, "id": {"a": 1}},
        {**one, "bbox": "x"},
        {**one, "crs": {"type": "link"}},
    ]
    pick = chance.randrange(len(odd))
    whole["features"][at] = odd[pick]
    extra = chance.choice(["", "", "", "crs", "bbox", "no type", "list", "deep", "lines", "comma"])
    if extra == "crs":
        named = chance.choice(["EPSG:4548", "urn:ogc:def:crs:OGC:1.3:CRS84", "nonsense", 5, None])
        whole["crs"] = {"type": "name", "properties": {"name": named}}
    elif extra == "bbox":
        whole["bbox"] = ["a", None]
    elif extra == "no type":
        del whole["type"]
    text = json.dumps(whole, ensure_ascii=False)
    if extra == "list":
        text = json.dumps(whole["features"])
    elif extra == "deep":
        depth = chance.choice([100, 5000, 100_000])
        text = text[:-1] + ', "x": ' + "[" * depth + "]" * depth + "}"
    elif extra == "lines":
        text = "".join(json.dumps(line) + "\n" for line in whole["features"])
    elif extra == "comma":
        text = text.replace("}, {", "},, {", 1)
    ending = chance.choice([".geojson", ".json"])
    (maker.folder / f"people{ending}").write_text(text, encoding="utf-8", errors="surrogatepass")
    maker.write(maker.people_from(f"people{ending}"))
    what = f"feature {at + 1}: odd {pick}, {extra or 'else whole'}"
    return maker.case("features", what, total=maker.town.total, file=f"people{ending}")


def kml(maker: Maker) -> Case:
    """KML with odd coordinates, namespaces, entities, links, styles."""
    chance, text = maker.random, kml_text(maker.town.people)
    place = text[text.index("<coordinates>") + 13 : text.index("</coordinates>")]
    lines = ["", "117;36", "nan,nan", "x,y", f"{place},0,0,0", f"{place} {place}"]
    swaps = [*SWAPS["kml"], *([place, line] for line in lines)]
    old, new = chance.choice(swaps)
    count = chance.choice([1, 1, 3, -1])
    (maker.folder / "people.kml").write_text(text.replace(old, new, count), encoding="utf-8")
    maker.write(maker.people_from("people.kml"))
    what = f"{old[:40]!r} -> {new[:60]!r} x {count}"
    return maker.case("kml", what, total=maker.town.total, file="people.kml")


def areas(maker: Maker) -> Case:
    """Districts that overlap, are lines, lack codes, repeat, have holes: the people stay."""
    chance, table = maker.random, districts()
    what = chance.choice(["odd shapes", "codes", "columns", "crs", "none", "same twice"])
    if what == "odd shapes":
        column = table.geometry.tolist()
        place = gpd.GeoSeries([Point(column[0].centroid)], crs=CRS).iloc[0]
        column[chance.randrange(2)] = chance.choice(_odd_shapes(place))
        table = table.set_geometry(gpd.GeoSeries(column, crs=CRS, index=table.index))
    elif what == "codes":
        table["code"] = [chance.choice(["", "1", None, "x", "1.0", "９"]) for _ in range(2)]
    elif what == "columns":
        table = table.drop(columns=[chance.choice(["code", "name"])])
    elif what == "crs":
        table = table.set_crs(chance.choice(OTHER_CRS), allow_override=True)
    elif what == "none":
        table = table.iloc[: chance.choice([0, 1])]
    else:
        table = table.iloc[[0, 1, chance.choice([0, 1])]].reset_index(drop=True)
    name = _put(maker, table, "areas")
    maker.write(maker.study(areas={"district": {"path": name}}))
    return maker.case(f"areas/{name[6:]}", what, total=maker.town.total, file="people.csv")


def street_layer(maker: Maker) -> Case:
    """Streets as a line layer with odd lines and columns: the people stay."""
    chance, table = maker.random, streets()
    column = table.geometry.tolist()
    for at in chance.sample(range(len(column)), chance.choice([1, 5, len(column)])):
        a, b = column[at].coords[0], column[at].coords[-1]
        column[at] = chance.choice(
            [
                None,
                LineString(),
                LineString([a, a]),
                LineString([b, a]),
                Point(a),
                LineString([(*a, 5.0), (*b, np.nan)]),
                LineString([a, (np.nan, np.nan)]),
                LineString([a, (1e12, 1e12)]),
                LineString([a, (1e300, 0)]),
                LineString([a, (np.inf, 0)]),
                Point(a).buffer(50),
                MultiPoint([a, b]),
                GeometryCollection([LineString([a, b])]),
                LineString([a, b, a]),
                LineString([(0, 0), (0, 1e-9)]),
                MultiPolygon(),
            ]
        )
    table = table.set_geometry(gpd.GeoSeries(column, crs=CRS, index=table.index))
    heading = chance.choice(
        [
            "oneway",
            "length",
            "speed",
            "highway",
            "maxspeed",
            "minutes",
            "foot",
            "name",
            "u",
            "geometry2",
            "layer",
            "bridge",
        ]
    )
    table[heading] = [chance.choice(["", "yes", "-1", "0", "1e99", "x", "nan", "50 mph"])] * len(
        table
    )
    what = chance.choice(["as is", "as is", "as is", "no crs", "wrong crs"])
    if what == "no crs":
        table = table.set_crs(None, allow_override=True)
    elif what == "wrong crs":
        table = table.set_crs(chance.choice(OTHER_CRS), allow_override=True)
    name = _put(maker, table, "roads")
    walk: dict[str, Any] = {"path": name}
    if chance.random() < 0.3:
        walk |= chance.choice(
            [{"split": "touching"}, {"split": "touching", "join_within_m": 5.0}, {"crs": CRS}]
        )
    maker.write(maker.lighter(network={"walk": walk}))
    return maker.case(
        f"street layer/{name[6:]}",
        f"{what}, {heading}, {walk}",
        total=maker.town.total,
        file="people.csv",
    )


KINDS = (shapes, shapes, features, kml, areas, street_layer)

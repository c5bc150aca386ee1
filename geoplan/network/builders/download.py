"""`geoplan fetch`: streets, boundary and known facilities of a place by OSMnx.

The only module that opens the internet, and only for this command.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import geopandas as gpd
import osmnx as ox
import requests

from geoplan.errors import GeoplanError, UsageError
from geoplan.writing import told_plainly

#: what OpenStreetMap may know of the services that geoplan plans
FACILITIES: dict[str, Any] = {
    "amenity": ["social_facility", "community_centre", "nursing_home", "townhall", "shelter"],
    "social_facility": True,
}
#: what is written, never over a file that is there
_WRITTEN = ("boundary.gpkg", "walk.graphml", "drive.graphml", "facilities.gpkg", "study.toml")
_COLUMNS = ("name", "amenity", "social_facility", "social_facility:for", "operator", "capacity")


class NoInternetError(GeoplanError, ConnectionError):
    """OpenStreetMap's servers could not be reached, or do not know the place."""


def fetch_place(place: str, out: str | Path) -> list[Path]:
    """Download a place's streets, boundary and known facilities, and write a study to begin with.

    Parameters
    ----------
    place : as one would write it in a search, ``"Qingdao, Shandong, China"``.
    out : folder for ``boundary.gpkg``, ``walk.graphml``, ``drive.graphml``, ``facilities.gpkg`` (if
        any are known) and ``study.toml``.

    Returns
    -------
    The files written.

    Raises
    ------
    NoInternetError
        No connection, or no such place.
    UsageError
        A file of one of these names is there, or the disk does not let us.
    """
    target = Path(out)
    for name in _WRITTEN:  # before the download, not after it
        if (target / name).exists():
            raise UsageError.of("writing.file_foreign", path=target / name)
    with _osm_errors(place):
        boundary = ox.geocode_to_gdf(place)
        area = boundary.geometry.union_all()
        graphs = {
            mode: ox.graph_from_polygon(area, network_type=mode, retain_all=True)
            for mode in ("walk", "drive")
        }
        sites = _facilities(area)
    written = [target / "boundary.gpkg"]
    crs = boundary.estimate_utm_crs()
    name = str(boundary["display_name"].iloc[0]) if "display_name" in boundary else place
    frame = gpd.GeoDataFrame({"code": ["1"], "name": [name]}, geometry=[area], crs=boundary.crs)
    with told_plainly(target):
        target.mkdir(parents=True, exist_ok=True)
        frame.to_file(written[0], driver="GPKG")
        for mode, graph in graphs.items():
            path = target / f"{mode}.graphml"
            ox.save_graphml(graph, path)
            written.append(path)
        if len(sites):
            written.append(target / "facilities.gpkg")
            sites.to_file(written[-1], driver="GPKG")
        study = target / "study.toml"
        study.write_text(_study_toml(place, crs.to_string()), encoding="utf-8")
    return [*written, study]


def _facilities(area: Any) -> gpd.GeoDataFrame:
    """Facilities of the kinds in `FACILITIES`, as points; none where the map has none."""
    try:
        found = ox.features_from_polygon(area, tags=FACILITIES)
    except ox._errors.InsufficientResponseError:
        return gpd.GeoDataFrame(geometry=[], crs="EPSG:4326")
    table = found[[c for c in _COLUMNS if c in found.columns]].reset_index(drop=True)
    points = found.geometry.representative_point().to_numpy()
    return gpd.GeoDataFrame(table, geometry=points, crs=found.crs)


@contextmanager
def _osm_errors(place: str) -> Iterator[None]:
    """Without OSMnx's cache folder in the working directory; failures as one kind of error."""
    before = ox.settings.use_cache
    ox.settings.use_cache = False
    try:
        yield
    except requests.RequestException as error:
        raise NoInternetError.of("network_faults.no_internet") from error
    except (ox._errors.InsufficientResponseError, TypeError, ValueError) as error:
        raise NoInternetError.of(
            "network_faults.nothing_fetched", place=place, why=error
        ) from error
    finally:
        ox.settings.use_cache = before


def _study_toml(place: str, crs: str) -> str:
    """A study to begin with: streets and boundary are there, people and sites are yours."""
    name = place.replace("\\", "").replace('"', "'")
    return f"""\
# Streets and boundary of {name.splitlines()[0]}, from OpenStreetMap (ODbL).
# Put your own files in for people and sites; `geoplan new DIR` shows every setting.

[study]
name = "{name}"
crs = "{crs}"
source = "OpenStreetMap (ODbL)"

[areas.district]
path = "boundary.gpkg"

[network.walk]
path = "walk.graphml"

[network.drive]
path = "drive.graphml"

# [demand.elderly_60]
# path = "communities.csv"
# weight = "pop60"
# datum = "wgs84"

# [services.meal_station]
# path = "meal_stations.csv"
# datum = "wgs84"
# demand = "elderly_60"
"""

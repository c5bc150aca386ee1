"""All streets of the demo city, laid in order: towns, villages, country roads, main roads."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from geoplan.demo_city.communities import place_communities
from geoplan.demo_city.geography import Land
from geoplan.demo_city.mesh import Ints, Lattice, Streets, town_mesh, village_mesh
from geoplan.demo_city.names import road_names
from geoplan.demo_city.noise import Array, Waves
from geoplan.demo_city.roads.country_roads import Hubs, bridges, gateways, link_places
from geoplan.demo_city.roads.highways import fast_roads, join_parts, raise_main_roads


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class City:
    """The land with its streets and communities.

    edges : ``u``, ``v``, ``kind`` (highway), ``line``, ``oneway``, ``bridge``, ``layer``,
        ``name``, ``bend`` (interior points or None).
    """

    land: Land
    xy: Array
    edges: pd.DataFrame
    communities: pd.DataFrame


def make_city(land: Land, rng: np.random.Generator) -> City:
    """Streets and communities upon the land."""
    streets = Streets()
    towns = _towns(streets, land, rng)
    laid_xy = np.vstack(streets.xy)
    town_nodes = np.concatenate([nodes for nodes, _ in towns])
    owner = _street_of(land, laid_xy[town_nodes])
    ok = owner >= 0
    codes = land.streets.index.to_numpy(object)
    communities = place_communities(land, rng, codes[owner[ok]], laid_xy[town_nodes][ok])
    village_hubs, islands = _villages(streets, communities, rng)
    bridge_hubs, spans = bridges(streets, land)
    laid_xy = np.vstack(streets.xy)
    gates = [
        gateways(laid_xy, nodes, group, every_m=650.0) for group, (nodes, _) in enumerate(towns)
    ]
    hubs = [village_hubs, bridge_hubs, *gates]
    link_places(
        streets,
        land,
        rng,
        Hubs(
            xy=np.vstack([h.xy for h in hubs]),
            group=np.concatenate([h.group for h in hubs]),
            nodes=[n for h in hubs for n in h.nodes],
        ),
    )
    edges = _table(streets)
    xy = np.vstack(streets.xy)
    group = np.concatenate(streets.group)
    named = {(u, v): name for u, v, name in spans}
    edges["bridge"] = [named.get(pair, "") for pair in zip(edges["u"], edges["v"], strict=True)]
    edges = _over_water(edges, xy, land, rng)
    edges = join_parts(edges, xy, group, land, islands)
    subdistricts = land.subdistricts
    in_towns = np.unique(edges.loc[edges["kind"].isin(["primary", "secondary"]), ["u", "v"]])
    near = cKDTree(xy[in_towns]).query(subdistricts[["x", "y"]].to_numpy(float))[1]
    edges = raise_main_roads(edges, xy, pd.Series(in_towns[near], index=subdistricts.index))
    edges["name"], edges["layer"] = "", 0
    edges = _bridge_tags(edges)
    edges, xy = fast_roads(edges, xy, rng)
    edges = road_names(edges, rng)
    edges["bend"] = _bends(edges, xy, rng)
    edges, xy = _used_only(edges, xy)
    communities = _really_off(communities, edges, xy)
    return City(land=land, xy=xy, edges=edges, communities=communities)


def _towns(streets: Streets, land: Land, rng: np.random.Generator) -> list[tuple[Ints, str]]:
    """The meshes of the main city and of every other subdistrict; (nodes, kind) by mesh group."""
    subdistricts = land.subdistricts
    core = subdistricts.index[subdistricts["core"]].tolist()
    shapely.prepare(land.no_building)

    def dry(xy: Array) -> NDArray[np.bool_]:
        return ~shapely.contains_xy(land.no_building, xy[:, 0], xy[:, 1])

    def in_core(xy: Array) -> NDArray[np.bool_]:
        return (land.built_up(xy, core) > 1) & dry(xy) & (land.height(xy) < 0.55)

    at = subdistricts.loc[core, ["x", "y"]].to_numpy(float)
    low, high = at.min(axis=0) - 2600, at.max(axis=0) + 2600
    towns = []
    line = 0
    nodes, line = town_mesh(
        streets,
        rng,
        Lattice(
            centre=tuple((low + high) / 2),
            half_size_m=tuple((high - low) / 2 + 800),
            spacing_m=(215.0, 235.0),
            turn=-0.045,
            wide_every=(3, 6),
        ),
        inside=in_core,
        first_line=line,
    )
    towns.append((nodes, "core"))
    before: list[str] = []
    for code, centre in subdistricts[~subdistricts["core"]].iterrows():
        earlier = before.copy()

        def in_town(
            xy: Array, code: str = str(code), earlier: list[str] = earlier
        ) -> NDArray[np.bool_]:
            ok = (land.built_up(xy, [code]) > 1) & dry(xy) & (land.height(xy) < 0.6)
            if ok.any():
                ok[ok] &= land.built_up(xy[ok], core) < 0.9
            if earlier and ok.any():
                ok[ok] &= land.built_up(xy[ok], earlier) < 0.9
            return ok

        size = float(centre["radius_m"]) * 1.9
        spacing = 195.0 if centre["radius_m"] > 1500 else 170.0
        nodes, line = town_mesh(
            streets,
            rng,
            Lattice(
                centre=(centre["x"], centre["y"]),
                half_size_m=(size, size),
                spacing_m=(spacing, spacing * rng.uniform(0.9, 1.25)),
                turn=rng.normal(0, 0.16),
                wide_every=(3, 5),
            ),
            inside=in_town,
            first_line=line,
        )
        towns.append((nodes, "town"))
        before.append(str(code))
    return towns


def _street_of(land: Land, xy: Array) -> NDArray[np.int64]:
    """The position of the street polygon that each point is in (-1: none)."""
    point, polygon = shapely.STRtree(land.streets.geometry.to_numpy()).query(
        shapely.points(xy), predicate="within"
    )
    owner = np.full(len(xy), -1)
    owner[point] = polygon
    return owner


def _villages(
    streets: Streets, communities: pd.DataFrame, rng: np.random.Generator
) -> tuple[Hubs, set[int]]:
    rows = communities[~communities["urban"] & (communities["access"] != "off_network")]
    xy, group, nodes, islands = [], [], [], set()
    for x, y, access in zip(rows["x"], rows["y"], rows["access"], strict=True):
        laid = village_mesh(streets, rng, np.array([x, y]), float(rng.random()))
        mesh = streets.n_groups - 1
        if access == "cut_off":
            islands.add(mesh)
            continue
        xy.append((x, y))
        group.append(mesh)
        nodes.append(laid)
    return Hubs(xy=np.array(xy), group=np.array(group), nodes=nodes), islands


def _table(streets: Streets) -> pd.DataFrame:
    edges = pd.DataFrame(
        {
            "u": np.concatenate(streets.u),
            "v": np.concatenate(streets.v),
            "kind": np.concatenate(streets.kind),
            "line": np.concatenate(streets.line),
            "oneway": np.concatenate(streets.oneway),
        }
    )
    return edges[edges["u"] != edges["v"]].reset_index(drop=True)


def _over_water(
    edges: pd.DataFrame, xy: Array, land: Land, rng: np.random.Generator
) -> pd.DataFrame:
    """Main roads cross small rivers by bridges, most lanes do not; nothing crosses a lake."""
    lines = shapely.linestrings(np.stack([xy[edges["u"]], xy[edges["v"]]], axis=1))
    lakes = land.water.geometry[land.water["kind"] == "lake"].to_numpy()
    wet = np.unique(shapely.STRtree(lakes).query(lines, predicate="intersects")[0])
    over = np.unique(
        shapely.STRtree(land.small_rivers.geometry.to_numpy()).query(lines, predicate="crosses")[0]
    )
    lane = edges["kind"].isin(
        ["residential", "living_street", "service", "footway", "track", "path"]
    )
    stays = np.ones(len(edges), dtype=bool)
    stays[wet] = False
    stays[over] &= ~lane.to_numpy()[over] | (rng.random(len(over)) < 0.2)
    crossing = np.zeros(len(edges), dtype=bool)
    crossing[over] = True
    bridge = edges["bridge"].to_numpy(object).copy()
    bridge[crossing & (bridge == "")] = "yes"
    return edges.assign(bridge=bridge)[stays].reset_index(drop=True)


def _bridge_tags(edges: pd.DataFrame) -> pd.DataFrame:
    """Named bridges: the name to `name`, "yes" to `bridge`, and a layer of their own."""
    bridge = edges["bridge"].to_numpy(object)
    is_bridge = bridge != ""
    name = np.where(is_bridge & (bridge != "yes"), bridge, edges["name"])
    return edges.assign(
        name=name, bridge=np.where(is_bridge, "yes", ""), layer=is_bridge.astype(int)
    )


def _bends(edges: pd.DataFrame, xy: Array, rng: np.random.Generator) -> NDArray[np.object_]:
    """Interior points of country roads, which wind."""
    bends = np.full(len(edges), None, dtype=object)
    rows = np.nonzero((edges["line"] == -2).to_numpy())[0]
    a, b = xy[edges["u"].to_numpy()[rows]], xy[edges["v"].to_numpy()[rows]]
    length = np.hypot(*(b - a).T)
    wide, fine = Waves(rng, 2600.0), Waves(rng, 700.0)
    count = np.clip(length / 260, 0, 8).astype(np.int64)
    road = np.repeat(np.arange(len(rows)), count)
    after = np.cumsum(count)
    t = (np.arange(1, len(road) + 1) - (after - count)[road]) / (count[road] + 1)
    p, along, metres = a[road], (b - a)[road], length[road]
    at = p + t[:, None] * along
    normal = np.column_stack([-along[:, 1], along[:, 0]]) / metres[:, None]
    aside = np.sin(np.pi * t) * np.minimum(0.055 * metres, 90.0) * (wide(at) + 0.5 * fine(at))
    drawn = np.round(at + aside[:, None] * normal, 2)
    for k in np.flatnonzero(count):
        bends[rows[k]] = drawn[after[k] - count[k] : after[k]]
    return bends


def _used_only(edges: pd.DataFrame, xy: Array) -> tuple[pd.DataFrame, Array]:
    used = np.unique(edges[["u", "v"]])
    new = np.full(len(xy), -1)
    new[used] = np.arange(len(used))
    return edges.assign(u=new[edges["u"]], v=new[edges["v"]]), xy[used]


def _really_off(communities: pd.DataFrame, edges: pd.DataFrame, xy: Array) -> pd.DataFrame:
    """Villages without a road that happen to stand near one have one."""
    off = np.nonzero((communities["access"] == "off_network").to_numpy())[0]
    at = shapely.points(communities.loc[off, ["x", "y"]].to_numpy(float))
    lines = shapely.linestrings(np.stack([xy[edges["u"]], xy[edges["v"]]], axis=1))
    near = shapely.STRtree(lines).query(at, predicate="dwithin", distance=620.0)[0]
    access = communities["access"].to_numpy(object).copy()
    access[off[np.unique(near)]] = "road"
    return communities.assign(access=access)

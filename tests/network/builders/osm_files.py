"""OpenStreetMap files drawn by hand: metres from a place in Jinan, written by osmium."""

from __future__ import annotations

import osmium
from pyproj import Transformer

CRS = "EPSG:4548"
X0, Y0 = 500_000.0, 4_058_000.0
to_lonlat = Transformer.from_crs(CRS, "EPSG:4326", always_xy=True)


class Node:
    def __init__(self, id, xy, **tags):
        self.id, self.tags = id, tags
        self.location = to_lonlat.transform(X0 + xy[0], Y0 + xy[1])


class Way:
    """`tags` hold ``__`` for the colon of a key."""

    def __init__(self, id, nodes, **tags):
        self.id, self.nodes = id, nodes
        self.tags = {key.replace("__", ":"): value for key, value in tags.items()}


class Relation:
    def __init__(self, id, members, **tags):
        self.id, self.members, self.tags = id, members, tags


def write(path, nodes, ways, relations=()):
    with osmium.SimpleWriter(str(path)) as writer:
        for node in nodes:
            writer.add_node(node)
        for way in ways:
            writer.add_way(way)
        for relation in relations:
            writer.add_relation(relation)
    return path

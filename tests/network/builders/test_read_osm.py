"""Ways are read as if the tags of each were looked at by themselves."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from geoplan.network.builders.osm_file import OsmSquare, read_osm
from geoplan.network.builders.osm_tags import (
    DECIDING_KEYS,
    KEPT_TAGS,
    STREET_FILTERS,
    direction,
    is_of_another_mode,
    odd_access,
    reason_left_out,
    reason_merged,
)
from geoplan.network.builders.tagging.ferries import ferry_minutes, is_ferry_of
from tests.network.builders.osm_files import Node, Way, write

WORDS = {
    "highway": [
        "residential",
        "primary",
        "footway",
        "steps",
        "service",
        "motorway",
        "pedestrian",
        "track",
        "proposed",
        "primary;steps",
        "residential;service",
        "cycleway",
        "platform",
    ],
    "route": ["ferry", "bus"],
    "duration": ["00:12", "8", "soon"],
    "service": ["alley", "private", "driveway"],
    "junction": ["roundabout", "circular", "yes"],
    "area": ["yes", "no"],
    "motorroad": ["yes", "no"],
    "layer": ["1", "-1"],
    "name": ["甲路", "乙路", "丙路"],
    "maxspeed": ["40", "fast"],
    "source": ["survey"],
    "lit": ["yes"],
}
ACCESS = ["yes", "no", "private", "designated", "destination", "residents", "no;yes", "delivery"]
ONEWAY = ["yes", "no", "-1", "reverse", "maybe"]


def random_tags(rng: np.random.Generator) -> dict[str, str]:
    tags = {}
    for key in ("highway", *WORDS, *DECIDING_KEYS):
        share = 0.9 if key == "highway" else 0.15 if key == "area" else 0.08
        if key not in tags and rng.random() < share:
            known = ONEWAY if key.startswith("oneway") else WORDS.get(key, ACCESS)
            tags[key] = str(rng.choice(known))
    return tags


def random_ways(seed: int) -> list[Way]:
    rng = np.random.default_rng(seed)
    ways = []
    for id in range(1, 400):
        nodes = rng.integers(1, 60, rng.integers(1, 7)).tolist()
        if rng.random() < 0.4:
            nodes.append(nodes[0])
        way = Way(id, nodes)
        way.tags = random_tags(rng)
        ways.append(way)
    return ways


def one_by_one(mode: str, ways: list[Way], *, ferries: bool) -> dict[str, object]:
    """What is to be read of the ways, each looked at by itself."""
    found = {name: [] for name in ("ids", "refs", "counts", "oneway", "tags", "squares")}
    left: dict[str, list[list[int]]] = {}
    minutes: dict[int, float | None] = {}
    conditional, others, odd = [0, 0], 0, Counter()
    for way in ways:
        tag, refs = way.tags.get, way.nodes
        if tag("highway") is None and tag("route") is None:
            continue
        kept = tuple(tag("route") if k == "highway" and not tag(k) else tag(k) for k in KEPT_TAGS)
        if (highway := tag("highway")) is None:
            if not is_ferry_of(mode, tag) or len(refs) < 2:
                continue
            if not ferries:
                left.setdefault("ferry", []).append(refs)
                continue
            minutes[len(found["ids"])] = ferry_minutes(tag("duration"))
        else:
            why = reason_merged(mode, tag) if ";" in highway else reason_left_out(mode, tag)
            if why == "tag" and mode == "walk" and len(refs) > 3 and refs[0] == refs[-1]:
                plain = {k: v for k, v in way.tags.items() if k != "area"}.get
                if tag("area") == "yes" and not reason_left_out("walk", plain):
                    found["squares"].append(OsmSquare(way.id, [refs], [], kept))
                    odd[odd_access(mode, tag)] += 1
                    continue
            if any(tag(key) for key in STREET_FILTERS[mode].conditional_keys):
                conditional[bool(why)] += 1
            if why or len(refs) < 2:
                left.setdefault(why or "short", []).append(refs)
                others += why == "class" and is_of_another_mode(mode, highway)
                continue
        for name, value in (("ids", way.id), ("counts", len(refs)), ("tags", kept)):
            found[name].append(value)
        found["refs"] += refs
        found["oneway"].append(direction(mode, tag))
        odd[odd_access(mode, tag)] += 1
    return {
        **found,
        "left_out": {why: len(runs) for why, runs in left.items()},
        "left_refs": {why: [n for run in runs for n in run] for why, runs in left.items()},
        "minutes": minutes,
        "conditional": tuple(conditional),
        "of_other_modes": others,
        "odd_access": dict(odd),
    }


@pytest.mark.parametrize("ferries", [False, True])
@pytest.mark.parametrize("seed", range(4))
def test_ways_are_read_as_if_each_were_alone(tmp_path, seed, ferries):
    ways = random_ways(seed)
    nodes = [Node(k, (10.0 * k, 7.0 * (k % 9)), barrier="gate") for k in range(1, 70)]
    path = write(tmp_path / "some.osm.pbf", nodes, ways)
    modes = ["walk", "drive"]
    read, read_nodes = read_osm(path, modes, ferries=[ferries, ferries])
    for mode, own in zip(modes, read, strict=True):
        expected = one_by_one(mode, ways, ferries=ferries)
        assert expected["ids"]
        assert expected["left_out"]
        assert {
            **{name: getattr(own, name).tolist() for name in ("ids", "refs", "counts", "oneway")},
            "tags": own.tags,
            "squares": own.squares,
            "left_out": own.left_out,
            "left_refs": {why: list(runs.refs) for why, runs in own.left_runs.items()},
            "minutes": own.minutes,
            "conditional": own.conditional,
            "of_other_modes": own.of_other_modes,
            "odd_access": dict(own.odd_access),
        } == expected
    tags = [w for w in ways if "highway" in w.tags or w.tags.get("route") == "ferry"]
    assert read_nodes.ids.tolist() == sorted({n for w in tags for n in w.nodes})


def test_nodes_that_were_never_uploaded_are_read(tmp_path):
    nodes = [Node(k, (10.0 * abs(k), 0.0)) for k in (-2, -1, 3)]
    path = write(tmp_path / "new.osm", nodes, [Way(1, [-1, -2], highway="path")])
    assert read_osm(path, ["walk"])[1].ids.tolist() == [-2, -1, 3]

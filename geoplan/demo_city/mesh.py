"""Street meshes: the irregular blocks of towns, and the lanes of villages.

A mesh is a bent lattice with holes. Some of its lines are wide roads; blocks between them are
opened by lanes, footways and dead ends.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import Delaunay

from geoplan.demo_city.noise import Array, Warp

Ints = NDArray[np.int64]


@dataclass(slots=True)
class Streets:
    """Street pieces as they are laid: nodes, and edges between them with what they are.

    `group`: per node, the mesh it belongs to. `kind`: the OSM highway value. `line`: a number
    that pieces of one named road share (-1: none). `oneway`: 1 along u->v.
    `bend`: interior points of a piece by its position in the lists.
    """

    xy: list[Array] = field(default_factory=list)
    group: list[Ints] = field(default_factory=list)
    u: list[Ints] = field(default_factory=list)
    v: list[Ints] = field(default_factory=list)
    kind: list[NDArray[np.object_]] = field(default_factory=list)
    line: list[Ints] = field(default_factory=list)
    oneway: list[Ints] = field(default_factory=list)
    n_nodes: int = 0
    n_groups: int = 0

    def add_nodes(self, xy: Array, group: int) -> Ints:
        """Add nodes; their numbers."""
        first = self.n_nodes
        self.xy.append(xy)
        self.group.append(np.full(len(xy), group))
        self.n_nodes += len(xy)
        return np.arange(first, self.n_nodes)

    def add_edges(
        self,
        u: Ints,
        v: Ints,
        kind: str | NDArray[np.object_],
        *,
        line: int | Ints = -1,
        oneway: int | Ints = 0,
    ) -> None:
        """Add pieces between nodes."""
        n = len(u)
        self.u.append(np.asarray(u))
        self.v.append(np.asarray(v))
        self.kind.append(np.full(n, kind, dtype=object) if isinstance(kind, str) else kind)
        self.line.append(np.full(n, line))
        self.oneway.append(np.full(n, oneway))


class Lattice(NamedTuple):
    """The lattice that a town's streets are bent from.

    Parameters
    ----------
    centre, half_size_m, spacing_m : along x and y; ``turn`` in radians.
    wide_every : how many blocks lie between two wide roads, at least and at most.
    """

    centre: tuple[float, float]
    half_size_m: tuple[float, float]
    spacing_m: tuple[float, float]
    turn: float
    wide_every: tuple[int, int]


def town_mesh(
    streets: Streets,
    rng: np.random.Generator,
    lattice: Lattice,
    *,
    inside: Callable[[Array], NDArray[np.bool_]],
    first_line: int,
) -> tuple[Ints, int]:
    """Lay the mesh of a town; the numbers of its nodes, and the next free line number.

    Parameters
    ----------
    inside : whether streets may be at points ``(n, 2)``.
    """
    centre, half_size_m, spacing_m, turn, wide_every = lattice
    nx = int(2 * half_size_m[0] / spacing_m[0]) + 1
    ny = int(2 * half_size_m[1] / spacing_m[1]) + 1
    gx, gy = _uneven(rng, nx, spacing_m[0]), _uneven(rng, ny, spacing_m[1])
    px, py = np.meshgrid(gx, gy, indexing="ij")
    flat = np.column_stack([px.ravel(), py.ravel()])
    flat += rng.normal(0, 0.055 * min(spacing_m), flat.shape)
    turned = flat @ np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    bend = Warp(rng, ((6500.0, 150.0), (2400.0, 45.0), (900.0, 9.0)))
    xy = np.round(bend(turned + np.asarray(centre)), 2)
    wide_x, wide_y = _wide_lines(rng, nx, wide_every), _wide_lines(rng, ny, wide_every)
    keep = inside(xy).reshape(nx, ny)
    on_wide = (wide_x[:, None] > 0) | (wide_y[None, :] > 0)
    keep &= on_wide | (rng.random((nx, ny)) > 0.05)
    number = np.full((nx, ny), -1)
    group = streets.n_groups
    streets.n_groups += 1
    number[keep] = streets.add_nodes(xy[keep.ravel()], group)
    cut: dict[tuple[int, int], list[tuple[float, int]]] = {}
    _open_blocks(streets, rng, number, xy.reshape(nx, ny, 2), group, cut)
    for axis, wide in ((0, wide_y), (1, wide_x)):
        _lay_lines(streets, rng, number, wide, axis=axis, first_line=first_line, cut=cut)
        first_line += len(wide)
    return number[keep], first_line


def _uneven(rng: np.random.Generator, n: int, spacing: float) -> Array:
    """Offsets of n lattice lines around 0, with uneven gaps."""
    gaps = spacing * rng.uniform(0.72, 1.32, n)
    offsets = np.cumsum(gaps)
    return offsets - offsets.mean()


def _wide_lines(rng: np.random.Generator, n: int, every: tuple[int, int]) -> Ints:
    """Per lattice line 0 (narrow), 1 (secondary), 2 (primary)."""
    wide = np.zeros(n, dtype=np.int64)
    at, count = int(rng.integers(1, every[0] + 1)), 0
    while at < n:
        count += 1
        wide[at] = 2 if count % 3 == 2 else 1
        at += int(rng.integers(every[0], every[1] + 1))
    return wide


def _open_blocks(
    streets: Streets,
    rng: np.random.Generator,
    number: Ints,
    xy: Array,
    group: int,
    cut: dict[tuple[int, int], list[tuple[float, int]]],
) -> None:
    """Lanes into blocks: some lead through, some end dead, some are footways or steps."""
    corner = (number[:-1, :-1], number[1:, :-1], number[:-1, 1:], number[1:, 1:])
    whole = np.logical_and.reduce([c >= 0 for c in corner])
    i, j = np.nonzero(whole & (rng.random(whole.shape) < 0.62))
    t, depth, through = (
        rng.uniform(0.25, 0.75, len(i)),
        rng.uniform(0.3, 0.62, len(i)),
        rng.random(len(i)),
    )
    low = xy[i, j] + t[:, None] * (xy[i + 1, j] - xy[i, j])
    high = xy[i, j + 1] + t[:, None] * (xy[i + 1, j + 1] - xy[i, j + 1])
    middle = low + depth[:, None] * (high - low) + rng.normal(0, 9, low.shape)
    a = streets.add_nodes(np.round(low, 2), group)
    m = streets.add_nodes(np.round(middle, 2), group)
    leads = through < 0.45
    b = streets.add_nodes(np.round(high[leads], 2), group)
    kind = _pick(
        rng,
        len(i),
        (
            ("residential", 0.35),
            ("living_street", 0.2),
            ("service", 0.2),
            ("footway", 0.22),
            ("steps", 0.03),
        ),
    )
    streets.add_edges(a, m, kind)
    streets.add_edges(m[leads], b, kind[leads])
    # a spur off the middle, into the yards
    spur = rng.random(len(i)) < 0.4
    side = (xy[i + 1, j] - xy[i, j])[spur] * rng.choice([-0.27, 0.27], spur.sum())[:, None]
    s = streets.add_nodes(np.round(middle[spur] + side, 2), group)
    streets.add_edges(m[spur], s, _pick(rng, len(s), (("service", 0.5), ("footway", 0.5))))
    for k in range(len(i)):
        cut.setdefault((number[i[k], j[k]], number[i[k] + 1, j[k]]), []).append((t[k], a[k]))
    for k, end in zip(np.nonzero(leads)[0].tolist(), b.tolist(), strict=True):
        key = (number[i[k], j[k] + 1], number[i[k] + 1, j[k] + 1])
        cut.setdefault(key, []).append((t[k], end))


def _pick(
    rng: np.random.Generator, n: int, shares: tuple[tuple[str, float], ...]
) -> NDArray[np.object_]:
    names = np.array([name for name, _ in shares], dtype=object)
    return names[np.searchsorted(np.cumsum([s for _, s in shares]), rng.random(n) * 0.999999)]


def _lay_lines(
    streets: Streets,
    rng: np.random.Generator,
    number: Ints,
    wide: Ints,
    *,
    axis: int,
    first_line: int,
    cut: dict[tuple[int, int], list[tuple[float, int]]],
) -> None:
    """The pieces along one axis, cut where lanes begin; narrow ones are missing here and there."""
    lines = number if axis == 0 else number.T
    a, b = lines[:-1], lines[1:]
    row = np.broadcast_to(np.arange(a.shape[1]), a.shape)
    there = (a >= 0) & (b >= 0) & ((wide[row] > 0) | (rng.random(a.shape) > 0.09))
    u, v, row = a[there], b[there], row[there]
    names = np.array(["residential", "secondary", "primary"], dtype=object)
    narrow = np.where(rng.random(len(wide)) < 0.22, "tertiary", "residential").astype(object)
    kind = np.where(wide[row] > 0, names[wide[row]], narrow[row])
    oneway_line = (rng.random(len(wide)) < 0.1) & (wide == 0)
    oneway = np.where(oneway_line[row], np.where(row % 2 == 0, 1, -1), 0)
    parts: list[tuple[int, int, int]] = []
    for k, (p, q) in enumerate(zip(u.tolist(), v.tolist(), strict=True)):
        inner = [n for _, n in sorted(cut.get((p, q), []))]
        chain = [p, *inner, q]
        parts += [(s, e, k) for s, e in itertools.pairwise(chain)]
    if not parts:
        return
    table = np.array(parts)
    of = table[:, 2]
    streets.add_edges(
        table[:, 0], table[:, 1], kind[of], line=first_line + row[of], oneway=oneway[of]
    )


def village_mesh(
    streets: Streets, rng: np.random.Generator, centre: Array, people_rank: float
) -> Ints:
    """Lay a village: a few lanes with dead ends; the numbers of its lane nodes.

    people_rank : 0 (hamlet) .. 1 (large village).
    """
    nx = 2 + int(rng.random() < 0.4 + 0.5 * people_rank) + int(people_rank > 0.75)
    ny = 2 + int(rng.random() < 0.25 + 0.5 * people_rank)
    step = rng.uniform(70, 125)
    px, py = np.meshgrid(np.arange(nx) - (nx - 1) / 2, np.arange(ny) - (ny - 1) / 2, indexing="ij")
    flat = step * np.column_stack([px.ravel(), py.ravel() * rng.uniform(0.8, 1.25)])
    flat += rng.normal(0, 0.1 * step, flat.shape)
    turn = rng.normal(0, 0.22)
    turned = flat @ np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    group = streets.n_groups
    streets.n_groups += 1
    nodes = streets.add_nodes(np.round(turned + centre, 2), group)
    number = nodes.reshape(nx, ny)
    streets.add_edges(number[:-1].ravel(), number[1:].ravel(), "residential")
    across_u, across_v = number[:, :-1], number[:, 1:]
    keep = rng.random(across_u.shape) < 0.62
    keep[int(rng.integers(nx))] = True
    streets.add_edges(across_u[keep], across_v[keep], "living_street")
    ends = np.concatenate([number[0], number[-1]])
    out = np.repeat([-1.0, 1.0], ny)
    dead = rng.random(len(ends)) < 0.3
    if dead.any():
        axis = np.array([np.cos(turn), np.sin(turn)])
        reach = rng.uniform(35, 90, dead.sum())
        tips = (turned + centre)[ends[dead] - nodes[0]] + (out[dead] * reach)[:, None] * axis
        tip = streets.add_nodes(np.round(tips, 2), group)
        streets.add_edges(ends[dead], tip, _pick(rng, len(tip), (("track", 0.5), ("footway", 0.5))))
    return nodes


def delaunay_edges(xy: Array) -> Ints:
    """The edges of the Delaunay triangulation of points, ``(n, 2)``, the smaller number first."""
    corners = Delaunay(xy).simplices
    pairs = np.vstack([corners[:, [0, 1]], corners[:, [1, 2]], corners[:, [2, 0]]])
    return np.unique(np.sort(pairs, axis=1), axis=0).astype(np.int64)

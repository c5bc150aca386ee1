"""Coverage for the public: a ledger with small numbers suppressed, points no finer than areas."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from geoplan.coverage.ledger import STATES, Coverage, Ledger
from geoplan.disclosure.audit import FinerCells
from geoplan.disclosure.suppression import suppressed_cells
from geoplan.disclosure.urban_rural import common_kinds, finest_area, suppressed_with_urban_rural
from geoplan.errors import UsageError
from geoplan.inputs.layers import AreaLayer
from geoplan.tolerances import EMPTY_ROW_WEIGHT

_CELLS = ("total", *STATES)
#: what all services of the same people have in common
_SHARED = ("total", "off_network", "unlocated")
_SHARED_AT = [_CELLS.index(name) for name in _SHARED]
#: worth of people in all, of those served, and of the rest of what is shared, beside other states
_WORTH = (8.0, 2.0, 4.0)
#: times as much worth where another run of the same people publishes it
_OF_ALL_RUNS = 1e4
#: times as much worth as an area of the next finer level
_COARSER = 3.0
Name = TypeVar("Name", bound=Hashable)


@dataclass(frozen=True, kw_only=True, slots=True)
class PublicLedger(Ledger):
    """Six numbers of which some are withheld, NaN, and their total, which may be published."""

    people: float = np.nan

    @property
    def total(self) -> float:
        """All people; the states that are published do not sum to them."""
        return self.people


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class PublicCoverage(Coverage):
    """Coverage whose small numbers are NaN.

    city, tables : the six numbers of the whole city and by area, NaN where suppressed.
    totals_published, urban_rural_published : whether other tables may publish the city's people and
        how many of them are served, and the same of town and country, and disclose no cell.
    """

    city: Ledger = field(default_factory=Ledger)
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    totals_published: bool = False
    urban_rural_published: bool = False

    def __post_init__(self) -> None:
        """A ledger with suppressed cells cannot be added up."""

    @property
    def ledger(self) -> Ledger:
        """The city's six numbers."""
        return self.city

    def people_by_site(self) -> pd.Series:
        """Empty, as a site's users are few."""
        return pd.Series(dtype=float, name="people")

    def by_area(self, level: str) -> pd.DataFrame:
        """The ledger per area, NaN where suppressed; see `Coverage.by_area`."""
        if level not in self.tables:
            known = ", ".join(self.tables) or "none"
            raise UsageError.of("call_faults.no_level_edition", level=level, known=known)
        return self.tables[level].copy()


def public_coverages(
    whole: Mapping[Name, Coverage],
    areas: Mapping[str, AreaLayer],
    finest: Mapping[Name, str | None],
    *,
    below: float,
) -> dict[Name, PublicCoverage]:
    """Coverages of the same people with the same cells suppressed in all of them.

    Services of one demand share its totals, and a plan leaves most numbers as they are: what one
    table publishes would disclose what another one suppresses.

    Parameters
    ----------
    whole : coverages by any name; all of one demand layer.
    areas : levels, coarsest first.
    finest : by the same names, the finest level that may be published; None = the whole city only.
    below : numbers above 0 and below this are small.
    """
    known = [level for level in areas if level in finest.values()]
    deepest = known[-1] if known else None
    levels = list(areas)[: list(areas).index(deepest) + 1] if deepest is not None else []
    tables = {name: {level: c.by_area(level) for level in levels} for name, c in whole.items()}
    cities = {name: pd.Series(c.ledger.to_dict())[list(_CELLS)] for name, c in whole.items()}
    starts, sums = _cell_sums(tables[next(iter(whole))], areas, levels)
    cells = [
        np.concatenate(
            [cities[name].to_numpy(float)]
            + [tables[name][level][list(_CELLS)].to_numpy(float).ravel() for level in levels]
        )
        for name in whole
    ]
    kind = np.arange(len(cells[0])) % len(_CELLS)
    same = np.all([c == cells[0] for c in cells], axis=0)
    shared = np.isin(kind, _SHARED_AT) & same
    coverages = list(whole.values())
    ordered = _ordered(coverages)
    worth = _worth(starts, levels, len(cells[0]))
    common = _of_all_runs(cells, sums, shared, worth, below)
    mask = suppressed_cells(
        cells,
        sums,
        below=below,
        start=common,
        worth=np.where(np.isin(kind, _SHARED_AT) & ~common, worth * _OF_ALL_RUNS, worth),
        shared=shared,
        ordered=ordered,
        finer=_reach_groups(coverages, levels, tables[next(iter(whole))], starts),
    )
    kinds, with_kinds = common_kinds(coverages), None
    if kinds is not None:
        row_areas = None
        if levels:
            finest_table, start = tables[next(iter(whole))][levels[-1]], starts[levels[-1]]
            row_areas = finest_area(coverages[0], levels[-1], finest_table, start, len(_CELLS))
        with_kinds = suppressed_with_urban_rural(
            mask, cells, sums, coverages, kinds, areas=row_areas, below=below
        )
    mask = mask if with_kinds is None else with_kinds
    public = {}
    for name, coverage in whole.items():
        last = finest[name]
        own = levels[: levels.index(last) + 1] if last is not None else []
        tables_out = {
            level: _suppressed(tables[name][level], mask[starts[level] : starts[level + "/end"]])
            for level in own
        }
        city = cities[name].where(~mask[: len(_CELLS)])
        public[name] = PublicCoverage(
            service=coverage.service,
            standard=coverage.standard,
            frame=_points(coverage, tables_out.get(last or ""), last),
            areas={level: areas[level] for level in own},
            city=PublicLedger(
                people=float(city["total"]), **{state: float(city[state]) for state in STATES}
            ),
            tables=tables_out,
            totals_published=not mask[:2].any(),
            urban_rural_published=with_kinds is not None,
        )
    return public


def _worth(starts: Mapping[str, int], levels: list[str], count: int) -> NDArray[np.float64]:
    """How much it is worth to publish each cell: the city's and coarse areas' most, then people."""
    kind = np.arange(count) % len(_CELLS)
    worth = np.select([kind == 0, kind == 1, np.isin(kind, _SHARED_AT)], _WORTH, 1.0)
    worth[: len(_CELLS)] *= _COARSER ** (len(levels) + 1)
    for depth, level in enumerate(levels):
        worth[starts[level] : starts[level + "/end"]] *= _COARSER ** (len(levels) - 1 - depth)
    return worth


def _of_all_runs(
    cells: list[NDArray[np.float64]],
    sums: sparse.csr_matrix,
    shared: NDArray[np.bool_],
    worth: NDArray[np.float64],
    below: float,
) -> NDArray[np.bool_]:
    """What is suppressed of people in all, off the network, and without a place, by these alone.

    Whatever the standards are, so that two runs of the same people withhold the same of it: one
    would tell what the other withholds. All others stand together in place of those served.
    """
    width, tables = len(_CELLS), {}
    for one in cells:
        table = one.reshape(-1, width).copy()
        rest = [k for k in range(width) if k not in _SHARED_AT]
        table[:, rest[0]] = table[:, rest].sum(axis=1)
        table[:, rest[1:]] = 0.0
        tables[table.tobytes()] = table.ravel()
    # rather of large areas: their other people are in several states, one of which is enough
    size = np.max(list(tables.values()), axis=0)
    rather = worth * (1.5 - 0.5 * size / max(size[width:].max(initial=0.0), 1.0)).clip(min=1.0)
    mask = suppressed_cells(list(tables.values()), sums, below=below, worth=rather, shared=shared)
    return mask & np.isin(np.arange(len(mask)) % width, _SHARED_AT)


def _ordered(coverages: list[Coverage]) -> list[tuple[int, int]]:
    """Pairs of coverages of one service: its first with each other one."""
    first: dict[str, int] = {}
    pairs = [(first.setdefault(c.service, k), k) for k, c in enumerate(coverages)]
    return [(one, other) for one, other in pairs if one != other]


def _reach_groups(
    coverages: list[Coverage],
    levels: list[str],
    tables: Mapping[str, pd.DataFrame],
    starts: Mapping[str, int],
) -> FinerCells | None:
    """People of one finest area in groups: those of a group are in one state, in every coverage.

    Who lives where and which site reaches it can be seen on any map of the city.
    """
    if not levels:
        return None
    codes, _ = finest_area(coverages[0], levels[-1], tables[levels[-1]], 0, 1)
    states = [c.frame[list(STATES)].to_numpy(float) for c in coverages]
    pattern = np.column_stack([codes, *(s > 0 for s in states)])
    _, first, group = np.unique(pattern, axis=0, return_index=True, return_inverse=True)
    count, width = len(first), len(_CELLS)
    of_row = sparse.csr_matrix(
        (np.ones(len(group)), (group.ravel(), np.arange(len(group)))), shape=(count, len(group))
    )
    values = [of_row @ np.column_stack([s.sum(axis=1), s]) for s in states]
    whole = starts[levels[-1] + "/end"]
    parts = np.arange(count * width).reshape(count, width) + whole
    base = starts[levels[-1]] + width * codes[first]
    # the groups of an area sum to it, cell by cell; the states of a group to its total
    line = base[:, None] - starts[levels[-1]] + np.arange(width)
    n_lines = width * len(tables[levels[-1]])
    areas = np.arange(n_lines)
    rows = [line.ravel(), areas, np.repeat(n_lines + np.arange(count), width)]
    columns = [parts.ravel(), areas + starts[levels[-1]], parts.ravel()]
    signs = [
        np.ones(count * width),
        -np.ones(n_lines),
        np.tile([-1.0] + [1.0] * (width - 1), count),
    ]
    sums = sparse.csr_matrix(
        (np.concatenate(signs), (np.concatenate(rows), np.concatenate(columns))),
        shape=(n_lines + count, whole + count * width),
    )
    flat = [v.ravel() for v in values]
    same = np.all([v == flat[0] for v in flat], axis=0)
    kind = np.isin(np.arange(width), _SHARED_AT)
    return FinerCells(tables=flat, sums=sums, shared=np.tile(kind, count) & same)


def _suppressed(table: pd.DataFrame, mask: np.ndarray) -> pd.DataFrame:
    published = table.copy()
    columns = list(_CELLS)
    published[columns] = (
        published[columns].astype(float).mask(mask.reshape(len(table), len(columns)))
    )
    people = published["total"]
    published["covered_share"] = published["served"] / people.where(people > 0)
    return published


def _cell_sums(
    tables: Mapping[str, pd.DataFrame], areas: Mapping[str, AreaLayer], levels: list[str]
) -> tuple[dict[str, int], sparse.csr_matrix]:
    """Where each level's cells begin, and each sum among them and the city's: a row of +1, -1."""
    width = len(_CELLS)
    starts: dict[str, int] = {}
    at = width
    for level in levels:
        starts[level] = at
        at += width * len(tables[level])
        starts[level + "/end"] = at
    rows, columns, signs = [], [], []
    count = 0

    def add(whole: int, parts: np.ndarray) -> None:
        nonlocal count
        rows.extend([count] * (len(parts) + 1))
        columns.extend([whole, *parts.tolist()])
        signs.extend([-1.0] + [1.0] * len(parts))
        count += 1

    heads = [0]
    for level in levels:
        heads += list(range(starts[level], starts[level + "/end"], width))
    for start in heads:  # the states of an area sum to its total
        add(start, np.arange(start + 1, start + width))
    for depth, level in enumerate(levels):
        table = tables[level]
        own = starts[level] + width * np.arange(len(table))
        if depth == 0 or areas[level].parent != levels[depth - 1]:
            groups = {0: own}
        else:
            above = tables[levels[depth - 1]]
            begins = {
                code: starts[levels[depth - 1]] + width * k for k, code in enumerate(above.index)
            }
            parent = areas[level].frame["parent"]
            head = np.array(
                [begins.get(parent.get(code), begins.get("", -1)) for code in table.index]
            )
            groups = {int(h): own[head == h] for h in np.unique(head) if h >= 0}
        for whole, parts in groups.items():
            for cell in range(width):
                add(whole + cell, parts + cell)
    shape = (count, at)
    return starts, sparse.csr_matrix((signs, (rows, columns)), shape=shape)


def _points(coverage: Coverage, table: pd.DataFrame | None, level: str | None) -> gpd.GeoDataFrame:
    """One row per area of `level` in place of the demand rows; a suppressed one has no location."""
    source = coverage.frame
    if table is None or level is None:
        return source.iloc[:0].copy()
    located = source[source.geometry.notna()]
    codes = located[level].astype("string").fillna("")
    weight = located["people"].to_numpy(float) + EMPTY_ROW_WEIGHT
    parts = pd.DataFrame(
        {
            "x": located.geometry.x.to_numpy() * weight,
            "y": located.geometry.y.to_numpy() * weight,
            "weight": weight,
        }
    )
    middle = parts.groupby(codes.to_numpy()).sum()
    x = (middle["x"] / middle["weight"]).reindex(table.index)
    y = (middle["y"] / middle["weight"]).reindex(table.index)
    located_area = table["total"].notna() & x.notna() & (table.index != "") & (table["total"] > 0)
    points = gpd.GeoSeries(gpd.points_from_xy(x, y), index=table.index, crs=source.crs)
    frame = gpd.GeoDataFrame(
        {
            "name": table["name"].astype(str),
            "people": table["total"],
            **{state: table[state] for state in STATES},
            "site": pd.NA,
            "cost": np.nan,
            "reason": _reason(table),
            level: table.index,
        },
        geometry=points.where(located_area),
        crs=source.crs,
    )
    step, child = level, pd.Series(table.index, index=table.index, dtype=object)
    layers = coverage.areas
    while step in layers and layers[step].parent in layers:
        child = child.map(layers[step].frame["parent"])
        step = str(layers[step].parent)
        frame[step] = child
    return frame


def _reason(table: pd.DataFrame) -> pd.Series:
    """The state with most people among those not served; "" where all are served."""
    missed = table[list(STATES[1:])].fillna(0.0)
    return missed.idxmax(axis=1).where(missed.max(axis=1) > 0, "")

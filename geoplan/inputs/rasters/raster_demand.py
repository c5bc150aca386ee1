"""Demand from population rasters: cut to the study, shared among its areas, every doubt told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from geoplan.errors import FileError
from geoplan.inputs.allocation import location_order, whole_in_areas
from geoplan.inputs.files.gate.regular_file import checked_file
from geoplan.inputs.files.source import LayerSource
from geoplan.inputs.files.unused_keys import other_crs, unused_keys
from geoplan.inputs.findings.collector import FindingCollector
from geoplan.inputs.findings.finding import InputRecord, Loaded
from geoplan.inputs.layers import AreaLayer
from geoplan.inputs.location.extent import LocationContext
from geoplan.inputs.membership.assign_areas import codes_by_location, put_levels
from geoplan.inputs.rasters.combine import combine
from geoplan.inputs.rasters.cut import COUNTED_CELLS, CutRaster, cut_raster
from geoplan.inputs.rasters.doubts import Doubt, no_people, odd_numbers
from geoplan.inputs.rasters.open_raster import PopulationRaster, open_raster
from geoplan.inputs.rasters.points import DemandPoints, demand_points
from geoplan.inputs.rasters.share import AreaShapes, Pieces, share_cells
from geoplan.inputs.rasters.study_ground import StudyGround, covered_share
from geoplan.tolerances import RASTER_COVERS

#: share without data from which it is told; share of the people in cells that the border cuts
_NO_DATA, _CUT = 0.01, 0.05
#: a raster beyond the reach of streets is usual; told where it misses more than this
_REACH_COVERS = 0.2
#: a column with the place of each row's level in the chain, the coarsest 1; 0 = in no area
_RANK = " rank"
#: people; fewer outside are rounding
_NOBODY = 0.5


@dataclass(kw_only=True, slots=True, eq=False)
class _OneRaster:
    """A raster, what was found about it, and how many of its cells count."""

    collector: FindingCollector
    cut: CutRaster
    rows: int = 0
    accepted: int = 0

    def loaded(self) -> Loaded[Any]:
        return self.counted(self.collector.loaded(None))

    def counted(self, one: Loaded[Any]) -> Loaded[Any]:
        return replace(one, record=self.record(one.record))

    def record(self, record: InputRecord) -> InputRecord:
        """`record` with the cells inside the study that hold numbers, and those that count.

        The cells outside are told by a finding: a raster of the whole country has the counts of
        one that was cut to the study before.
        """
        return replace(
            record,
            rows=self.rows,
            accepted=self.accepted,
            set_aside=self.rows - self.accepted,
            warned=0,
        )


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class RasterDemand:
    """Demand from rasters, its people not yet whole.

    frame : a row per cell, block or part of a cell with people. rasters : one per file. order :
        positions of the rows along a curve on which neighbours stand together.
    """

    frame: gpd.GeoDataFrame
    levels: tuple[str, ...]
    rasters: list[_OneRaster] = field(repr=False)

    @property
    def order(self) -> np.ndarray:
        """Positions of the rows along a Hilbert curve."""
        return location_order(self.frame.geometry)

    def whole(self) -> gpd.GeoDataFrame:
        """The rows in whole people: the total and every area's kept; rows left without are gone."""
        frame = self.frame
        codes = [frame[level].to_numpy(object) for level in self.levels]
        people = whole_in_areas(frame["people"].to_numpy(np.float64), codes, self.order)
        kept = people > 0
        if not kept.any():
            raise FileError.of("file_faults.raster_nobody")
        return frame.assign(people=people.astype(np.float64))[kept]

    def loaded(self, one: Loaded[Any]) -> Loaded[Any]:
        """`one` with the counts of the first raster, and the other rasters beside it."""
        first, *others = self.rasters
        return replace(first.counted(one), also=(*(o.loaded() for o in others), *one.also))


def demand_of_rasters(
    sources: list[LayerSource], collector: FindingCollector, key: str, context: LocationContext
) -> RasterDemand:
    """A row per cell with people inside the study, per area where it lies in several.

    Raises
    ------
    FileError
        A raster is not there or cannot be read as people per cell, grids differ on the same
        ground, or nobody lives in the study.
    """
    _refuse_missing(sources)
    ground = StudyGround.of(context)
    rasters: list[_OneRaster] = []
    for source in sources:
        own = collector if not rasters else FindingCollector(source=source, lang=collector.lang)
        rasters.append(_read(source, own, ground))
    _report_cover(collector, [one.cut for one in rasters], ground)
    grids, twice = combine([one.cut for one in rasters])
    for same in twice:
        one = next(r for r in rasters if r.cut.raster is same.raster)
        one.accepted -= 0 if same.added else same.count
        one.collector.about_file(
            "raster_seam" if same.added else "raster_same_twice",
            "warning",
            assumed=True,
            count=same.count,
            people=f"{same.people:,.0f}",
            other=same.earlier.name,
        )
    frames: list[pd.DataFrame] = []
    points: list[gpd.GeoSeries] = []
    cut_people = 0.0
    for grid in grids:
        levels = ground.levels(grid.crs)
        pieces = share_cells(grid, levels)
        cut_people += float(pieces.people[pieces.cut].sum())
        found = demand_points(grid, pieces, levels, crs=context.crs, anchor=ground.anchor(grid))
        _report_blocks(collector, found, pieces)
        frames.append(_rows(found, levels, ground.areas))
        points.append(found.points)
    people = pd.concat(frames, ignore_index=True)
    total = float(people["people"].sum())
    if total < _NOBODY:
        raise FileError.of("file_faults.raster_nobody")
    if ground.has_areas and cut_people > _CUT * total:
        collector.about_file("raster_cut_cells", "note", share=f"{cut_people / total:.0%}")
    geometry = pd.concat(points, ignore_index=True)
    frame = gpd.GeoDataFrame(
        people.drop(columns=_RANK).assign(**_codes(people, geometry, ground)),
        geometry=geometry.to_numpy(),
        crs=context.crs,
    )
    frame.index = pd.Index([f"{key}-{k}" for k in range(1, len(frame) + 1)], name="id")
    return RasterDemand(frame=frame[frame["people"] > 0], levels=ground.chain, rasters=rasters)


def _refuse_missing(sources: Sequence[LayerSource]) -> None:
    missing = [s.label for s in sources if not Path(s.path).exists()]
    if missing:
        raise FileError.of("file_faults.not_there_named", names=", ".join(missing))
    for source in sources:
        checked_file(Path(source.path))
        if source.where is not None:
            raise FileError.of("file_faults.raster_where", name=source.label, where=source.where)
        if source.datum in ("gcj02", "bd09"):
            raise FileError.of("file_faults.raster_datum", name=source.label, datum=source.datum)


def _tell_unused(
    source: LayerSource, raster: PopulationRaster, collector: FindingCollector
) -> None:
    """Settings that rasters have no use for; `layer` names a band."""
    for code, values in unused_keys(source):
        collector.about_file(code, "warning", **values)
    if source.columns:
        value, ending = ", ".join(source.columns), source.suffix
        collector.about_file("key_unused", "warning", key="columns", value=value, ending=ending)
    if raster.carries_crs and (other := other_crs(source.crs, raster.crs)):
        collector.about_file("crs_unused", "warning", given=other["given"], own=other["own"])


def _read(source: LayerSource, collector: FindingCollector, ground: StudyGround) -> _OneRaster:
    """One raster inside the study, without the cells that hold no number of people."""
    raster = open_raster(
        Path(source.path), crs=source.crs, layer=source.layer, unit=source.unit or None
    )
    _tell_unused(source, raster, collector)
    if raster.said and not raster.asked:
        raise FileError.of("file_faults.raster_density", name=source.label, said=raster.said)
    if raster.asked and raster.unit != "people":
        collector.about_file("raster_unit", "note", unit=raster.unit)
    if (raster.scale, raster.offset) != (1.0, 0.0):
        collector.about_file(
            "raster_scale",
            "note",
            assumed=True,
            count=1,
            scale=f"{raster.scale:g}",
            offset=f"{raster.offset:g}",
        )
    shapes, further = ground.shapes(raster.crs)
    cut = cut_raster(raster, shapes, further)
    left_out, doubts = no_people(cut.stored, cut.people, cut.km2, raster.dtype)
    _tell(collector, doubts, raster, instead="raster_impossible")
    kept = ~left_out
    fields = ("row", "column", "stored", "people", "km2")
    cut = replace(cut, **{name: getattr(cut, name)[kept] for name in fields})
    odd = odd_numbers(cut.stored, cut.people, cut.km2, raster.dtype)
    _tell(collector, odd, raster, instead="raster_dense")
    if cut.outside_cells is None:
        collector.about_file(
            "raster_not_counted", "note", assumed=True, count=1, most=f"{COUNTED_CELLS:,}"
        )
    outside = cut.outside_cells or 0
    if cut.outside_people >= _NOBODY:
        collector.about_file(
            "raster_outside" if ground.has_areas else "raster_beyond_streets",
            "note",
            assumed=True,
            count=outside,
            cells=f"{outside:,}",
            people=f"{cut.outside_people:,.0f}",
            inside=f"{cut.people.sum():,.0f}",
        )
    if ground.has_areas and cut.no_data_share > _NO_DATA:
        collector.about_file("raster_no_data", "note", share=f"{cut.no_data_share:.0%}")
    return _OneRaster(
        collector=collector,
        cut=cut,
        rows=len(left_out),
        accepted=len(cut.row),
    )


def _tell(
    collector: FindingCollector, doubts: Sequence[Doubt], raster: PopulationRaster, *, instead: str
) -> None:
    """The doubts as findings; numbers that are no people per cell are refused.

    instead : code of the finding where the study insists on the unit.
    """
    for doubt in doubts:
        code = doubt.code
        if code in ("raster_not_people", "raster_no_city"):
            if not raster.asked:
                name = collector.source.label
                raise FileError.of(f"file_faults.{code}", name=name, **doubt.values)
            code = instead if code == "raster_not_people" else "raster_dense_city"
        collector.about_file(code, "warning", assumed=True, **doubt.values)


def _report_cover(
    collector: FindingCollector, cuts: Sequence[CutRaster], ground: StudyGround
) -> None:
    """A warning where the rasters do not cover the study, and for areas without any data."""
    if not ground.has_shapes:
        people = sum(float(cut.people.sum()) for cut in cuts)
        collector.about_file(
            "raster_uncut", "note", assumed=True, count=len(cuts), people=f"{people:,.0f}"
        )
        return
    rasters: list[PopulationRaster] = [cut.raster for cut in cuts]
    covered = covered_share(rasters, ground)
    missed = 1.0 - covered.of_all
    known = np.sum([cut.known_by_area for cut in cuts], axis=0)[: len(covered.by_area)]
    cells = np.sum([cut.by_area for cut in cuts], axis=0)[: len(covered.by_area)]
    empty = (covered.by_area < RASTER_COVERS) | ((known == 0) & (cells > 0))
    if not ground.has_areas:
        if missed > _REACH_COVERS:
            collector.about_file(
                "raster_misses_streets", "warning", assumed=True, count=1, share=f"{missed:.0%}"
            )
        return
    if missed > RASTER_COVERS or empty.any():
        names = ", ".join(ground.names[empty][:10]) + (" …" if empty.sum() > 10 else "")
        collector.about_file(
            "raster_partly",
            "warning",
            assumed=True,
            count=int(empty.sum()),
            share=f"{missed:.1%}",
            names=names or "-",
        )
    if ground.without_outline:
        collector.about_file(
            "raster_no_outline", "warning", assumed=True, count=ground.without_outline
        )


def _report_blocks(collector: FindingCollector, one: DemandPoints, pieces: Pieces) -> None:
    if one.block > 1:
        collector.about_file(
            "raster_blocks",
            "note",
            block=one.block,
            count=f"{len(one.people):,}",
            cells=f"{len(np.unique(pieces.cell)):,}",
        )


def _rows(
    points: DemandPoints, levels: Sequence[AreaShapes], areas: Mapping[str, AreaLayer]
) -> pd.DataFrame:
    """Name, people and area codes of the points of one grid, where the areas decide."""
    frame = pd.DataFrame({"name": "", "people": points.people, _RANK: 0})
    for level in areas:
        frame[level] = pd.Series(pd.NA, index=frame.index, dtype=object)
    for k, one in enumerate(levels):
        at = np.flatnonzero((points.level == k) & (points.area >= 0))
        codes = pd.Series(one.codes[points.area[at]], index=at, dtype=object)
        added = pd.DataFrame(index=codes.index)
        put_levels(added, codes, one.level, areas)
        frame.loc[at, list(added.columns)] = added
        frame.loc[at, _RANK] = len(levels) - k
    return frame


def _codes(
    frame: pd.DataFrame, geometry: gpd.GeoSeries, ground: StudyGround
) -> dict[str, pd.Series]:
    """Codes per level: as the cells were shared, else by location."""
    found: dict[str, pd.Series] = {}
    for level, layer in ground.areas.items():
        codes = frame[level]
        lacking = codes.isna()
        if level in ground.chain:  # a part of a cell that no area of a finer level covers has none
            rank = frame[_RANK]
            lacking &= (rank == 0) | (rank > ground.chain.index(level))
        if lacking.any() and layer.has_polygons:
            by_location = codes_by_location(layer, geometry, geometry.index)
            codes = codes.where(~lacking, by_location)
        found[level] = codes
    return found

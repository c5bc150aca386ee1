"""The results of one county of a run, as a run of its own: what its page shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geoplan.coverage.ledger import Coverage
from geoplan.inputs.layers import AreaLayer, FacilityLayer
from geoplan.outputs.maps.headline import headline
from geoplan.results import RunResults, ServiceResult, SitingOutcome
from geoplan.words.speaker import Speaker
from geoplan.words.text_format import clean

#: where reach is in minutes, how far a county's page shows what is around it
_AROUND_M = 2_000.0


def county_level(results: RunResults, service: ServiceResult) -> str | None:
    """The level whose areas are the counties; None where there is none."""
    if service.coverage is None:
        return None
    frame = service.coverage.frame
    for level, layer in results.areas.items():
        if layer.has_polygons and level in frame.columns:
            there = frame.loc[frame["people"] > 0, level].dropna().unique()
            if pd.Index(there).isin(layer.drawn.index).sum() > 1:
                return level
    return None


@dataclass(frozen=True, kw_only=True, eq=False)
class Divided:
    """A service of a run, to be divided into counties; what is looked up often is kept.

    Parameters
    ----------
    results : of the run. key : of the service.
    """

    results: RunResults
    key: str

    @property
    def service(self) -> ServiceResult:
        """The whole service."""
        return self.results.services[self.key]

    @property
    def coverage(self) -> Coverage:
        """Its coverage today."""
        assert self.service.coverage is not None
        return self.service.coverage

    @cached_property
    def level(self) -> str:
        """The level whose areas are the counties."""
        level = county_level(self.results, self.service)
        assert level is not None
        return level

    @cached_property
    def rows(self) -> Mapping[Any, np.ndarray]:
        """Positions of every county's demand rows."""
        return self.coverage.frame.groupby(self.level).indices

    @cached_property
    def ground(self) -> dict[str, np.ndarray]:
        """The box of every shape of the background, by layer."""
        return {
            name: shapely.bounds(frame.geometry.to_numpy())
            for name, frame in self.results.background.items()
        }

    @cached_property
    def reach(self) -> list[tuple[float, np.ndarray, np.ndarray]]:
        """Per cutoff: the parts of the reach, and their boxes."""
        if self.service.reach is None:
            return []
        found = []
        for cutoff, part in self.service.reach.groupby("cutoff"):
            pieces = shapely.get_parts(part.geometry[part.geometry.notna()].to_numpy())
            found.append((float(cutoff), pieces, shapely.bounds(pieces)))
        return found

    @property
    def around_m(self) -> float:
        """How far from its county a site may be that its page shows."""
        standard = self.service.standard
        return float(standard.threshold or 0.0) if standard.unit == "m" else _AROUND_M

    def county(self, code: str) -> RunResults:
        """The results of one county: its people, streets, gaps, and the sites within reach."""
        shape = self.results.areas[self.level].frame.geometry[code]
        box = shapely.buffer(shapely.box(*shape.bounds), self.around_m, join_style="mitre").bounds
        rows = self.rows[code]
        areas = self._areas(code, shape, rows)
        now = _rows_of(self.coverage, rows, areas)
        place = _Place(shape=shape, box=box, areas=areas, near_m=self.around_m)
        facilities = self.service.facilities
        if facilities is not None:
            shown = place.near(facilities.frame)
            if "site" in now.frame.columns:
                shown |= facilities.frame.index.isin(now.frame["site"].dropna())
            facilities = FacilityLayer(key=facilities.key, frame=facilities.frame[shown])
        service = replace(
            self.service,
            facilities=facilities,
            coverage=now,
            coverage_most=_also(self.service.coverage_most, now, areas),
            gaps=self._gaps(now, place),
            siting=None
            if self.service.siting is None
            else _siting_of(self.service.siting, now, place),
            quota=_by_level(self.service.quota, areas),
            rates=_of_codes(self.service.rates, areas),
            all_rates={k: _of_codes(t, areas) for k, t in self.service.all_rates.items()},
            reach=self._reach(box),
            covers=None,
            programme=None,
            journeys=(),
            tiers={},
        )
        info, name = self.results.info, areas[self.level].name_of.get(code) or code
        return replace(
            self.results,
            info=replace(info, title=f"{info.title or info.name} · {clean(name)}"),
            areas=areas,
            services={self.key: service},
            background=self._background(box),
        )

    def headline(self, county: RunResults, speaker: Speaker) -> dict[str, Any]:
        """The head of a county's page: its own sites are counted, not its neighbours'."""
        service = county.services[self.key]
        shape = next(iter(county.areas.values())).frame.geometry.iloc[0]
        own = service.facilities
        if own is not None:
            own = FacilityLayer(key=own.key, frame=own.frame[own.frame.intersects(shape)])
        siting = service.siting
        if siting is not None:
            siting = replace(siting, sites=siting.sites[siting.sites.intersects(shape)])
        head = headline(county, service, speaker)
        own_head = headline(county, replace(service, facilities=own, siting=siting), speaker)
        head["facts"] = own_head["facts"]
        if siting is not None and siting.coverage_after is None:
            head["after"] = None  # what the plan changes is not known by area
        return head

    def _areas(self, code: str, shape: Any, rows: np.ndarray) -> dict[str, AreaLayer]:
        """The county, and the areas of finer levels in it."""
        levels = list(self.results.areas)
        frame = self.coverage.frame
        found: dict[str, AreaLayer] = {}
        for level in levels[levels.index(self.level) :]:
            layer = self.results.areas[level]
            if level == self.level:
                inside = layer.frame.index == code
            else:
                points = layer.frame.geometry.representative_point()
                inside = shapely.intersects(shape, points.to_numpy())
                if level in frame.columns:
                    inside |= layer.frame.index.isin(frame[level].iloc[rows].dropna().unique())
            found[level] = replace(layer, frame=layer.frame[inside])
        return found

    def _gaps(self, now: Coverage, place: _Place) -> gpd.GeoDataFrame | None:
        gaps = self.service.gaps
        if gaps is None:
            return None
        if self.service.gap_of is None:
            inside = gaps.geometry.representative_point().to_numpy()
            return gaps[shapely.intersects(place.shape, inside)]
        return gaps[gaps["rank"].isin(self.service.gap_of.reindex(now.frame.index).unique())]

    def _reach(self, box: tuple[float, ...]) -> gpd.GeoDataFrame | None:
        reach = self.service.reach
        if reach is None:
            return None
        cutoffs: list[float] = []
        shapes: list[Any] = []
        for cutoff, pieces, boxes in self.reach:
            cut = shapely.make_valid(shapely.clip_by_rect(pieces[_meet(boxes, box)], *box))
            cut = cut[~shapely.is_empty(cut)]  # their boxes met, they did not
            cutoffs += [cutoff] * len(cut)
            shapes += list(cut)
        return gpd.GeoDataFrame({"cutoff": cutoffs}, geometry=shapes, crs=reach.crs)

    def _background(self, box: tuple[float, ...]) -> dict[str, gpd.GeoDataFrame]:
        layers = self.results.background
        found = {name: frame[_meet(self.ground[name], box)] for name, frame in layers.items()}
        return {name: frame for name, frame in found.items() if len(frame)}


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Place:
    """A county's outline, the box around it, its areas, and how near something is near."""

    shape: Any
    box: tuple[float, ...]
    areas: Mapping[str, AreaLayer]
    near_m: float

    def near(self, frame: gpd.GeoDataFrame) -> np.ndarray:
        """Bool per row: in the county or near it."""
        return shapely.dwithin(frame.geometry.to_numpy(), self.shape, self.near_m)


def _meet(boxes: np.ndarray, box: tuple[float, ...]) -> np.ndarray:
    """Bool per box: it meets `box`."""
    west, south, east, north = boxes.T
    return (west <= box[2]) & (east >= box[0]) & (south <= box[3]) & (north >= box[1])


def _rows_of(coverage: Coverage, rows: np.ndarray, areas: Mapping[str, AreaLayer]) -> Coverage:
    frame, assignment = coverage.frame.iloc[rows], coverage.assignment
    if assignment is not None:
        assignment = assignment[assignment["demand"].isin(frame.index)]
    return replace(coverage, frame=frame, areas=areas, assignment=assignment)


def _also(
    coverage: Coverage | None, now: Coverage, areas: Mapping[str, AreaLayer]
) -> Coverage | None:
    """The same rows of another coverage of the same people."""
    if coverage is None:
        return None
    return _rows_of(coverage, coverage.frame.index.get_indexer(now.frame.index), areas)


def _siting_of(siting: SitingOutcome, now: Coverage, place: _Place) -> SitingOutcome:
    """The new sites in the county and near it; what holds for the whole alone is left out."""
    after = _also(siting.coverage_after, now, place.areas)
    sites = siting.sites[place.near(siting.sites)]
    if "share_after" in sites.columns:
        sites = sites.assign(share_after=np.nan)
    return replace(
        siting,
        sites=sites,
        people_after=now.ledger if after is None else after.ledger,
        coverage_after=after,
        coverage_after_most=_also(siting.coverage_after_most, now, place.areas),
        curve=None,
        knee=None,
        phases=None,
        robustness=None,
        alternatives=None,
        joint=None,
        measures={},
    )


def _by_level(
    tables: Mapping[str, pd.DataFrame], areas: Mapping[str, AreaLayer]
) -> dict[str, pd.DataFrame]:
    return {
        level: table[table.index.isin(areas[level].frame.index)]
        for level, table in tables.items()
        if level in areas
    }


def _of_codes(table: Any, areas: Mapping[str, AreaLayer]) -> Any:
    if table is None:
        return None
    codes = [code for layer in areas.values() for code in layer.frame.index]
    return table[table.index.isin(codes)]

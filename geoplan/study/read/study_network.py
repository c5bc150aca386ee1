"""`StudyNetwork`: a network with its settings in the study."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import shapely

from geoplan.inputs.findings.finding import Finding, InputRecord
from geoplan.inputs.location.streets import hull_of
from geoplan.network import Network


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class StudyNetwork:
    """A network with its settings in the study.

    `network` may be a `TransitNetwork`: it answers for its streets what streets are asked.
    """

    network: Network
    max_snap_m: float
    record: InputRecord
    findings: tuple[Finding, ...] = ()
    barriers: gpd.GeoDataFrame | None = None
    beside: tuple[InputRecord, ...] = ()

    @property
    def reach(self) -> shapely.Geometry:
        """The ground around the streets, as far as a location may lie from the nearest one."""
        vertices = self.network.coords  # of the streets as they are drawn
        return hull_of(vertices).buffer(self.max_snap_m)

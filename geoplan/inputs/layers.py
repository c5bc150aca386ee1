"""The layers that inputs hand on: facilities, demand, areas and lines, checked on entry.

Every frame is a plain GeoDataFrame in the study's projected CRS, copied on entry and never
written to afterwards. A missing geometry means that the location is not known: such rows stay,
because the people in them count (`unlocated` in the ledger).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geoplan.crs.projected import unfit_layer_reason
from geoplan.errors import GeographicCrsError, InputError, MissingCrsError, UsageError
from geoplan.inputs.columns.duplicates import is_duplicated
from geoplan.inputs.columns.status import StatusWords
from geoplan.words.message import Message, called
from geoplan.words.text_format import as_list


def serves(sites: pd.DataFrame) -> pd.Series:
    """Bool per site: nothing says that it does not serve people today.

    Parameters
    ----------
    sites : ``serving`` (bool) decides where it is there, as files are read; else ``status``, in
        the words of `geoplan.inputs.columns.status`, a word that is not known counting as open.

    Examples
    --------
    >>> serves(pd.DataFrame({"status": ["运营", "在建", None, "closed", "?"]})).tolist()
    [True, False, True, False, True]
    >>> serves(pd.DataFrame({"status": ["运营"], "serving": [False]})).tolist()
    [False]
    """
    if "serving" in sites.columns:
        said = sites["serving"].astype("string").str.lower().fillna("true")
        return said.isin(("true", "1", "1.0"))
    if "status" not in sites.columns:
        return pd.Series(True, index=sites.index)
    texts, words = sites["status"].astype("string").fillna(""), StatusWords()
    read = {text: words.read(text).serves for text in texts.unique()}
    return texts.map(read).astype(bool)


def check_projected(frame: gpd.GeoDataFrame | gpd.GeoSeries, what: str | Message) -> None:
    """Raise unless `frame` has a projected CRS whose metres are metres on the ground.

    Raises
    ------
    UsageError
        It is no layer with a geometry.
    MissingCrsError, GeographicCrsError
    """
    if not isinstance(frame, gpd.GeoDataFrame | gpd.GeoSeries):
        raise UsageError.of("call_faults.no_geoframe", what=called(what), kind=type(frame).__name__)
    try:
        series = frame.geometry
    except AttributeError:
        raise UsageError.of("call_faults.no_geometry", what=called(what)) from None
    if series.crs is None:
        raise MissingCrsError.of("call_faults.no_crs", what=called(what))
    why, instead = unfit_layer_reason(series)
    if why:
        to = f"frame.to_crs({instead!r})" if instead else "frame.to_crs('EPSG:4548')"
        raise GeographicCrsError.of(
            "call_faults.unfit_layer", what=called(what), crs=series.crs.name, why=why, to=to
        )


def _checked(frame: gpd.GeoDataFrame, what: Message, needed: tuple[str, ...]) -> gpd.GeoDataFrame:
    missing = [c for c in needed if c not in frame.columns]
    if missing:
        raise InputError.of(
            "call_faults.lacks_columns", what=called(what), columns=", ".join(missing)
        )
    check_projected(frame, what)
    # not `is_unique`, which keeps a table of all labels as long as the index lives
    again = is_duplicated(frame.index)
    if again.any():
        twice = frame.index[again].unique()[:5].tolist()
        raise InputError.of("call_faults.ids_twice", what=called(what), ids=twice)
    return frame.copy()


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class FacilityLayer:
    """One service's existing sites.

    Parameters
    ----------
    key : service key, for example ``"meal_station"``.
    frame : index = id (str, unique); columns ``name`` (str), ``capacity`` (float; NaN = not known,
        inf = no limit), ``tier`` (str or <NA>), ``geometry`` (Point in a projected CRS, or
        missing). One column per area level (``street``, ``district``, ...) with the area's code,
        where known; ``serving`` (bool) where the file says which sites are open;
        ``capacity_assumed`` (bool) where the study's default stands in for some; other columns
        are carried along.
    """

    key: str
    frame: gpd.GeoDataFrame

    def __post_init__(self) -> None:
        object.__setattr__(
            self,
            "frame",
            _checked(
                self.frame,
                Message("call_faults.the_facility_layer", key=self.key),
                ("name", "capacity", "tier"),
            ),
        )

    def __repr__(self) -> str:
        return f"FacilityLayer({self.key!r}: {len(self):,} sites)"

    def __len__(self) -> int:
        return len(self.frame)

    @property
    def in_service(self) -> FacilityLayer:
        """The facilities that serve people today, with or without a location."""
        return FacilityLayer(key=self.key, frame=self.frame[serves(self.frame)])

    @property
    def located(self) -> gpd.GeoDataFrame:
        """The facilities whose location is known."""
        return self.frame[self.frame.geometry.notna()]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Demand:
    """Where the people of one group are.

    Parameters
    ----------
    key : for example ``"elderly_60"``.
    frame : index = id (str, unique); columns ``name`` (str), ``people`` (float >= 0),
        ``geometry`` (Point in a projected CRS; missing = unlocated, its people still count).
        One column per area level with the area's code (<NA> where unknown). Columns named in
        `groups` hold people of sub-groups (for example ``pop80``).
    groups : names of the sub-group columns.
    """

    key: str
    frame: gpd.GeoDataFrame
    groups: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        frame = _checked(
            self.frame,
            Message("call_faults.the_demand_layer", key=self.key),
            ("name", "people", *self.groups),
        )
        weights = frame["people"].to_numpy(float)
        if not np.isfinite(weights).all() or (weights < 0).any():
            raise InputError.of("call_faults.people_missing", key=self.key)
        object.__setattr__(self, "frame", frame)

    def __repr__(self) -> str:
        return f"Demand({self.key!r}: {len(self):,} rows, {self.total:,.0f} people)"

    def __len__(self) -> int:
        return len(self.frame)

    @property
    def total(self) -> float:
        """All people that came in, located or not."""
        return float(self.frame["people"].sum())

    @property
    def located(self) -> gpd.GeoDataFrame:
        """The rows whose location is known."""
        return self.frame[self.frame.geometry.notna()]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class AreaLayer:
    """Administrative areas of one level, finest to coarsest tied by `parent`.

    Parameters
    ----------
    level : for example ``"district"``.
    frame : index = code (str, unique); columns ``name`` (str), ``parent`` (code in the parent
        level or <NA>), ``geometry`` (polygon, point or missing).
    parent : the parent level's name, or None.
    datum_said : whether somebody has said which datum the outlines are in; where nobody has, they
        are no witness to the datum of other layers.
    """

    level: str
    frame: gpd.GeoDataFrame
    parent: str | None = None
    datum_said: bool = True

    def __post_init__(self) -> None:
        object.__setattr__(
            self,
            "frame",
            _checked(
                self.frame,
                Message("call_faults.the_area_layer", key=self.level),
                ("name", "parent"),
            ),
        )

    def __repr__(self) -> str:
        return f"AreaLayer({self.level!r}: {len(self):,} areas)"

    def __len__(self) -> int:
        return len(self.frame)

    @property
    def names(self) -> pd.Series:
        """Name by code."""
        return self.frame["name"]

    @property
    def name_of(self) -> dict[Any, Any]:
        """The same to look up one by one, as a Series answers 100 times as slowly."""
        return dict(zip(as_list(self.names.index), as_list(self.names), strict=True))

    @property
    def drawn(self) -> gpd.GeoDataFrame:
        """The areas that have a polygon."""
        return self.frame[self._is_polygon]

    @property
    def has_polygons(self) -> bool:
        """Whether any area has a polygon."""
        return bool(self._is_polygon.any())

    @property
    def _is_polygon(self) -> np.ndarray:
        kinds = shapely.get_type_id(self.frame.geometry.to_numpy())
        return np.isin(kinds, (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON))


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class LineLayer:
    """Lines along which something is spaced: boundaries, roads with name signs.

    Parameters
    ----------
    key : service key.
    frame : index = id (str, unique); columns ``name`` (str), ``geometry`` (LineString or
        MultiLineString in a projected CRS).
    """

    key: str
    frame: gpd.GeoDataFrame

    def __post_init__(self) -> None:
        object.__setattr__(
            self,
            "frame",
            _checked(self.frame, Message("call_faults.the_line_layer_of", key=self.key), ("name",)),
        )

    def __repr__(self) -> str:
        return f"LineLayer({self.key!r}: {len(self):,} lines)"

    def __len__(self) -> int:
        return len(self.frame)

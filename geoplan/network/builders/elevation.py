"""Walking times on slopes: Tobler's hiking function on an elevation raster."""

from __future__ import annotations

import dataclasses
import logging
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS
from rasterio.windows import Window

from geoplan.crs.transformer import cached_transformer
from geoplan.errors import Faults, FileError, InputError, MissingCrsError, UsageError
from geoplan.inputs.files.gate.limits import refuse_beyond
from geoplan.inputs.files.gate.raster_file import opened_raster
from geoplan.inputs.files.gate.reading import reading
from geoplan.network.graph.network import AnyNetwork, NetworkData
from geoplan.tolerances import STEEPEST_SLOPE
from geoplan.validate import number
from geoplan.words.message import Message

_log = logging.getLogger(__name__)


def tobler_speed(slope: NDArray[Any] | float, *, speed_m_s: float) -> NDArray[np.float64]:
    """Walking speed on a slope, for someone who walks `speed_m_s` on the flat.

    Tobler (1993), *Three presentations on geographical analysis and modeling*, NCGIA Technical
    Report 93-1: ``v = 6 exp(-3.5 |s + 0.05|)`` km/h with the slope ``s = dh/dx`` in the direction
    of walking; 5.04 km/h on the flat, fastest slightly downhill. Here it is scaled to the given
    speed on the flat: ``speed_m_s * exp(-3.5 (|s + 0.05| - 0.05))``.

    Parameters
    ----------
    slope : rise over run, up is positive (0.1 = 10 %).
    speed_m_s : speed on the flat.

    Returns
    -------
    Speed in m/s along the ground's horizontal distance.

    Examples
    --------
    >>> import numpy as np
    >>> tobler_speed(np.array([0.0, 0.1, -0.05, -0.2]), speed_m_s=1.0).round(3).tolist()
    [1.0, 0.705, 1.191, 0.705]
    """
    s = np.asarray(slope, np.float64)
    return speed_m_s * np.exp(-3.5 * (np.abs(s + 0.05) - 0.05))


def with_slope(
    network: AnyNetwork,
    elevation: str | PathLike[str],
    *,
    step_m: float = 30.0,
    steepest: float = STEEPEST_SLOPE,
) -> AnyNetwork:
    """The network with walking minutes by Tobler's function, uphill other than downhill.

    Heights are read along each street every `step_m` (about the raster's cell: closer samples
    would add up the steps between cells), by bilinear interpolation; the ground between is taken
    as even. Bridges and tunnels (properties ``bridge``, ``tunnel``) run evenly between their
    ends. Where the raster holds no height, the street counts as flat (share and
    number of edges in ``notes["slope"]``, and a finding).

    Parameters
    ----------
    network : for ``mode="walk"``; its `speed_m_s` is the speed on the flat.
    elevation : raster of heights in metres, any CRS that it names itself.
    step_m : distance between heights, metres.
    steepest : slopes are cut at this (rise over run).

    Returns
    -------
    Network
        With ``minutes`` (u to v) and ``minutes_back``; lengths stay as they are.

    Raises
    ------
    UsageError
        A driving network, or options without sense.
    MissingCrsError, InputError
        The raster names no CRS, cannot be read, or does not meet the network.
    """
    faults = Faults(UsageError, "call_faults.all_of_them")
    if network.mode != "walk":
        faults.add(Message("call_faults.slopes_on_foot", mode=network.mode))
    if not 0 < number(step_m) < np.inf:
        faults.add(Message("call_faults.step_positive", value=step_m))
    if not 0 < number(steepest) < np.inf:
        faults.add(Message("call_faults.steepest_positive", value=steepest))
    faults.raise_all()
    lines = network.edge_lines()
    drawn = shapely.length(lines)
    steps = np.maximum(np.ceil(drawn / step_m), 1).astype(np.int64)
    steps[_bridges_and_tunnels(network)] = 1
    # steps + 1 heights per edge
    edge = np.repeat(np.arange(len(lines)), steps + 1)
    nth = np.arange(len(edge)) - np.repeat(np.cumsum(steps + 1) - (steps + 1), steps + 1)
    samples = shapely.line_interpolate_point(lines[edge], nth / steps[edge], normalized=True)
    height = heights_at(shapely.get_coordinates(samples), network.crs, elevation)
    unknown = ~np.isfinite(height)
    if unknown.all():
        raise InputError.of("network_faults.no_height", name=Path(elevation).name)
    inner = edge[1:] == edge[:-1]
    run = (network.length_m / steps)[edge[1:]][inner]
    rise = np.diff(height)[inner]
    with np.errstate(invalid="ignore", divide="ignore"):
        slope = np.where(run > 0, rise / run, 0.0)
    slope = np.nan_to_num(slope, nan=0.0)
    cut = np.abs(slope) > steepest
    slope = np.clip(slope, -steepest, steepest)
    owner = edge[1:][inner]
    minutes, back = (
        np.bincount(
            owner,
            weights=run / tobler_speed(sign * slope, speed_m_s=network.speed_m_s) / 60,
            minlength=len(lines),
        )
        for sign in (1.0, -1.0)
    )
    flat = network.length_m.sum() / network.speed_m_s / 60
    notes = {
        "raster": Path(elevation).name,
        "share_without_height": round(float(unknown.mean()), 4),
        "streets_without_height": len(np.unique(edge[unknown])),
        "share_cut": round(float(cut.mean()), 4),
        "time_over_flat": round(float((minutes.sum() + back.sum()) / 2 / flat), 4) if flat else 1.0,
    }
    _log.info("slopes from %s: %s", notes["raster"], notes)
    return dataclasses.replace(
        network,
        minutes=minutes.astype(np.float64),
        minutes_back=back.astype(np.float64),
        notes={**network.notes, "slope": notes},
    )


def _bridges_and_tunnels(network: NetworkData) -> NDArray[np.bool_]:
    """Edges that do not follow the ground: bridges and tunnels."""
    even = np.zeros(network.n_edges, bool)
    if network.properties is not None:
        for name in ("bridge", "tunnel"):
            if name in network.properties.columns:
                values = network.properties[name].astype(object)
                even |= (values.notna() & ~values.isin(["no", "", "0", "F"])).to_numpy()
    return even


def heights_at(
    xy: NDArray[np.float64], crs: CRS, elevation: str | PathLike[str]
) -> NDArray[np.float64]:
    """Heights at points (n, 2) in `crs`, bilinear between cell centres; NaN where there is none.

    Beside a cell without height, or at the raster's rim, the nearest cell counts.
    """
    name = Path(elevation).name
    try:
        with reading(), opened_raster(Path(elevation)) as raster:
            if raster.crs is None:
                raise MissingCrsError.of("network_faults.raster_crs", name=name)
            to_cell, raster_crs = ~raster.transform, CRS.from_user_input(raster.crs)
            x, y = cached_transformer(crs, raster_crs).transform(xy[:, 0], xy[:, 1])
            # by hand: affine's own operator changes between its versions
            column = to_cell.a * x + to_cell.b * y + to_cell.c
            row = to_cell.d * x + to_cell.e * y + to_cell.f
            window = _around(row, column, raster.shape)
            if window is None:
                return np.full(len(xy), np.nan)
            refuse_beyond("raster_cells", window.width * window.height)
            values = raster.read(1, masked=True, window=window).astype(np.float64).filled(np.nan)
    except FileError as error:
        why = error.sentence or str(error)
        raise InputError.of("network_faults.raster", name=name, why=why) from error
    return _bilinear(values, row - window.row_off - 0.5, column - window.col_off - 0.5)


def _around(
    row: NDArray[np.float64], column: NDArray[np.float64], shape: tuple[int, int]
) -> Window | None:
    """The cells around all points, None where no point lies on the raster."""
    on = (row >= 0) & (row <= shape[0]) & (column >= 0) & (column <= shape[1])
    if not on.any():
        return None
    top, left = (max(int(v[on].min()) - 2, 0) for v in (row, column))
    bottom = min(int(row[on].max()) + 3, shape[0])
    right = min(int(column[on].max()) + 3, shape[1])
    return Window(left, top, right - left, bottom - top)


def _bilinear(
    values: NDArray[np.float64], row: NDArray[np.float64], column: NDArray[np.float64]
) -> NDArray[np.float64]:
    rows, columns = values.shape
    inside = (row >= -0.5) & (row <= rows - 0.5) & (column >= -0.5) & (column <= columns - 0.5)
    out = np.full(len(row), np.nan)
    r, c = np.clip(row[inside], 0, rows - 1), np.clip(column[inside], 0, columns - 1)
    r0 = np.minimum(r.astype(np.int64), max(rows - 2, 0))
    c0 = np.minimum(c.astype(np.int64), max(columns - 2, 0))
    r1, c1 = np.minimum(r0 + 1, rows - 1), np.minimum(c0 + 1, columns - 1)
    fr, fc = r - r0, c - c0
    smooth = (1 - fr) * ((1 - fc) * values[r0, c0] + fc * values[r0, c1]) + fr * (
        (1 - fc) * values[r1, c0] + fc * values[r1, c1]
    )
    nearest = values[np.round(r).astype(np.int64), np.round(c).astype(np.int64)]
    out[inside] = np.where(np.isfinite(smooth), smooth, nearest)
    return out

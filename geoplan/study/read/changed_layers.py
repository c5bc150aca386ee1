"""Layers as a what-if changes them: sites closed, more or fewer people."""

from __future__ import annotations

import pandas as pd

from geoplan.errors import UsageError
from geoplan.inputs.allocation import location_order, spread_evenly
from geoplan.inputs.layers import Demand, FacilityLayer, serves
from geoplan.words.speaker import Speaker


def closed_down(
    layer: FacilityLayer | None, closed: list[str], speaker: Speaker
) -> FacilityLayer | None:
    """The layer with the sites of a what-if marked as closed, by id or by name.

    The id of a row with several places closes all of them.

    Raises
    ------
    UsageError
        Names that no site has.
    """
    if layer is None or not closed:
        return layer
    frame = layer.frame.copy()
    names = frame["name"].astype(str)
    whole = frame["part_of"].astype(str) if "part_of" in frame.columns else names
    known = {*map(str, frame.index), *names, *whole}
    missing = [c for c in closed if c not in known]
    if missing:
        raise UsageError(
            speaker.say("study.unknown_closed", key=layer.key, missing=", ".join(missing))
        )
    if "status" not in frame.columns:
        frame["status"] = pd.NA
    out = frame.index.isin(closed) | names.isin(closed) | whole.isin(closed)
    frame["serving"] = serves(frame) & ~out
    frame.loc[out, "status"] = "closed"
    return FacilityLayer(key=layer.key, frame=frame)


def scaled(layer: Demand | None, scale: float) -> Demand | None:
    """The demand with more or fewer people, in whole people where they were whole.

    Every neighbourhood gets its part: a tenth more of thousands of rows with one person each must
    not all go to the rows that have more.
    """
    if layer is None or scale == 1.0:
        return layer
    frame = layer.frame.copy()
    order = location_order(frame.geometry)
    for column in ("people", *layer.groups):
        values = frame[column].to_numpy(float) * scale
        whole = (frame[column] == frame[column].round()).all()
        if whole:
            values[order] = spread_evenly(values[order], round(float(values.sum())))
        frame[column] = values
    return Demand(key=layer.key, frame=frame, groups=layer.groups)

"""Rates by area with their intervals, and what was counted."""

from __future__ import annotations

import numpy as np
import pandas as pd

from geoplan.coverage.rates import city_rate
from geoplan.outputs.tables.table import AREA, Column, Table
from geoplan.outputs.wording import (
    area_names,
    level_of_codes,
)
from geoplan.results import RunResults, ServiceResult
from geoplan.words.speaker import Speaker
from geoplan.words.text_format import clean

_RATES = (
    Column(name="measure"),
    *AREA,
    Column(name="count", kind="count"),
    Column(name="people", kind="count"),
    Column(name="rate", kind="number"),
    Column(name="low", kind="number"),
    Column(name="high", kind="number"),
    Column(name="smoothed", kind="number"),
)
_MEASURES = (
    Column(name="measure"),
    Column(name="count", kind="count"),
    Column(name="rate", kind="number"),
    Column(name="lowest"),
    Column(name="highest"),
    Column(name="apart", kind="count"),
)


def rate_table(results: RunResults, service: ServiceResult, speaker: Speaker) -> Table:
    """Rates by area with their intervals, one counted thing below the other."""
    assert service.rates is not None
    level = level_of_codes(results, service.rates.index)
    parts = []
    for key, table in (service.all_rates or {"": service.rates}).items():
        part = table.copy()
        if level is not None:
            part["name"] = area_names(results, level, part.index, speaker)
        part.insert(0, "code", part.index.astype(str))
        part.insert(0, "measure", clean(service.rate_names.get(key, "")))
        parts.append(part)
    frame = pd.concat(parts, ignore_index=True)
    columns = tuple(c for c in _RATES if c.name in frame.columns)
    if len(parts) == 1:
        columns = tuple(c for c in columns if c.name != "measure")
    return Table.of(service.key, "rates", frame, columns)


def measure_table(results: RunResults, service: ServiceResult, speaker: Speaker) -> Table:
    """Per counted thing: the city's count and rate, the lowest and the highest area.

    ``apart`` counts areas whose 95 % interval does not hold the city's rate: differences between
    the others may be chance. Sums of money have no intervals.
    """
    assert service.rates is not None
    level = level_of_codes(results, service.rates.index)
    rows = []
    for key, table in (service.all_rates or {"": service.rates}).items():
        names = table["name"].to_numpy(object)
        if level is not None:
            names = np.array(area_names(results, level, table.index, speaker), dtype=object)
        rate = table["rate"].to_numpy(float)
        known = np.flatnonzero(np.isfinite(rate))
        city = city_rate(table, service.standard.per)
        ends = [known[np.argmin(rate[known])], known[np.argmax(rate[known])]] if len(known) else []
        low, high = [f"{clean(names[k])} {rate[k]:,.2f}" for k in ends] if ends else ["", ""]
        outside = (table["low"] > city.rate) | (table["high"] < city.rate)
        measure = clean(service.rate_names.get(key, "")) or service.name(speaker.lang)
        rows.append(
            {
                "measure": measure,
                "count": city.count,
                "rate": city.rate,
                "lowest": low,
                "highest": high,
                "apart": int(outside.sum()) if table["low"].notna().any() else None,
            }
        )
    return Table.of(service.key, "measures", pd.DataFrame(rows), _MEASURES)

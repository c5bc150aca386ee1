"""Gaps of the service, and apart from them those that are faults of data or of streets.

The map lists them apart, too: a row without a place is nobody's worst-served district.
"""

from __future__ import annotations

import re

import geopandas as gpd
import pandas as pd

from geoplan.coverage.gap_merging import DATA_FAULTS
from geoplan.results import RunResults, ServiceResult
from geoplan.words.speaker import Speaker
from geoplan.words.text_format import clean, count_text

#: levels of areas that a short name has, the coarsest ones
_NAMED_LEVELS = 2
#: where on a line a stretch begins and ends
_CHAINAGE = re.compile(r"\s*K\d+\+\d+.*$")
_BLANKS = re.compile(r"(?<=[\u4e00-\u9fff]) (?=[\u4e00-\u9fff])")


def real_gaps(service: ServiceResult) -> gpd.GeoDataFrame | None:
    """The gaps that more sites or more capacity would close, ranked anew from 1."""
    gaps = service.gaps
    if gaps is None or "length_m" in gaps.columns:
        return gaps
    real = gaps[~gaps["cause"].isin(DATA_FAULTS)]
    return real.assign(rank=range(1, len(real) + 1))


def people_by_remedy(gaps: gpd.GeoDataFrame) -> pd.Series:
    """People of the gaps by what would close them; NaN where those of one gap are withheld."""
    people: pd.Series = gaps["people"].astype(float)
    return people.groupby(gaps["remedy"], sort=False).agg(lambda some: some.sum(skipna=False))


def place_text(area: str) -> str:
    """An area's name as a sentence has it: Chinese names of its levels without blanks between.

    Examples
    --------
    >>> place_text("历下区 解放路街道"), place_text("Centro Norte")
    ('历下区解放路街道', 'Centro Norte')
    """
    return _BLANKS.sub("", clean(area))


def whole_area_text(area: str, results: RunResults) -> str:
    """The areas of a gap without the communities in it; of a line's stretch the line.

    For a table of one line per service; where the name has no area it stays as it is.
    """
    names = {
        clean(name).strip()
        for layer in list(results.areas.values())[:_NAMED_LEVELS]
        for name in layer.names
    } - {""}  # a name of invisible characters alone would be found for ever
    rest, parts = _CHAINAGE.sub("", clean(area)), []
    while there := [name for name in names if f"{rest} ".startswith(f"{name} ")]:
        parts.append(max(there, key=len))
        rest = rest[len(parts[-1]) :].strip()
    return place_text(" ".join(parts) or rest)


def fault_text(service: ServiceResult, speaker: Speaker) -> str:
    """A sentence on the people whom faults of data or streets leave unserved; "" for none."""
    gaps = service.gaps
    if gaps is None or "length_m" in gaps.columns:
        return ""
    faults = gaps[gaps["cause"].isin(DATA_FAULTS)]
    if not len(faults):
        return ""
    causes = [speaker.cause(cause) for cause in dict.fromkeys(faults["cause"])]
    return speaker.say(
        "report.gap_faults",
        count=count_text(len(faults)),
        people=count_text(faults["people"].sum(skipna=False)),
        causes=speaker.say("report.name_comma").join(causes),
    )

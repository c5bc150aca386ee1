"""Gaps of the service, and apart from them those that are faults of data or of streets.

The map lists them apart, too: a row without a place is nobody's worst-served district.
"""

from __future__ import annotations

import re

import geopandas as gpd
import pandas as pd

from geoplan.coverage.gap_merging import DATA_FAULTS
from geoplan.results import ServiceResult
from geoplan.words.speaker import Speaker
from geoplan.words.text_format import clean, count_text

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

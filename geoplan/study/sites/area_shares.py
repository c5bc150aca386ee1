"""Least shares of every area's people in a study: which areas, and who is served there."""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
from scipy import sparse

from geoplan.coverage import Coverage
from geoplan.errors import GeoplanError, UsageError
from geoplan.results import ServiceResult
from geoplan.siting.conditional.area_shares import AreaShares
from geoplan.siting.model.counting import is_whole
from geoplan.siting.model.result import SitingResult
from geoplan.study.config.schema import SitingSection
from geoplan.study.read.context import Context
from geoplan.study.sites.candidates import levels_named

_SETTING = "min_share_per_area"


def area_shares(
    context: Context,
    assessed: ServiceResult,
    siting: SitingSection,
    rows: gpd.GeoDataFrame,
    cover: sparse.csr_matrix,
) -> AreaShares | None:
    """The least shares that a study asks for; None where it asks for none.

    Parameters
    ----------
    rows : demand rows of the problem, with the columns of the ledger.
    cover : these rows x all candidates, stored where reached.
    """
    if siting.min_share_per_area is None:
        return None
    assert assessed.coverage is not None
    level, asked = _asked(context, assessed, siting)
    if not asked:
        return None
    today = assessed.coverage.by_area(level).reindex([*asked]).fillna({"total": 0.0, "served": 0.0})
    new = (rows["people"] - rows["served"]).to_numpy(float) * (np.diff(cover.indptr) > 0)
    gained = _people_of(rows, level, new)
    served = today["served"].to_dict()
    return AreaShares(
        level=level,
        asked=asked,
        total=today["total"].to_dict(),
        served=served,
        reachable={code: served[code] + gained.get(code, 0.0) for code in asked},
        whole=is_whole(assessed.coverage.frame["people"].to_numpy(float)),
    )


def areas_of(rows: gpd.GeoDataFrame, level: str) -> np.ndarray:
    """Area code of every demand row, None where it is not known."""
    codes = rows[level].astype("string").to_numpy(object, na_value=None)
    return np.array([code or None for code in codes], object)


def refuse_capacities(
    context: Context, assessed: ServiceResult, siting: SitingSection, *, limited: bool
) -> None:
    """A fault where capacity is limited: the ledger's assignment knows no shares of areas.

    Who has a seat follows from the largest number of people served in all, so that a plan with
    enough seats for an area may still give them to people of another one.
    """
    if siting.min_share_per_area and limited:
        raise UsageError(context.speaker.say("study.area_shares_capacity", key=assessed.key))


def with_shares_checked(
    context: Context,
    assessed: ServiceResult,
    result: SitingResult,
    shares: AreaShares | None,
    after: Coverage,
) -> SitingResult:
    """`result`, once the ledger measured with its sites has the shares that are asked for.

    Raises
    ------
    GeoplanError
        It has not: no such plan may be handed over.
    """
    if shares is None or result.status not in ("optimal", "feasible"):
        return result
    table = after.by_area(shares.level)
    served = table["served"].reindex([*shares.asked]).fillna(0.0).to_dict()
    if not shares.kept(served):
        raise GeoplanError(context.speaker.say("study.area_shares_missed", key=assessed.key))
    return result


def _asked(
    context: Context, assessed: ServiceResult, siting: SitingSection
) -> tuple[str, dict[str, float]]:
    """The level of the areas and the least share of each; a single area's own share counts."""
    given, layers = siting.min_share_per_area, context.inputs.areas
    assert given is not None
    if not isinstance(given, Mapping):
        given = {_level_of_all(context, assessed, siting): given}
    levels = levels_named(context, assessed.key, _SETTING, given)
    if len(levels) > 1:
        names = ", ".join(levels)
        raise UsageError(
            context.speaker.say(
                "study.mixed_levels", key=assessed.key, setting=_SETTING, levels=names
            )
        )
    if not levels:
        return "", {}
    level = levels[0]
    asked = dict.fromkeys(layers[level].frame.index, given[level]) if level in given else {}
    return level, asked | {code: share for code, share in given.items() if code != level}


def _level_of_all(context: Context, assessed: ServiceResult, siting: SitingSection) -> str:
    """The level that one share for all areas is meant for: that of `min_sites_per_area`."""
    levels = list(context.inputs.areas)
    if siting.min_sites_per_area:
        names = siting.min_sites_per_area
        levels = levels_named(context, assessed.key, "min_sites_per_area", names)
    if len(levels) != 1:
        named = ", ".join(context.inputs.areas) or "-"
        raise UsageError(
            context.speaker.say("study.area_shares_level", key=assessed.key, levels=named)
        )
    return levels[0]


def _people_of(rows: gpd.GeoDataFrame, level: str, people: np.ndarray) -> dict[str, float]:
    """Area code -> people of its rows."""
    found: dict[str, float] = {}
    for code, count in zip(areas_of(rows, level), people, strict=True):
        if code is not None:
            found[code] = found.get(code, 0.0) + float(count)
    return found

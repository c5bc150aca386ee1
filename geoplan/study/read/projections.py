"""``[demand.KEY.projection]``: people by year as a study gives them, and the year asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from geoplan.errors import GeoplanError
from geoplan.inputs import (
    Census,
    LayerSource,
    PeopleByYear,
    controlled,
    growth_by_year,
    project_people,
    read_censuses,
    read_people_by_year,
)
from geoplan.inputs.findings.finding import Finding, InputRecord, Loaded
from geoplan.inputs.layers import AreaLayer, Demand
from geoplan.study.config.later_years import GrowthSection
from geoplan.study.config.schema import DemandSection, StudyFile


def read_projection(
    config: StudyFile,
    key: str,
    sources: Mapping[str, LayerSource],
    areas: Mapping[str, AreaLayer],
) -> Loaded[PeopleByYear] | PeopleByYear | None:
    """People by year of one demand; None where the study gives no projection.

    Parameters
    ----------
    config : the checked study file.
    key : of the demand.
    sources : ``"path"``, or ``"0"``, ``"1"``, ... of the censuses.
    areas : by level.
    """
    section = config.demand[key].projection
    if section is None:
        return None
    if section.growth is not None:
        assert section.base_year is not None  # the settings are checked
        growth = section.growth
        rates = growth if isinstance(growth, GrowthSection) else GrowthSection(middle=growth)
        made = growth_by_year(
            rates.middle, base_year=section.base_year, low=rates.low, high=rates.high
        )
        return _controlled(made, section.totals)
    layer = None if section.level is None else areas.get(section.level)
    if section.censuses is not None:
        assert section.from_age is not None  # the settings are checked
        given = [
            Census(source=sources[str(k)], year=census.year, codes=census.codes)
            for k, census in enumerate(section.censuses)
        ]
        loaded = read_censuses(
            given,
            ages=(section.from_age, section.to_age),
            base_year=section.base_year or max(census.year for census in given),
            layer=layer,
            lang=config.lang,
        )
    else:
        loaded = read_people_by_year(sources["path"], layer=layer, lang=config.lang)
    if loaded.layer is None:
        return loaded
    if section.base_year is not None and section.censuses is None:
        loaded = replace(loaded, layer=replace(loaded.layer, base_year=section.base_year))
    return replace(loaded, layer=_controlled(loaded.layer, section.totals))


def _controlled(by_year: PeopleByYear | None, totals: Mapping[str, float]) -> PeopleByYear | None:
    if by_year is None or not totals:
        return by_year
    return controlled(by_year, {int(year): people for year, people in totals.items()})


def at_year(
    config: StudyFile, demand: Demand, by_year: PeopleByYear | None, record: InputRecord
) -> tuple[Demand, tuple[Finding, ...]]:
    """The demand of the study's year, and what that assumes; as it is where no year is asked for.

    Raises
    ------
    UsageError
        A year that the projection does not reach.
    """
    year, section = config.study.year, config.demand[demand.key]
    if year is None:
        return demand, ()
    if by_year is None:
        return demand, (_note(config, section, record, "projection_none", len(demand)),)
    variant = section.projection.variant if section.projection is not None else "middle"
    later = project_people(demand, by_year, year=year, variant=variant)
    said: dict[str, Any] = {
        "before": f"{demand.total:,.0f}",
        "after": f"{later.total:,.0f}",
        "variant": config.speaker.say(f"study.variant_{variant}"),
    }
    return later, (_note(config, section, record, "projection_made", len(later), **said),)


def unusable_year(config: StudyFile, record: InputRecord, error: GeoplanError) -> Finding:
    """The error about a year or a level that the projection does not have."""
    return Finding(
        file=record.path,
        problem=error.message(config.lang),
        advice=config.speaker.say("inputs.unusable_advice"),
        severity="error",
        code="projection_year",
    )


def _note(
    config: StudyFile,
    section: DemandSection,
    record: InputRecord,
    code: str,
    count: int,
    **said: Any,
) -> Finding:
    name = section.name if config.lang == "zh" else section.name_en
    group = name or next(k for k, v in config.demand.items() if v is section)
    values = {"group": group, "year": config.study.year, **said}
    return Finding(
        file=record.path,
        problem=config.speaker.say(f"inputs.{code}", **values),
        advice="",
        severity="note",
        code=code,
        effect=config.speaker.say(f"inputs.{code}_effect"),
        count=count,
    )

"""A plan in time: what is done in which year, and what each year costs and reaches."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from geoplan.outputs.tables.table import Column, Table
from geoplan.results import RunResults, ServiceResult
from geoplan.words.speaker import Speaker
from geoplan.words.text_format import year_text

_ACTIONS = (
    Column(name="year"),
    Column(name="place", word="place"),
    Column(name="action"),
    Column(name="project"),
    Column(name="area", word="responsible"),
    Column(name="cost", kind="count", word="capital_cost"),
    Column(name="running_cost", kind="count"),
    Column(name="people", kind="count", word="action_people"),
    Column(name="lost_by_waiting", kind="count"),
    Column(name="why"),
    Column(name="site", word="id"),
    Column(name="lon", kind="degrees"),
    Column(name="lat", kind="degrees"),
)
_YEARS = (
    Column(name="year"),
    Column(name="works", kind="count"),
    Column(name="cost", kind="count", word="capital_cost"),
    Column(name="running_cost", kind="count"),
    Column(name="sites", kind="count", word="sites_open"),
    Column(name="total", kind="count"),
    Column(name="served", kind="count"),
    Column(name="share", kind="share", word="covered_share"),
)
_MONEY = ("cost", "running_cost")


def _priced(
    columns: tuple[Column, ...], results: RunResults, speaker: Speaker
) -> tuple[Column, ...]:
    """The columns with the study's currency behind the headings of money."""
    unit = speaker.currency(results.info.currency)
    return tuple(replace(c, unit=unit) if c.name in _MONEY else c for c in columns)


def action_table(results: RunResults, service: ServiceResult, speaker: Speaker) -> Table:
    """Every action of the service by year: place, money, people, who is responsible."""
    assert service.programme is not None
    actions = service.programme.actions
    frame = pd.DataFrame(actions.drop(columns=actions.geometry.name))
    frame["year"] = [year_text(year) for year in frame["year"]]
    frame["place"] = [
        speaker.say("outputs.place_from", place=name, away=away) if away else name
        for name, away in zip(frame["name"], frame["away"], strict=True)
    ]
    frame["action"] = [
        action_text(kind, int(times), speaker)
        for kind, times in zip(frame["action"], frame["times"], strict=True)
    ]
    frame["why"] = [speaker.word(f"outputs.why_{why}", str(why)) for why in frame["why"]]
    columns = _priced(_ACTIONS, results, speaker)
    return Table.of(service.key, "programme", frame, columns)


def action_text(kind: str, times: int, speaker: Speaker) -> str:
    """What an action is called, with how many modules it has."""
    name = speaker.word(f"outputs.action_{kind}", kind)
    return name if times == 1 else f"{name} × {times}"


def programme_year_table(results: RunResults, service: ServiceResult, speaker: Speaker) -> Table:
    """What each year costs and whom the service serves then."""
    assert service.programme is not None
    frame = service.programme.by_year.reset_index()
    frame["year"] = [year_text(year) for year in frame["year"]]
    return Table.of(service.key, "programme_years", frame, _priced(_YEARS, results, speaker))

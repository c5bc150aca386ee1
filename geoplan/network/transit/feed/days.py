"""Which services of a feed run on a day, and how those of the day before reach into it."""

from __future__ import annotations

import datetime as dt

import pandas as pd

from geoplan.network.transit.feed.tables import Feed

_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def services_on(feed: Feed, date: dt.date) -> set[str]:
    """The ids of the services that run on `date`: by the week, and by single days.

    Examples
    --------
    >>> week = {day: ["1"] for day in _DAYS[:5]} | {day: ["0"] for day in _DAYS[5:]}
    >>> dates = {"start_date": ["20250101"], "end_date": ["20251231"]}
    >>> calendar = pd.DataFrame({"service_id": ["w"]} | week | dates)
    >>> feed = Feed(name="f", tables={"calendar": calendar})
    >>> services_on(feed, dt.date(2025, 5, 13)), services_on(feed, dt.date(2025, 5, 17))
    ({'w'}, set())
    """
    day = date.strftime("%Y%m%d")
    calendar = feed.table("calendar", "service_id", "start_date", "end_date", *_DAYS)
    weekday = calendar[_DAYS[date.weekday()]].str.strip()
    runs = (weekday == "1") & (calendar["start_date"].str.strip() <= day)
    runs &= day <= calendar["end_date"].str.strip()
    services = set(calendar.loc[runs, "service_id"])
    single = feed.table("calendar_dates", "service_id", "date", "exception_type")
    single = single[single["date"].str.strip() == day]
    kind = single["exception_type"].str.strip()
    services |= set(single.loc[kind == "1", "service_id"])
    return services - set(single.loc[kind == "2", "service_id"])


def feed_dates(feed: Feed) -> tuple[dt.date, dt.date] | None:
    """The first and the last day that the feed speaks of; None where it names none."""
    calendar = feed.table("calendar", "start_date", "end_date")
    single = feed.table("calendar_dates", "date", "exception_type")
    added = single.loc[single["exception_type"].str.strip() == "1", "date"]
    first = pd.concat([calendar["start_date"], added]).str.strip()
    last = pd.concat([calendar["end_date"], added]).str.strip()
    days = [pd.to_datetime(c, format="%Y%m%d", errors="coerce").dropna() for c in (first, last)]
    if any(c.empty for c in days):
        return None
    return days[0].min().date(), days[1].max().date()

"""URLs of PostGIS databases: recognised, given a driver, shown without password."""

from __future__ import annotations

import re
from importlib.util import find_spec

_URL = re.compile(r"^(postgres|postgresql|postgis)(\+\w+)?://", re.IGNORECASE)
_PASSWORD = re.compile(r"(?<=://)([^/@\s]*?):[^/\s]*@")
_PARAMETER = re.compile(r"([?&]password=)[^&\s]*", re.IGNORECASE)
_DRIVERS = ("psycopg2", "psycopg")


def is_database_url(path: object) -> bool:
    """Whether `path` is the URL of a database.

    Examples
    --------
    >>> is_database_url("postgis://gis@db/city"), is_database_url("postgresql/data.csv")
    (True, False)
    """
    return bool(_URL.match(str(path)))


def mask_password(text: str) -> str:
    """`text` with the passwords of URLs in it hidden.

    Examples
    --------
    >>> mask_password("postgresql://gis:se:cr@t@db/city?password=x")
    'postgresql://gis:***@db/city?password=***'
    """
    return _PARAMETER.sub(r"\1***", _PASSWORD.sub(r"\1:***@", text))


def sqlalchemy_url(url: str) -> str:
    """`url` as SQLAlchemy takes it: with a driver that is installed, where it names none.

    Which driver SQLAlchemy takes by itself changed between its versions.

    Examples
    --------
    >>> sqlalchemy_url("postgis+psycopg2://gis@db/city")
    'postgresql+psycopg2://gis@db/city'
    """
    match = _URL.match(url)
    if match is None:
        return url
    driver = match.group(2)
    if driver is None:
        there = next((name for name in _DRIVERS if find_spec(name) is not None), None)
        driver = "" if there is None else f"+{there}"
    return f"postgresql{driver}://{url[match.end() :]}"

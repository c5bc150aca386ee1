"""Names of files as outputs show them: no folder of the machine, no user, no host, no person."""

from __future__ import annotations

import re
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any

from geoplan.inputs.columns.personal.free_text import hide_in_text
from geoplan.inputs.files.database import is_database_url

_SERVER = re.compile(r"(?<=://)[^/?#]*")


def file_name(path: str) -> str:
    r"""The last part of a path of any system.

    Examples
    --------
    >>> file_name("../../home/wang/站点.csv"), file_name(r"D:\民政\站点.csv")
    ('站点.csv', '站点.csv')
    """
    return PureWindowsPath(PurePosixPath(path).name).name


def leaves_study(path: str) -> bool:
    r"""Whether a path tells of folders outside the study's own.

    Examples
    --------
    >>> leaves_study("data/a.csv"), leaves_study("../a.csv"), leaves_study(r"D:\a.csv")
    (False, True, True)
    """
    windows = PureWindowsPath(path)
    outside = PurePosixPath(path).is_absolute() or bool(windows.root)
    return outside or any(part in ("..", "~") for part in windows.parts)


def shown_name(path: str) -> str:
    r"""How outputs call a file: relative to the study, or its name alone; persons hidden.

    Examples
    --------
    >>> shown_name("data/a.csv"), shown_name("/home/wang/a.csv")
    ('data/a.csv', 'a.csv')
    >>> shown_name("postgresql://me:***@host/city")
    'postgresql://me:***@host/city'
    """
    if is_database_url(path):
        return path
    return hide_in_text(file_name(path) if leaves_study(path) else path)


def without_machine(value: Any) -> Any:
    """A tree of settings without folders of the machine, servers and persons.

    Examples
    --------
    >>> without_machine({"path": "/home/wang/a.csv", "n": 3, "all": ["postgis://me@db/city"]})
    {'path': 'a.csv', 'n': 3, 'all': ['postgis://***/city']}
    """
    if isinstance(value, dict):
        return {without_machine(key): without_machine(one) for key, one in value.items()}
    if isinstance(value, list):
        return [without_machine(one) for one in value]
    if not isinstance(value, str):
        return value
    return _SERVER.sub("***", value) if is_database_url(value) else shown_name(value)

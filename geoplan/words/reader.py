"""Which language somebody reads where no study says it: by the environment, else the system's."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping

from geoplan.words import LANGS, Lang

#: environment variable: the language of help and of errors that belong to no study
VARIABLE = "GEOPLAN_LANG"
#: primary language of a Windows language id that means Chinese
_WINDOWS_CHINESE, _PRIMARY = 0x04, 0x3FF


def language_read(said: Iterable[str] = (), environ: Mapping[str, str] | None = None) -> Lang:
    """The first language of `said`, else that of `GEOPLAN_LANG`, else the system's.

    Examples
    --------
    >>> language_read(["zh"], {"GEOPLAN_LANG": "en"}), language_read([], {"LANG": "zh_CN.GB18030"})
    ('zh', 'zh')
    >>> language_read([], {"GEOPLAN_LANG": "en", "LANG": "zh_CN.UTF-8"}), language_read([], {})
    ('en', 'en')
    """
    environ = os.environ if environ is None else environ
    for value in (*said, environ.get(VARIABLE, "")):
        for lang in LANGS:
            if value.strip().lower().startswith(lang):
                return lang
    return "zh" if _system_is_chinese(environ) else "en"


def _system_is_chinese(environ: Mapping[str, str]) -> bool:
    for name in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        if environ.get(name):
            return environ[name].lower().startswith("zh")
    if sys.platform != "win32":
        return False
    import ctypes

    language = ctypes.windll.kernel32.GetUserDefaultUILanguage()
    return bool(language & _PRIMARY == _WINDOWS_CHINESE)

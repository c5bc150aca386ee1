"""Faults of whole files, said in the reader's language."""

from __future__ import annotations

from typing import Any

import pyproj

from geoplan.errors import InputError
from geoplan.words import level_word, say


class FileError(InputError):
    """A file that cannot be used; the message is English, `told` says it in any language.

    Parameters
    ----------
    code : key in ``words/file_faults.toml``.
    values : what the sentence needs.

    Examples
    --------
    >>> fault = FileError("no_sheet", sheet="表1", sheets="表2, 表3")
    >>> str(fault)
    "there is no sheet '表1'; the workbook has: 表2, 表3."
    >>> fault.told("zh")
    '没有工作表“表1”；该工作簿有：表2, 表3。'
    """

    def __init__(self, code: str, /, **values: Any) -> None:
        self.code = code
        self.values = values
        super().__init__(self.told("en"))

    def told(self, lang: str) -> str:
        """The sentence in `lang`."""
        parts = {k: v.told(lang) if isinstance(v, FileError) else v for k, v in self.values.items()}
        if "level" in parts:
            parts["level_name"] = level_word(lang, str(parts["level"]))
        return say(lang, f"file_faults.{self.code}", **parts)


def told(error: Exception, lang: str) -> str:
    """What went wrong with a file, in `lang` where its words are known."""
    if isinstance(error, FileError):
        return error.told(lang)
    if isinstance(error, pyproj.exceptions.CRSError):
        return say(lang, "file_faults.bad_crs", error=str(error))
    return str(error)

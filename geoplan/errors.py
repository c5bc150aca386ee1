"""Everything geoplan raises on purpose: each is a `GeoplanError` and a built-in exception.

A message says what is wrong, where, and what to do next; the command line prints it
without a traceback and leaves with `exit_code`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self

from geoplan.words.message import Message, Messages
from geoplan.words.reader import language_read


class GeoplanError(Exception):
    """Base of all errors that geoplan raises on purpose."""

    exit_code = 1
    #: the sentence, where it is known in other languages too
    sentence: Message | None = None
    #: language of who asked, where that is known
    told: str | None = None

    @classmethod
    def of(cls, key: str, /, **values: Any) -> Self:
        """An error whose message can be written in every language.

        By itself it is in the language of who asked, where that is not known in the session's
        (`geoplan.words.reader`).

        Parameters
        ----------
        key : of `geoplan.words`, ``"file.key"``.
        values : what the sentence needs; a `Message` among them is written in the same language.

        Examples
        --------
        >>> error = NetworkError.of("network_faults.no_file", name="roads.shp")
        >>> str(error)
        'roads.shp: no such file.'
        >>> error.message("zh")
        '找不到路网文件“roads.shp”：请核对 path。'
        """
        sentence = Message(key, **values)
        error = cls(sentence.text("en"))
        error.sentence = sentence
        return error

    def __str__(self) -> str:
        lang = self.told or language_read()
        return self._plain() if lang == "en" else self.message(lang)

    def _plain(self) -> str:
        """The text it was made with: a KeyError would show it in quotes."""
        return str(self.args[0]) if len(self.args) == 1 else super().__str__()

    def message(self, lang: str) -> str:
        """What is wrong, in `lang` where its words are known; else as it is."""
        return self._plain() if self.sentence is None else self.sentence.text(lang)


@contextmanager
def told_in(lang: str) -> Iterator[None]:
    """Errors of the block know the language of who asked, as one study has one."""
    try:
        yield
    except GeoplanError as error:
        error.told = error.told or lang
        raise


class Faults:
    r"""What is wrong with one input, collected so that all of it is raised at once.

    Parameters
    ----------
    kind : class of the error to raise.
    key : sentence of `geoplan.words` with ``{faults}`` in it.
    join : what stands between two faults in English.

    Examples
    --------
    >>> faults = Faults(SitingError, "siting_faults.problem", join="\n  - ")
    >>> faults.add(Message("siting_faults.gap_between", gap=2))
    >>> faults.raise_all()
    Traceback (most recent call last):
    geoplan.errors.SitingError: the siting problem is stated wrongly:
      - gap must be from 0 to below 1, not 2
    """

    def __init__(self, kind: type[GeoplanError], key: str, *, join: str = "; ") -> None:
        self.kind, self.key, self.join = kind, key, join
        self.found: list[Message] = []

    def add(self, fault: Message) -> None:
        """Note one fault: a sentence without its full stop."""
        self.found.append(fault)

    def raise_all(self) -> None:
        """Raise one error with every fault, if there is any."""
        if self.found:
            raise self.kind.of(self.key, faults=Messages(self.found, join=self.join))


class InputError(GeoplanError, ValueError):
    """The inputs hold errors; `findings` (rows of findings) says which, where they are known."""

    def __init__(self, message: str, *, findings: tuple = ()) -> None:
        super().__init__(message)
        self.findings = tuple(findings)


class FileError(InputError):
    """A file that cannot be read, or lacks what a layer needs."""


class StudyFileError(InputError):
    """`study.toml` is missing, unreadable or holds wrong keys or values (all listed at once)."""


class MissingCrsError(InputError):
    """A layer carries no coordinate reference system."""


class GeographicCrsError(InputError):
    """Degrees, feet or the stretched metres of Web Mercator where metres are needed."""


class CrsMismatchError(InputError):
    """Two layers that must share a CRS do not."""


class NetworkError(InputError):
    """A street network cannot be built from, or used with, what was given."""


class SitingError(GeoplanError, ValueError):
    """A siting problem is stated wrongly; the message lists every fault."""


class UsageError(GeoplanError, ValueError):
    """A function or command was called with options that make no sense together."""

    exit_code = 2


class DiskError(UsageError, OSError):
    """A disk that is full, read only or fails, or a file that another program holds open."""


class UnknownServiceError(UsageError, KeyError):
    """A service key that a plan does not have, or has nothing of this kind for."""


class MissingAssetError(GeoplanError, RuntimeError):
    """A file that belongs to the installation (Leaflet, a font) is not there."""


class MissingGlyphError(MissingAssetError):
    """No installed font can draw a character; the message names the package that can."""


class MissingExtraError(GeoplanError, ImportError):
    """An optional dependency is needed; the message names the extra to install."""

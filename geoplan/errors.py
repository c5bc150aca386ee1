"""Everything geoplan raises on purpose: each is a `GeoplanError` and a built-in exception.

A message says what is wrong, where, and what to do next; the command line prints it
without a traceback and leaves with `exit_code`.
"""

from __future__ import annotations

from typing import Any


class GeoplanError(Exception):
    """Base of all errors that geoplan raises on purpose."""

    exit_code = 1
    #: key in `geoplan.words` and its values, where the message can be said in other languages
    said: tuple[str, dict[str, Any]] | None = None


class InputError(GeoplanError, ValueError):
    """The inputs hold errors; `findings` (rows of findings) says which, where they are known."""

    def __init__(self, message: str, *, findings: tuple = ()) -> None:
        super().__init__(message)
        self.findings = tuple(findings)


class StudyFileError(InputError):
    """`study.toml` is missing, unreadable or holds wrong keys or values (all told at once)."""


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


class InfeasibleError(GeoplanError, RuntimeError):
    """No answer exists; the message names what blocks it and the smallest relaxation."""

    exit_code = 3


class UsageError(GeoplanError, ValueError):
    """A function or command was called with options that make no sense together."""

    exit_code = 2


class UnknownServiceError(UsageError, KeyError):
    """A service key that a plan does not have, or has nothing of this kind for."""

    def __str__(self) -> str:
        return str(self.args[0])  # KeyError would show it in quotes


class MissingAssetError(GeoplanError, RuntimeError):
    """A file that belongs to the installation (Leaflet, a font) is not there."""


class MissingGlyphError(MissingAssetError):
    """No installed font can draw a character; the message names the package that can."""


class MissingExtraError(GeoplanError, ImportError):
    """An optional dependency is needed; the message names the extra to install."""


class GeoplanWarning(UserWarning):
    """Base of geoplan's warnings: something works but deserves a look."""

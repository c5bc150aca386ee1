"""What this Python is made of, as far as it can change a number.

Nothing but the standard library is imported here, and nothing but built-in types comes out: the
text of this file is sent to workers, as one without geoplan could not load a function of geoplan.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.metadata
import sys
from pathlib import Path

#: their versions can change a number, or whether values can be sent at all
LIBRARIES = (
    *("geoplan", "numpy", "numba", "scipy", "pandas", "geopandas", "shapely", "pyproj"),
    *("highspy", "pydantic"),
)
#: those that read a city's files and write its folder of results; they are asked for their version
#: alone, as loading all of them takes seconds
OF_FILES = (
    *("pyogrio", "rasterio", "exactextract", "osmium", "openpyxl", "python-calamine", "pyarrow"),
    *("folium", "matplotlib", "python-docx"),
)
#: endings of geoplan's files that answers and results' folders depend on
_SOURCES = (".py", ".toml", ".txt", ".json", ".js", ".css", ".html")


def stack() -> dict[str, str]:
    """Versions by name, Python's first; of geoplan's sources a digest; "-" and why where one fails.

    Returns
    -------
    dict
        For example ``{"python": "3.11", "geoplan": "0.2", "geoplan sources": "5f2c…", ...}``.
    """
    found = {"python": f"{sys.version_info.major}.{sys.version_info.minor}"}
    for name in LIBRARIES:
        try:
            module = importlib.import_module(name)
            version = getattr(module, "__version__", None) or importlib.metadata.version(name)
            found[name] = str(version)
        except Exception as error:  # a library that is broken may raise anything
            found[name] = f"- {type(error).__name__}: {error}"
            continue
        if name == "geoplan":
            now = _digest(Path(str(module.__file__)).parent)
            # what was loaded before the files changed is still what works here
            first = vars(module).setdefault("_sources_first_seen", now)
            found["geoplan sources"] = now if now == first else f"{now} after {first}"
    return found | {name: _version(name) for name in OF_FILES}


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return "-"


def told() -> dict[str, str]:
    """`stack`, or under ``fault`` why there is none: no error that others must be able to load."""
    try:
        return stack()
    except Exception as error:
        return {"fault": f"{type(error).__name__}: {error}"}


def _digest(package: Path) -> str:
    """A digest of the package's sources, whatever the ends of their lines."""
    digest = hashlib.sha256()
    for path in sorted(package.rglob("*"), key=lambda path: path.relative_to(package).parts):
        if path.suffix in _SOURCES:
            digest.update("/".join(path.relative_to(package).parts).encode())
            digest.update(path.read_bytes().replace(b"\r\n", b"\n"))
    return digest.hexdigest()[:12]


def expression() -> str:
    """Python text whose value is `told()` on whichever machine works it out."""
    text = Path(__file__).read_text(encoding="utf-8")
    names = "{'__name__': 'geoplan_machine', '__file__': ''}"
    return f"(lambda names: exec({text!r}, names) or names['told']())({names})"

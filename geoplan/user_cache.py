"""The user's cache folder: what can be worked out anew, kept from one run to the next."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path


def users_cache(kind: str) -> Path | None:
    """The folder `kind` of geoplan's in the user's cache folder; None where the user has no home.

    It may not be there yet; see `is_usable`.
    """
    try:
        home = Path.home()
    except RuntimeError:
        return None
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = home / "Library" / "Caches"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache")
    return base / "geoplan" / kind


def is_usable(folder: Path) -> bool:
    """Whether `folder`, made where it is not there, can be written to."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


def is_own(folder: Path) -> bool:
    """Whether nobody else can put anything there: what is loaded from it is run."""
    if not hasattr(os, "getuid"):
        return True
    facts = folder.stat()
    return facts.st_uid == os.getuid() and not facts.st_mode & 0o022

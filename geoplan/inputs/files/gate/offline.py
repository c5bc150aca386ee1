"""GDAL without the net: settings that hold while a vector file is open."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pyogrio

#: no server is asked, nothing is fetched for a schema, nothing is written beside the file
OFFLINE = {
    "GDAL_HTTP_PROXY": "127.0.0.1:9",
    "GDAL_HTTPS_PROXY": "127.0.0.1:9",
    "GDAL_HTTP_MAX_RETRY": "0",
    "GDAL_HTTP_CONNECTTIMEOUT": "1",
    "GDAL_HTTP_TIMEOUT": "1",
    "CPL_VSIL_CURL_ALLOWED_FILENAME": "none",
    "GML_DOWNLOAD_SCHEMA": "NO",
    "GML_SKIP_RESOLVE_ELEMS": "ALL",
    "GDAL_VRT_ENABLE_PYTHON": "NO",
    "GDAL_PAM_ENABLED": "NO",
    "SQLITE_LIST_ALL_TABLES": "NO",
}
_LOCK = threading.Lock()
_OPEN = 0
_BEFORE: dict[str, Any] = {}


@contextmanager
def offline_gdal() -> Iterator[None]:
    """GDAL (of pyogrio) opens nothing but local files while the block runs.

    Its settings belong to the whole process, so they are put back when the last block ends.
    """
    global _OPEN, _BEFORE
    with _LOCK:
        if _OPEN == 0:
            _BEFORE = {name: pyogrio.get_gdal_config_option(name) for name in OFFLINE}
            pyogrio.set_gdal_config_options(OFFLINE)
        _OPEN += 1
    try:
        yield
    finally:
        with _LOCK:
            _OPEN -= 1
            if _OPEN == 0:
                pyogrio.set_gdal_config_options(_BEFORE)

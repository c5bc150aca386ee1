"""Transformers between CRSs, cached: finding one takes longer than transforming 1000 points."""

from __future__ import annotations

from functools import lru_cache

import pyproj


@lru_cache(maxsize=64)
def cached_transformer(source: str | pyproj.CRS, to: str | pyproj.CRS) -> pyproj.Transformer:
    """The transformer from `source` to `to`, x (or longitude) first.

    Raises
    ------
    pyproj.exceptions.CRSError
        One of them is no CRS.

    Examples
    --------
    >>> x, y = cached_transformer("EPSG:4326", "EPSG:4548").transform(117.0, 36.65)
    >>> round(x), round(y)
    (500000, 4057670)
    """
    return pyproj.Transformer.from_crs(source, to, always_xy=True)

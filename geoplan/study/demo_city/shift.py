"""The shifted datums of Chinese web maps, forward only: what offices copy coordinates from."""

from __future__ import annotations

import numpy as np

from geoplan.study.demo_city.noise import Array

_A = 6378245.0
_EE = 0.00669342162296594323


def gcj02(lonlat: Array) -> Array:
    """WGS 84 degrees ``(n, 2)`` to GCJ-02 (within China)."""
    x, y = lonlat[:, 0] - 105.0, lonlat[:, 1] - 35.0
    pi, root = np.pi, np.sqrt(np.abs(x))
    both = 20 * np.sin(6 * x * pi) + 20 * np.sin(2 * x * pi)
    north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root
    north += (both + 20 * np.sin(y * pi) + 40 * np.sin(y / 3 * pi)) * 2 / 3
    north += (160 * np.sin(y / 12 * pi) + 320 * np.sin(y * pi / 30)) * 2 / 3
    east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root
    east += (both + 20 * np.sin(x * pi) + 40 * np.sin(x / 3 * pi)) * 2 / 3
    east += (150 * np.sin(x / 12 * pi) + 300 * np.sin(x / 30 * pi)) * 2 / 3
    lat = np.radians(lonlat[:, 1])
    w = 1 - _EE * np.sin(lat) ** 2
    d_lat = north * 180 / (_A * (1 - _EE) / w**1.5 * pi)
    d_lon = east * 180 / (_A / np.sqrt(w) * np.cos(lat) * pi)
    return lonlat + np.column_stack([d_lon, d_lat])


def bd09(lonlat: Array) -> Array:
    """WGS 84 degrees ``(n, 2)`` to BD-09."""
    x, y = gcj02(lonlat).T
    k = np.pi * 3000 / 180
    r = np.hypot(x, y) + 0.00002 * np.sin(y * k)
    t = np.arctan2(y, x) + 0.000003 * np.cos(x * k)
    return np.column_stack([r * np.cos(t) + 0.0065, r * np.sin(t) + 0.006])

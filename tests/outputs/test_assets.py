"""Leaflet comes from the installation; what is missing says how to get it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from geoplan.errors import MissingAssetError
from geoplan.outputs.maps import assets


def test_missing_asset_names_the_remedy():
    with pytest.raises(MissingAssetError, match=r"pip install"):
        assets.asset_bytes("not-there.js")


def test_leaflet_is_the_version_that_the_package_file_pins(checkout: Path):
    package = json.loads((checkout / "geoplan/outputs/web/package.json").read_text("utf-8"))
    assert f"Leaflet {package['dependencies']['leaflet']}" in assets.leaflet_script()[:200]


def test_lock_file_names_no_registry(checkout: Path):
    lock = (checkout / "geoplan/outputs/web/package-lock.json").read_text("utf-8")
    assert "://" not in lock
    assert "integrity" in lock


def test_style_asks_for_no_file():
    assert "url(" not in assets.leaflet_style()
    assert not re.search(r"@import|url\(|https?:", assets.app_style())


def test_what_a_map_carries_is_small():
    parts = [
        assets.leaflet_script(),
        assets.app_script(),
        assets.leaflet_style(),
        assets.app_style(),
        assets.leaflet_licence(),
    ]
    assert sum(len(part.encode("utf-8")) for part in parts) <= 400_000

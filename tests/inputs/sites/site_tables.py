"""Tables of sites near Jinan, read with the rules of a service."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from geoplan.inputs import LayerSource, read_facilities
from geoplan.inputs.findings.finding import Finding
from geoplan.inputs.layers import FacilityLayer
from geoplan.inputs.sites.rules import SiteRules


def table_of(columns: Mapping[str, Sequence[object]]) -> pd.DataFrame:
    """A table of sites with a number, a name and coordinates, unless `columns` say their own."""
    count = len(next(iter(columns.values())))
    return pd.DataFrame(
        {
            "编号": [f"Z{k}" for k in range(count)],
            "名称": [f"站{k}" for k in range(count)],
            "经度": [117.0 + k / 100 for k in range(count)],
            "纬度": [36.65] * count,
            **columns,
        }
    )


def read_sites(path: Path, **rules: object) -> tuple[FacilityLayer, tuple[Finding, ...]]:
    """The sites in a file, and its findings in English."""
    loaded = read_facilities(
        LayerSource(path=path, name=path.name, datum="wgs84"),
        key="x",
        crs="EPSG:4548",
        rules=SiteRules(**rules),  # type: ignore[arg-type]
        lang="en",
    )
    assert loaded.layer is not None
    return loaded.layer, loaded.findings


def sites_of(
    folder: Path, columns: Mapping[str, Sequence[object]], **rules: object
) -> tuple[FacilityLayer, tuple[Finding, ...]]:
    """The sites of a table with these columns, written to `folder`."""
    path = folder / "sites.csv"
    table_of(columns).to_csv(path, index=False)
    return read_sites(path, **rules)

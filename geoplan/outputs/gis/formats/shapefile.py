"""A run's layers as Shapefiles: UTF-8 with ``.cpg``, and a data dictionary beside them."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio

from geoplan.outputs.gis.formats.field_names import short_names
from geoplan.outputs.gis.formats.storable import by_family
from geoplan.outputs.gis.run_layers import RunLayer, run_layers, split_by_service
from geoplan.outputs.tables.office_files import write_csv

#: what stands in a text field at most, in bytes
_DBF_TEXT = 254


def write_shapefiles(source: Path, target: Path) -> list[Path]:
    """One Shapefile per layer and kind of geometry in the folder `target`, and ``fields.csv``.

    Areas are split by service: a field is then called after what is counted, not after whose.
    """
    written: list[Path] = []
    dictionary: list[dict[str, object]] = []
    for layer in run_layers(source):
        for part in split_by_service(layer):
            written += _write(part, target, dictionary)
    written.append(write_csv(pd.DataFrame(dictionary), target / "fields.csv"))
    return written


def _write(layer: RunLayer, target: Path, dictionary: list[dict[str, object]]) -> list[Path]:
    written = []
    names = short_names(layer.attributes)
    renamed = layer.frame.rename(columns=names)
    cut = {short: _cut_text(renamed, short) for short in names.values()}
    for family, rows in by_family(renamed):
        path = target / f"{layer.file if family is None else f'{layer.file}_{family}'}.shp"
        pyogrio.write_dataframe(
            rows, path, driver="ESRI Shapefile", encoding="UTF-8", use_arrow=True
        )
        written.append(path)
        for original, short in names.items():
            dictionary.append(
                {
                    "file": path.name,
                    "title": layer.title,
                    "field": short,
                    "name": original,
                    "meaning": layer.meaning(original),
                    "type": str(layer.frame[original].dtype),
                    "cut_values": cut[short],
                }
            )
    return written


def _cut_text(frame: gpd.GeoDataFrame, column: str) -> int:
    """Cut texts that no Shapefile holds, between characters; returns how many."""
    values = frame[column]
    if values.dtype.kind in "fiub":
        return 0
    cut = 0
    texts = []
    for value in values:
        if isinstance(value, str) and len(value.encode()) > _DBF_TEXT:
            value = value.encode()[:_DBF_TEXT].decode(errors="ignore")
            cut += 1
        texts.append(value)
    if cut:
        frame[column] = texts
    return cut

"""The layers of a finished run, read one after the other, with what readers call them."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import pyogrio

from geoplan.errors import UsageError
from geoplan.outputs.gis.titles import ColumnTitle
from geoplan.writing import file_names

#: columns that areas have of each service, after its key
AREA_COLUMNS = (
    *("people", "served", "served_most", "served_after", "served_after_most"),
    *("share", "share_most", "share_after", "share_after_most"),
    *("sites", "meets", "count", "rate"),
)
_OF_SERVICE = re.compile(rf"(.+?)_({'|'.join(AREA_COLUMNS)})")


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class RunLayer:
    """One layer of a run's GeoPackage.

    name : its key. file : what a file of it may be called. title : for readers.
    columns : titles by column, as far as the file tells them.
    """

    name: str
    file: str
    title: str
    frame: gpd.GeoDataFrame
    columns: Mapping[str, ColumnTitle]

    @property
    def attributes(self) -> list[str]:
        """All columns but the geometry."""
        return [str(c) for c in self.frame.columns if c != self.frame.geometry.name]

    def meaning(self, column: str) -> str:
        """What a column is called for readers; ``""`` where the file does not tell."""
        title = self.columns.get(column)
        return "" if title is None else title.full


def layer_names(source: Path) -> list[str]:
    """Names of the layers with geometry, in the file's order."""
    return [str(n) for n, kind in pyogrio.list_layers(source) if kind is not None]


def run_layers(source: Path) -> Iterator[RunLayer]:
    """The layers of the GeoPackage `source`; a city's need not fit into memory together."""
    names = layer_names(source)
    files = file_names(names)
    titles, columns = _told(source)
    for name in names:
        frame = pyogrio.read_dataframe(source, layer=name, use_arrow=True)
        if not isinstance(frame, gpd.GeoDataFrame) or frame.crs is None:
            raise UsageError.of("writing.no_result", folder=source.parent, part=source.name)
        yield RunLayer(
            name=name,
            file=files[name].replace(";", "_"),  # see `misread_mark`
            title=titles.get(name, name),
            frame=frame,
            columns=columns.get(name, {}),
        )


def _told(source: Path) -> tuple[dict[str, str], dict[str, dict[str, ColumnTitle]]]:
    """Titles of layers and of their columns; none where another program has written the file."""
    connection = sqlite3.connect(f"{source.resolve().as_uri()}?mode=ro", uri=True)
    try:
        titles = dict(connection.execute("SELECT table_name, identifier FROM gpkg_contents"))
        rows = connection.execute(
            "SELECT table_name, column_name, title, description FROM gpkg_data_columns"
        ).fetchall()
    except sqlite3.Error:
        return {}, {}
    finally:
        connection.close()
    columns: dict[str, dict[str, ColumnTitle]] = {}
    for layer, column, title, service in rows:
        columns.setdefault(layer, {})[column] = ColumnTitle(title or "", service or "")
    return {k: v or k for k, v in titles.items()}, columns


def split_by_service(layer: RunLayer) -> list[RunLayer]:
    """Areas apart by service, so that no layer has dozens of columns; other layers as they are.

    A part's columns are called without the service's key, which its name begins with.
    """
    if not layer.name.startswith("areas_"):
        return [layer]
    of_service: dict[str, dict[str, str]] = {}
    for column in layer.attributes:
        found = _OF_SERVICE.fullmatch(column)
        if found is not None:
            of_service.setdefault(found[1], {})[column] = found[2]
    own = [c for c in layer.attributes if not any(c in names for names in of_service.values())]
    shape = layer.frame.geometry.name
    parts = [_part(layer, own)]
    for key, names in of_service.items():
        frame = layer.frame[[*own, *names, shape]].rename(columns=names)
        told = {new: layer.columns[old] for old, new in names.items() if old in layer.columns}
        service = next((title.service for title in told.values()), "") or key
        columns = {c: layer.columns[c] for c in own if c in layer.columns}
        columns |= {c: ColumnTitle(title.text) for c, title in told.items()}
        parts.append(
            RunLayer(
                name=f"{key}_{layer.name}",
                file=f"{key}_{layer.file}",
                title=f"{service} {layer.title}",
                frame=frame,
                columns=columns,
            )
        )
    return parts


def _part(layer: RunLayer, columns: list[str]) -> RunLayer:
    return RunLayer(
        name=layer.name,
        file=layer.file,
        title=layer.title,
        frame=layer.frame[[*columns, layer.frame.geometry.name]],
        columns=layer.columns,
    )

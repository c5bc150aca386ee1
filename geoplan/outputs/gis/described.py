"""Layers with what readers call them and their columns, and the tables of a GeoPackage that say so.

``layer_styles`` is QGIS's convention for styles (QML and SLD); ``gpkg_data_columns`` is the schema
extension of the GeoPackage standard (OGC 12-128r19, annex F.9), which GDAL and QGIS read: ``name``
is what a column is called, ``title`` the same without its service, ``description`` the service.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd

from geoplan.outputs.gis.layers import Layer, layer_list
from geoplan.outputs.gis.styling.qml import qml
from geoplan.outputs.gis.styling.sld import sld
from geoplan.outputs.gis.styling.symbols import Style
from geoplan.outputs.gis.titles import ColumnTitle, column_titles, layer_title
from geoplan.results import RunResults
from geoplan.words.speaker import Speaker
from geoplan.words.text_format import clean

#: a fixed moment, so that the same results give the same file
FIXED_TIME = "2000-01-01T00:00:00.000Z"


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class DescribedLayer:
    """A layer and what it and its columns are called for readers.

    title : of the layer. columns : titles by column. service_names : of the styles to choose from.
    """

    layer: Layer
    title: str
    columns: Mapping[str, ColumnTitle]
    service_names: Mapping[str, str]

    @property
    def aliases(self) -> dict[str, str]:
        """What each column is called."""
        return {column: title.full for column, title in self.columns.items()}

    @property
    def name(self) -> str:
        """Its key, the same in every language."""
        return self.layer.name

    @property
    def frame(self) -> gpd.GeoDataFrame:
        """Its features."""
        return self.layer.frame

    def styles(self) -> list[tuple[str, Style]]:
        """Name and style, the default first."""
        others = [
            (self.service_names[key], style)
            for key, style in self.layer.styles.items()
            if style is not self.layer.style
        ]
        return [(self.name, self.layer.style), *others]


def described_layers(results: RunResults, speaker: Speaker) -> list[DescribedLayer]:
    """Every layer of a run with what `speaker`'s readers call it; no two have the same title."""
    found: list[DescribedLayer] = []
    taken: set[str] = set()
    for layer in layer_list(results, speaker):
        title = clean(layer_title(results, layer, speaker)) or layer.name
        title = title if title.casefold() not in taken else f"{title} [{layer.name}]"
        taken.add(title.casefold())
        names = {key: clean(results.services[key].name(speaker.lang)) for key in layer.styles}
        found.append(
            DescribedLayer(
                layer=layer,
                title=title,
                columns=column_titles(results, layer, speaker),
                service_names=names,
            )
        )
    return found


_STYLES = """
CREATE TABLE layer_styles (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  f_table_catalog TEXT(256), f_table_schema TEXT(256), f_table_name TEXT(256),
  f_geometry_column TEXT(256), styleName TEXT(30), styleQML TEXT, styleSLD TEXT,
  useAsDefault BOOLEAN, description TEXT, owner TEXT(30), ui TEXT(30),
  update_time DATETIME DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')))
"""
_COLUMNS = """
CREATE TABLE gpkg_data_columns (
  table_name TEXT NOT NULL, column_name TEXT NOT NULL, name TEXT, title TEXT, description TEXT,
  mime_type TEXT, constraint_name TEXT,
  CONSTRAINT pk_gdc PRIMARY KEY (table_name, column_name),
  CONSTRAINT gdc_tn UNIQUE (table_name, name))
"""
_CONSTRAINTS = """
CREATE TABLE gpkg_data_column_constraints (
  constraint_name TEXT NOT NULL, constraint_type TEXT NOT NULL, value TEXT, min NUMERIC,
  min_is_inclusive BOOLEAN, max NUMERIC, max_is_inclusive BOOLEAN, description TEXT,
  CONSTRAINT gdcc_ntv UNIQUE (constraint_name, constraint_type, value))
"""
_EXTENSIONS = """
CREATE TABLE IF NOT EXISTS gpkg_extensions (
  table_name TEXT, column_name TEXT, extension_name TEXT NOT NULL, definition TEXT NOT NULL,
  scope TEXT NOT NULL, CONSTRAINT ge_tce UNIQUE (table_name, column_name, extension_name))
"""
_SCHEMA = "http://www.geopackage.org/spec121/#extension_schema"


def describe(path: Path, layers: Sequence[DescribedLayer], *, geometry: str = "geom") -> None:
    """Put styles and names of columns into the GeoPackage at `path`, which has neither."""
    connection = sqlite3.connect(path)
    try:
        connection.execute("PRAGMA synchronous = OFF")
        with connection:
            _write_styles(connection, layers, geometry)
            _write_columns(connection, layers)
    finally:
        connection.close()


def _write_styles(
    connection: sqlite3.Connection, layers: Sequence[DescribedLayer], geometry: str
) -> None:
    connection.execute(_STYLES)
    connection.execute(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, description, last_change) "
        "VALUES ('layer_styles', 'attributes', 'layer_styles', '', ?)",
        (FIXED_TIME,),
    )
    rows = []
    for layer in layers:
        for k, (name, style) in enumerate(layer.styles()):
            as_qml = qml(style, layer.aliases)
            as_sld = sld(style, layer=layer.name, title=layer.title)
            rows.append((layer.name, geometry, name[:30], as_qml, as_sld, k == 0, FIXED_TIME))
    connection.executemany(
        "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, "
        "f_geometry_column, styleName, styleQML, styleSLD, useAsDefault, description, "
        "owner, ui, update_time) VALUES ('', '', ?, ?, ?, ?, ?, ?, '', '', NULL, ?)",
        rows,
    )


def _write_columns(connection: sqlite3.Connection, layers: Sequence[DescribedLayer]) -> None:
    connection.execute(_EXTENSIONS)
    connection.execute(_COLUMNS)
    connection.execute(_CONSTRAINTS)
    connection.executemany(
        "INSERT INTO gpkg_extensions VALUES (?, NULL, 'gpkg_schema', ?, 'read-write')",
        [(f"gpkg_data_column{end}", _SCHEMA) for end in ("s", "_constraints")],
    )
    connection.executemany(
        "INSERT INTO gpkg_data_columns VALUES (?, ?, ?, ?, ?, NULL, NULL)",
        [
            (layer.name, column, title.full, title.text, title.service or None)
            for layer in layers
            for column, title in layer.columns.items()
        ],
    )

"""A QGIS project beside the GeoPackage: layers in groups, named, styled, and a theme per service.

Written as XML, without QGIS. Names in it are in the study's language; ids of layers are their keys,
the same in every run.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import numpy as np
from pyproj import CRS

from geoplan.outputs.gis.described import DescribedLayer
from geoplan.outputs.gis.formats.storable import geometry_kind
from geoplan.outputs.gis.styling import styles
from geoplan.outputs.gis.styling.qml import QGIS_VERSION, add_style
from geoplan.outputs.gis.styling.symbols import Style
from geoplan.outputs.gis.titles import kind_title, layer_title, service_of
from geoplan.results import RunResults
from geoplan.words.speaker import Speaker
from geoplan.words.text_format import clean

#: kinds of layers that a service's theme begins without
_HIDDEN = ("demand", "reach_sites", "required")


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Entry:
    """A layer as the project shows it: one table may be shown several times.

    id : unlike all others. hidden : columns that the attribute table leaves out.
    shown : seen from the start in its group's theme.
    """

    id: str
    name: str
    source: DescribedLayer
    style: Style
    hidden: Sequence[str] = ()
    shown: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class Group:
    """Layers that belong together, the topmost first."""

    name: str
    service: str = ""
    entries: list[Entry] = field(default_factory=list)


def write_project(
    results: RunResults, layers: Sequence[DescribedLayer], gpkg: Path, speaker: Speaker
) -> Path:
    """Write ``layers.qgz`` beside ``layers.gpkg``.

    Parameters
    ----------
    results : as their audience may see them; only names are taken from them.
    layers : what is in the file `gpkg`, the lowest first.

    Returns
    -------
    Path
        The project; the same results give the same bytes.
    """
    groups = list(_groups(results, layers, speaker))
    root = ET.Element("qgis", version=QGIS_VERSION, projectname=_title(results, speaker))
    _text(root, "title", _title(results, speaker))
    _crs(ET.SubElement(root, "projectCrs"), layers[0])
    _tree(root, groups, gpkg.name)
    _canvas(root, layers)
    _legend_order(root, groups)
    _themes(root, groups, speaker)
    maps = ET.SubElement(root, "projectlayers")
    for group in groups:
        for entry in group.entries:
            _map_layer(maps, entry, gpkg.name)
    _properties(root, results, speaker)
    ET.indent(root, " ")
    text = "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
    text += ET.tostring(root, encoding="unicode") + "\n"
    path = project_path(gpkg)
    # the marks by which geoplan's own files are known
    part = ZipInfo(f"{gpkg.stem}.qgs", date_time=(1980, 1, 1, 0, 0, 0))
    part.external_attr = 0o600 << 16
    part.compress_type = ZIP_DEFLATED
    with ZipFile(path, "w") as archive:
        archive.writestr(part, text.encode())
    return path


def project_path(gpkg: Path) -> Path:
    """Where the project of a GeoPackage stands."""
    return gpkg.with_suffix(".qgz")


def _title(results: RunResults, speaker: Speaker) -> str:
    return clean(results.info.title or speaker.say("gis.project", name=results.info.name))


# -- what is shown --------------------------------------------------------------------------


def _groups(
    results: RunResults, layers: Sequence[DescribedLayer], speaker: Speaker
) -> Iterator[Group]:
    """A group per service, then areas and background, the topmost first."""
    upwards = list(reversed(layers))
    taken: set[str] = set()
    for key, service in results.services.items():
        name = clean(service.name(speaker.lang)) or key
        name = name if name not in taken else f"{name} [{key}]"
        taken.add(name)
        group = Group(name=name, service=key)
        for one in upwards:
            if one.layer.service == key:
                group.entries.append(
                    Entry(
                        id=one.name,
                        name=kind_title(one.layer, speaker),
                        source=one,
                        style=one.layer.style,
                        shown=one.layer.kind not in _HIDDEN,
                    )
                )
        group.entries.extend(_shares(results, key, upwards, speaker))
        if group.entries:
            yield group
    yield from _below(upwards, speaker)


def _shares(
    results: RunResults, key: str, upwards: Sequence[DescribedLayer], speaker: Speaker
) -> Iterator[Entry]:
    """The areas by the shares of one service; of the other services no column is seen."""
    drawn = [one for one in upwards if key in one.layer.styles]
    for one in drawn:
        yield Entry(
            id=f"{key}_{one.name}",
            name=layer_title(results, one.layer, speaker, service=key),
            source=one,
            style=replace(one.layer.styles[key], label=None),  # the areas below are named
            hidden=[c for c in one.aliases if service_of(c, results) not in ("", key)],
            shown=one is drawn[-1],  # the coarsest: names and numbers fit a whole city
        )


def _below(upwards: Sequence[DescribedLayer], speaker: Speaker) -> Iterator[Group]:
    areas = Group(name=speaker.say("gis.group_areas"))
    base = Group(name=speaker.say("gis.group_base"))
    for one in upwards:
        if one.layer.level:
            points = "Point" in geometry_kind(one.frame.geometry)
            style = styles.plain_area_style(points=points, count=len(one.frame))
            entry = Entry(id=one.name, name=one.title, source=one, style=style, shown=not points)
            areas.entries.append(entry)
        elif not one.layer.service:
            base.entries.append(
                Entry(id=one.name, name=one.title, source=one, style=one.layer.style)
            )
    if areas.entries:  # finer ones than the coarsest when they are asked for
        coarsest = areas.entries[-1]
        areas.entries[:] = [
            e
            if e is coarsest
            else Entry(id=e.id, name=e.name, source=e.source, style=e.style, shown=False)
            for e in areas.entries
        ]
    yield from (group for group in (areas, base) if group.entries)


# -- XML ------------------------------------------------------------------------------------


def _text(parent: ET.Element, tag: str, text: str, **attributes: str) -> ET.Element:
    element = ET.SubElement(parent, tag, attributes)
    element.text = text
    return element


def _crs(parent: ET.Element, layer: DescribedLayer) -> None:
    crs = CRS.from_user_input(layer.frame.crs)
    authority = crs.to_authority() or ()
    reference = ET.SubElement(parent, "spatialrefsys", nativeFormat="Wkt")
    _text(reference, "wkt", crs.to_wkt())
    _text(reference, "authid", ":".join(authority))
    _text(reference, "description", crs.name)
    _text(reference, "geographicflag", "true" if crs.is_geographic else "false")


def _tree(root: ET.Element, groups: Sequence[Group], file: str) -> None:
    """The layers panel: the first service's group is open, the other services' are not drawn."""
    tree = ET.SubElement(root, "layer-tree-group")
    first = groups[0].name
    for group in groups:
        seen = group.name == first or not group.service
        branch = ET.SubElement(
            tree,
            "layer-tree-group",
            name=group.name,
            checked=_checked(seen),
            expanded="1" if group.name == first else "0",
        )
        for entry in group.entries:
            ET.SubElement(
                branch,
                "layer-tree-layer",
                id=entry.id,
                name=entry.name,
                source=_source(entry, file),
                providerKey="ogr",
                checked=_checked(entry.shown),
                expanded="0",
            )


def _checked(seen: bool) -> str:
    return "Qt::Checked" if seen else "Qt::Unchecked"


def _source(entry: Entry, file: str) -> str:
    return f"./{file}|layername={entry.source.name}"


def _canvas(root: ET.Element, layers: Sequence[DescribedLayer]) -> None:
    canvas = ET.SubElement(root, "mapcanvas", name="theMapCanvas", annotationsVisible="1")
    _text(canvas, "units", "meters")
    wanted = [one for one in layers if one.layer.level] or list(layers)
    boxes = np.array([one.frame.total_bounds for one in wanted])
    boxes = boxes[np.isfinite(boxes).all(axis=1)]
    extent = ET.SubElement(canvas, "extent")
    if len(boxes):
        low, high = boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)
        margin = 0.03 * (high - low).max()
        values = [*(low - margin), *(high + margin)]
        for name, value in zip(("xmin", "ymin", "xmax", "ymax"), values, strict=True):
            _text(extent, name, f"{value:.3f}")
    _text(canvas, "rotation", "0")
    _crs(ET.SubElement(canvas, "destinationsrs"), layers[0])


def _legend_order(root: ET.Element, groups: Sequence[Group]) -> None:
    order = ET.SubElement(root, "layerorder")
    for group in groups:
        for entry in group.entries:
            ET.SubElement(order, "layer", id=entry.id)


def _themes(root: ET.Element, groups: Sequence[Group], speaker: Speaker) -> None:
    """A theme per service, and one with the sites of all."""
    presets = ET.SubElement(root, "visibility-presets")
    ground = [group for group in groups if not group.service]
    for group in groups:
        if group.service:
            _theme(presets, group.name, [group, *ground])
    sites = [
        Group(
            name=group.name,
            entries=[e for e in group.entries if e.source.layer.kind == "facilities"],
        )
        for group in groups
        if group.service
    ]
    _theme(presets, speaker.say("gis.theme_all"), [*sites, *ground])


def _theme(presets: ET.Element, name: str, groups: Sequence[Group]) -> None:
    theme = ET.SubElement(
        presets, "visibility-preset", {"name": name, "has-checked-group-info": "1"}
    )
    for group in groups:
        for entry in group.entries:
            if entry.shown:
                ET.SubElement(theme, "layer", id=entry.id, visible="1", style="default")
    checked = ET.SubElement(theme, "checked-group-nodes")
    for group in groups:
        if group.entries:
            ET.SubElement(checked, "checked-group-node", id=group.name)


def _map_layer(parent: ET.Element, entry: Entry, file: str) -> None:
    frame = entry.source.frame
    kind = geometry_kind(frame.geometry)
    simple = kind.removeprefix("Multi")
    layer = ET.SubElement(
        parent,
        "maplayer",
        type="vector",
        geometry={"LineString": "Line"}.get(simple, simple),
        wkbType=kind,
        styleCategories="AllStyleCategories",
    )
    _text(layer, "id", entry.id)
    _text(layer, "datasource", _source(entry, file))
    _text(layer, "shortname", entry.id)
    _text(layer, "title", entry.source.title)
    _text(layer, "layername", entry.name)
    _crs(ET.SubElement(layer, "srs"), entry.source)
    _text(layer, "provider", "ogr", encoding="UTF-8")
    manager = ET.SubElement(layer, "map-layer-style-manager", current="default")
    ET.SubElement(manager, "map-layer-style", name="default")
    add_style(layer, entry.style, entry.source.aliases, hidden=entry.hidden)
    shown = next((c for c in ("name", "area", "line_name") if c in entry.source.aliases), "")
    if shown:
        _text(layer, "previewExpression", f'"{shown}"')


def _properties(root: ET.Element, results: RunResults, speaker: Speaker) -> None:
    """Paths relative to the project; what maps of this study are stamped with."""
    properties = ET.SubElement(root, "properties")
    _text(ET.SubElement(properties, "Paths"), "Absolute", "false", type="bool")
    # without it QGIS leaves the project's CRS unread
    _text(ET.SubElement(properties, "SpatialRefSys"), "ProjectionsEnabled", "1", type="int")
    said = [speaker.say("maps.synthetic_long")] if results.info.synthetic else []
    if results.info.map_approval_no:
        said.append(speaker.say("maps.approval", text=results.info.map_approval_no))
    if said:
        label = ET.SubElement(properties, "CopyrightLabel")
        _text(label, "Enabled", "true", type="bool")
        _text(label, "Label", clean("　".join(said)), type="QString")
        _text(label, "Placement", "0", type="int")

"""What layers and columns are called for readers, with units; their keys stay English."""

from __future__ import annotations

from dataclasses import dataclass

from geoplan.outputs.gis.layers import Layer
from geoplan.outputs.ranges import is_plan_unlimited
from geoplan.results import RunResults, ServiceResult
from geoplan.words import has_word
from geoplan.words.speaker import Speaker
from geoplan.words.text_format import clean


def layer_title(
    results: RunResults, layer: Layer, speaker: Speaker, *, service: str | None = None
) -> str:
    """What a layer is, for readers: its service and kind, or its level.

    service : of areas, the service whose shares are shown.
    """
    if layer.level:
        level = speaker.level(layer.level)
        if service is None:
            return level
        word = "areas_of" if f"{service}_share" in layer.frame.columns else "rates_of"
        return speaker.say(f"gis.{word}", level=level)
    kind = kind_title(layer, speaker)
    if not layer.service:
        return kind
    name = clean(results.services[layer.service].name(speaker.lang))
    return speaker.say("gis.title", service=name, kind=kind)


def kind_title(layer: Layer, speaker: Speaker) -> str:
    """What a layer of one service is, the service left out."""
    word = f"gis.layer_{layer.kind}"
    return speaker.word(word if has_word(word) else f"outputs.layer_{layer.kind}", layer.name)


@dataclass(frozen=True, slots=True)
class ColumnTitle:
    """What a column is called, with its unit; `service` of columns of areas, the service's name."""

    text: str
    service: str = ""

    @property
    def full(self) -> str:
        """The service and what is counted."""
        return f"{self.service} {self.text}".strip()


def column_titles(results: RunResults, layer: Layer, speaker: Speaker) -> dict[str, ColumnTitle]:
    """What the columns are called for readers, with units, each unlike the others; by column.

    Columns that an office carried along keep their own headings.
    """
    titles: dict[str, ColumnTitle] = {}
    taken: set[str] = set()
    shape = layer.frame.geometry.name
    for column in map(str, layer.frame.columns):
        if column == shape:
            continue
        title = _title(results, layer, column, speaker)
        if title.full in taken:  # the table of a GeoPackage holds each of them once
            title = ColumnTitle(f"{title.text} [{column}]", title.service)
        taken.add(title.full)
        titles[column] = title
    return titles


def aliases(results: RunResults, layer: Layer, speaker: Speaker) -> dict[str, str]:
    """`column_titles` in one text each."""
    return {c: title.full for c, title in column_titles(results, layer, speaker).items()}


def service_of(column: str, results: RunResults) -> str:
    """The service whose column it is among those of areas; ``""`` of none."""
    found = [key for key in results.services if column.startswith(f"{key}_")]
    return max(found, key=len, default="")


def _title(results: RunResults, layer: Layer, column: str, speaker: Speaker) -> ColumnTitle:
    for level in results.areas:
        if column in (level, f"{level}_name"):
            word = "gis.field_code_of" if column == level else "gis.field_area_of"
            return ColumnTitle(speaker.say(word, level=speaker.level(level)))
    owner = service_of(column, results) if layer.level else ""
    name = column.removeprefix(f"{owner}_") if owner else column
    service = results.services.get(owner or layer.service)
    text = _field(name, layer, service, speaker, results.info.currency)
    if text is None:
        return ColumnTitle(clean(column))
    named = clean(service.name(speaker.lang)) if owner and service is not None else ""
    return ColumnTitle(text, named)


def _field(
    name: str, layer: Layer, service: ServiceResult | None, speaker: Speaker, currency: str
) -> str | None:
    unlimited = service is not None and is_plan_unlimited(service)
    if name == "people" and layer.kind == "gaps":
        name = "unserved"
    elif name == "cut_off" and service is not None and service.standard.mode == "transit":
        name = "no_service"
    elif name in ("cost", "cutoff") and service is not None:
        name = f"{name}_{service.standard.unit}"
    values = {
        "per": f"{service.standard.per:,.0f}" if service and service.standard.per else "1",
        "currency": speaker.currency(currency),
    }
    for word in (f"{name}_unlimited", name) if unlimited else (name,):
        for key in (f"gis.field_{word}", f"outputs.col_{word}"):
            if has_word(key):
                return speaker.say(key, **values)
    return None

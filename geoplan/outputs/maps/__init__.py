"""Maps: one self-contained page per service, and an index of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geoplan.lazy import lazy_names

if TYPE_CHECKING:
    from geoplan.outputs.maps.basemap import basemap_layer
    from geoplan.outputs.maps.write import service_map, write_map, write_maps

__all__ = ["basemap_layer", "service_map", "write_map", "write_maps"]

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "basemap_layer": "basemap",
        "service_map": "write",
        "write_map": "write",
        "write_maps": "write",
    },
)

"""Maps: one self-contained page per service, and an index of them."""

from geoplan.outputs.maps.basemap import basemap_layer
from geoplan.outputs.maps.write import service_map, write_map, write_maps

__all__ = ["basemap_layer", "service_map", "write_map", "write_maps"]

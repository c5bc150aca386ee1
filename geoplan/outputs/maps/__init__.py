"""Maps: one self-contained page per service, and an index of them."""

from geoplan.outputs.maps.write import service_map, write_map, write_maps

__all__ = ["service_map", "write_map", "write_maps"]

from .basemap import basemap_layer as basemap_layer
from .write import service_map as service_map, write_map as write_map, write_maps as write_maps

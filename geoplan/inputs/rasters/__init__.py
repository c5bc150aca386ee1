"""Population rasters: opened and doubted, cut to the study, shared among areas, in whole people."""

RASTER_SUFFIXES = (".tif", ".tiff", ".vrt", ".img", ".asc", ".bil", ".flt", ".adf")

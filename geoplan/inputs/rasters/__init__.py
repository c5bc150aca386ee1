"""Population rasters: opened and doubted, cut to the study, shared among areas, in whole people."""

"""Layers for GIS: GeoPackage, styles, exports to other formats."""

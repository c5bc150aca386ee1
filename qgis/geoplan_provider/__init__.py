"""The QGIS plugin: Processing tools that call the installed ``geoplan`` command."""


def classFactory(iface):
    """What QGIS loads."""
    from .plugin import GeoplanPlugin

    return GeoplanPlugin(iface)

"""Registers the provider with QGIS, with and without a desktop."""

from qgis.core import QgsApplication, QgsProcessingProvider

from .algorithms import ALGORITHMS


class GeoplanProvider(QgsProcessingProvider):
    """The tools under ``geoplan:`` in the Processing toolbox."""

    def loadAlgorithms(self):
        """Add one of each tool."""
        for algorithm in ALGORITHMS:
            self.addAlgorithm(algorithm())

    def id(self):
        """What the tools' ids begin with."""
        return "geoplan"

    def name(self):
        """What the toolbox shows."""
        return "geoplan"


class GeoplanPlugin:
    """What `classFactory` gives QGIS; `iface` is None without a desktop."""

    def __init__(self, iface):
        self.iface = iface
        self.provider = None

    def initProcessing(self):
        """Called by QGIS, and alone by ``qgis_process``."""
        self.provider = GeoplanProvider()
        QgsApplication.processingRegistry().addProvider(self.provider)

    def initGui(self):
        """Called by the desktop."""
        self.initProcessing()

    def unload(self):
        """Take the tools away again."""
        if self.provider is not None:
            QgsApplication.processingRegistry().removeProvider(self.provider)

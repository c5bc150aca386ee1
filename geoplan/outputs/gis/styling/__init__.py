"""How layers are drawn: symbols once, written as QML for QGIS and as SLD for everything else."""

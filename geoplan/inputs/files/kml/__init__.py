"""KML and KMZ: documents, placemarks with their attributes, shapes, what descriptions say."""

"""Networks made from files and graphs: OpenStreetMap, line layers, GraphML."""

"""The streets of the demo city: city blocks, highways, country roads, and their OSM file."""

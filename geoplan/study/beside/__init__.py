"""A second process of geoplan beside this one: pieces of a run that need nothing of one another."""

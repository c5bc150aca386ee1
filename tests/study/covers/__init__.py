"""The covers that a map's what-ifs count with."""

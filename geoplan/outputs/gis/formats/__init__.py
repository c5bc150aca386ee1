"""Writers of the file formats that layers are handed over in."""

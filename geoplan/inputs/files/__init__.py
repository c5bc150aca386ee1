"""Files as tables: text and its encoding, workbooks, vector layers, rasters, databases."""

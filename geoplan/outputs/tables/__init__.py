"""Tables of a run as frames, CSV and one workbook."""

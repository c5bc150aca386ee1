"""Personal data: columns and cells that no output may hold."""

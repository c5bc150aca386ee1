"""Where a row lies: coordinates, datums, geometry columns, geocoding."""

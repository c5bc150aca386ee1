"""What cells say about places: angles, pairs of coordinates, geometry written as text."""

"""Outlines of the ground about what is reached, drawn on a grid for maps."""

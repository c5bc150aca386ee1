"""Layers of points and their changes: as files have them, and as the study counts them."""

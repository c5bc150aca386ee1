"""Rows that sum up others, known by their names and by their numbers."""

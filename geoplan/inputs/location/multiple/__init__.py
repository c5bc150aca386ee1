"""Rows and places that are not one to one: parts of a row, pieces of an area, two statements."""

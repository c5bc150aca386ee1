"""Workbooks: their sheets as cells, and what calamine leaves out: hidden rows, errors, merges."""

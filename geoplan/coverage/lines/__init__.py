"""Coverage along lines: linear referencing, spacing, required points, gaps, suggested markers."""

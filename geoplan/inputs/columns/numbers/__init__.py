"""Numbers as people write them: separators, units, factors; what a whole column is written like."""

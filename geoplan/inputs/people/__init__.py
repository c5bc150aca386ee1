"""People in tables: a census that others are scaled to, and numbers that are none."""

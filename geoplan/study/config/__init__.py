"""The study file: its schema, its validation, faults by line."""

"""A study file that is no TOML: read all the same, every slip told with a repaired line."""

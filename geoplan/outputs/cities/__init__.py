"""A study of several cities: the overview page, the comparison, the report of the whole."""

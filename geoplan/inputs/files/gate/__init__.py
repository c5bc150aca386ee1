"""The gate that every input file passes: what it is and how large, before a reader opens it.

What a planner may raise stands in `limits`; `regular_file` looks at the file itself, `archive` at
what a zip declares, `pointers` at what a driver would follow, `drivers` opens vector files without
the net, and `reading` turns whatever a reader raises into one kind of error.
"""

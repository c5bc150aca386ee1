"""A map too large for one page, divided: an overview, and a page per county."""

"""What changed between two finished runs: numbers, sites and gaps, read from the files of both."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

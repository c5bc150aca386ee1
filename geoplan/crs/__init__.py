"""Coordinate reference systems: China's datums, the projected CRS to measure in, transformers."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

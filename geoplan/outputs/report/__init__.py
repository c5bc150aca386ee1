"""The report: one structure, written as HTML for the screen and as a document for Word and WPS."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

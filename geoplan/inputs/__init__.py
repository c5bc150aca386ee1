"""Inputs: checked layers from the files of an office, with a finding about every doubtful row."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

"""Standards as data: what "covered" means for each service, with its source.

`load_catalogue` reads the catalogue, `standard_for` puts a study's own figures over it.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

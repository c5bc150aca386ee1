"""Standards as data: what "covered" means for each service, with its source.

`load_catalogue` reads the catalogue, `standard_for` puts a study's own figures over it.
"""

from geoplan.services.catalogue import GROUPS, load_catalogue, published_figures, standard_for
from geoplan.services.standard import Quota, ServiceStandard, Tier

__all__ = [
    "GROUPS",
    "Quota",
    "ServiceStandard",
    "Tier",
    "load_catalogue",
    "published_figures",
    "standard_for",
]

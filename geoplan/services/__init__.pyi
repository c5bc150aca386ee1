from .catalogue import (
    GROUPS as GROUPS,
    load_catalogue as load_catalogue,
    published_figures as published_figures,
    standard_for as standard_for,
)
from .standard import Quota as Quota, ServiceStandard as ServiceStandard, Tier as Tier

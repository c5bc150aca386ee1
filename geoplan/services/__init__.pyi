from .catalogue import (
    GROUPS as GROUPS,
    figure_names as figure_names,
    load_catalogue as load_catalogue,
    standard_for as standard_for,
)
from .standard import Quota as Quota, ServiceStandard as ServiceStandard, Tier as Tier

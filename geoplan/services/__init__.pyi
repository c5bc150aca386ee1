from .catalogue import (
    GROUPS as GROUPS,
)
from .catalogue import (
    load_catalogue as load_catalogue,
)
from .catalogue import (
    published_figures as published_figures,
)
from .catalogue import (
    standard_for as standard_for,
)
from .standard import Quota as Quota
from .standard import ServiceStandard as ServiceStandard
from .standard import Tier as Tier

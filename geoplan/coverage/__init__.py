"""Who is served and who is not, and why: reach, quota, tiers, capacity, spacing, rates, gaps.

The functions take what `geoplan.network` measured (`TravelCosts`, nearest sites) and what
`geoplan.services` asks for (`ServiceStandard`), and give tables and the people ledger.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

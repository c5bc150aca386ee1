"""Several sitings in one: services that share buildings, tiers of which one needs the other."""

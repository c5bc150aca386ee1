"""Plans that open sites only, where they are many: Lagrangian bound, search, proof."""

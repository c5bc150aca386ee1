"""Plans of all kinds of actions where the whole model is too large: relaxation and search."""

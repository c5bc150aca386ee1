"""A programme: actions by year under the money of each, over all services that have actions."""

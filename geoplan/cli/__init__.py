"""The `geoplan` command (see `geoplan.cli.commands`)."""

from geoplan.cli.commands import app, main

__all__ = ["app", "main"]

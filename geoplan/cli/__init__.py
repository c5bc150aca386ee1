"""The `geoplan` command (see `geoplan.cli.commands`), loaded when it is used."""

__all__ = ["app", "main"]


def __getattr__(name: str) -> object:
    if name == "main":
        from geoplan.cli.start import main

        return main
    if name == "app":
        from geoplan.cli.commands import app

        return app
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

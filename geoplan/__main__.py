"""``python -m geoplan``: the `geoplan` command, where no scripts folder is on the path."""

from __future__ import annotations

from geoplan.cli.start import main

if __name__ == "__main__":
    main()

"""``python -m geoplan.demo_city OUT``: write the demo city into a folder."""

from __future__ import annotations

import sys

from geoplan.demo_city import generate


def main(arguments: list[str]) -> int:
    """Write the city; 2 when the folder is not named."""
    if len(arguments) != 1:
        sys.stderr.write("usage: python -m geoplan.demo_city OUT\n")
        return 2
    sys.stdout.write(f"{generate(arguments[0])}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))

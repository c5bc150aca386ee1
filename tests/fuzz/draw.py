"""A case by its seed and number: always the same files."""

from __future__ import annotations

import random
from pathlib import Path

from tests.fuzz.case import Case, Kind, Maker
from tests.fuzz.kinds import cells, damage, layers, rasters, runs, settings, streets, tables

#: rooms in the proportion in which cases are drawn from them
ROOMS: tuple[tuple[tuple[Kind, ...], int], ...] = (
    (cells.KINDS, 5),
    (tables.KINDS, 4),
    (layers.KINDS, 4),
    (damage.KINDS, 6),
    (settings.KINDS, 5),
    (rasters.KINDS, 1),
    (streets.KINDS, 2),
    (runs.KINDS, 2),
)


def draw(seed: int, number: int, folder: Path, base: Path) -> Case:
    """Write case `number` of `seed` into `folder`."""
    chance = random.Random(f"{seed}:{number}")
    kinds = chance.choices([room for room, _ in ROOMS], [weight for _, weight in ROOMS])[0]
    folder.mkdir(parents=True)
    maker = Maker(number=number, random=chance, folder=folder, base=base)
    return chance.choice(kinds)(maker)

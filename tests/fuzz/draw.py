"""A case by its seed and number: always the same files."""

from __future__ import annotations

import random
from pathlib import Path

from tests.fuzz.case import Case, Kind, Maker
from tests.fuzz.kinds import cells, damage, layers, plans, rasters, runs, settings, streets, tables

#: rooms in the proportion in which cases are drawn from them
ROOMS: dict[str, tuple[tuple[Kind, ...], int]] = {
    "cells": (cells.KINDS, 5),
    "tables": (tables.KINDS, 4),
    "layers": (layers.KINDS, 4),
    "damage": (damage.KINDS, 6),
    "settings": (settings.KINDS, 5),
    "rasters": (rasters.KINDS, 1),
    "streets": (streets.KINDS, 2),
    "runs": (runs.KINDS, 2),
    "plans": (plans.KINDS, 0),  # every tenth case
}


def room_of(seed: int, number: int) -> str:
    """Which room a case comes from."""
    return _room(random.Random(f"{seed}:{number}"), number)


def _room(chance: random.Random, number: int) -> str:
    if number % 10 == 9:
        return "plans"
    return chance.choices(list(ROOMS), [weight for _, weight in ROOMS.values()])[0]


def draw(seed: int, number: int, folder: Path, base: Path) -> Case:
    """Write case `number` of `seed` into `folder`."""
    chance = random.Random(f"{seed}:{number}")
    kinds, _ = ROOMS[_room(chance, number)]
    folder.mkdir(parents=True)
    maker = Maker(number=number, random=chance, folder=folder, base=base)
    return chance.choice(kinds)(maker)

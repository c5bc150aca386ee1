"""Smooth fields made of waves: the irregularity that keeps a made-up city from being a grid."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


class Waves:
    """A smooth random field of the plane with values of about -1..1 and a given wavelength.

    A sum of plane waves with random directions and phases: cheap at any point, the same on
    every machine, and smooth enough to bend lines without making them cross.

    Parameters
    ----------
    rng : where directions and phases come from.
    wavelength_m : the middle of the waves' lengths.
    count : how many waves; more looks more random.
    """

    def __init__(self, rng: np.random.Generator, wavelength_m: float, count: int = 9) -> None:
        angle = rng.uniform(0, 2 * np.pi, count)
        k = 2 * np.pi / (wavelength_m * rng.uniform(0.7, 1.4, count))
        self._kx, self._ky = k * np.cos(angle), k * np.sin(angle)
        self._phase = rng.uniform(0, 2 * np.pi, count)
        self._scale = np.sqrt(1.2 / count)

    def __call__(self, xy: Array) -> Array:
        """The field at points ``(n, 2)`` in metres, shape ``(n,)``."""
        # rounded coordinates of a local origin keep the phases exact enough everywhere
        x, y = xy[:, 0] - 500_000.0, xy[:, 1] - 4_060_000.0
        total = np.zeros(len(xy))
        for kx, ky, phase in zip(self._kx, self._ky, self._phase, strict=True):
            total += np.sin(kx * x + ky * y + phase)
        return total * self._scale


class Warp:
    """Bends the plane a little, without folding it: straight borders become natural ones."""

    def __init__(self, rng: np.random.Generator, octaves: tuple[tuple[float, float], ...]) -> None:
        self._octaves = [
            (Waves(rng, wavelength), Waves(rng, wavelength), amplitude)
            for wavelength, amplitude in octaves
        ]

    def shift(self, xy: Array) -> Array:
        """The displacement at points ``(n, 2)``, metres."""
        moved = np.zeros_like(xy)
        for wave_x, wave_y, amplitude in self._octaves:
            moved[:, 0] += amplitude * wave_x(xy)
            moved[:, 1] += amplitude * wave_y(xy)
        return moved

    def __call__(self, xy: Array) -> Array:
        """The points, bent."""
        return xy + self.shift(xy)

    def before(self, xy: Array, *, rounds: int = 12) -> Array:
        """The points that are bent into `xy` (fixed-point iteration)."""
        guess = xy.copy()
        for _ in range(rounds):
            guess = xy - self.shift(guess)
        return guess

"""Random numbers of the searches: a seed gives the same ones on every machine.

Splitmix64 (Steele, Lea and Flood 2014, doi:10.1145/2660193.2660195), for use within kernels.
"""

from __future__ import annotations

import numpy as np

from geoplan.kernels import inner_kernel


def random_state(seed: int) -> np.ndarray:
    """A random state to hand to a search; every number drawn moves it on."""
    return np.array([(int(seed) * 0x9E3779B97F4A7C15 + 0x1234567) % 2**64], np.uint64)


@inner_kernel
def next_bits(state):
    """The next 64 random bits."""
    state[0] += np.uint64(0x9E3779B97F4A7C15)
    z = state[0]
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


@inner_kernel
def below(state, n):
    """A random whole number from 0 to `n` - 1."""
    return np.int64(next_bits(state) % np.uint64(n))


@inner_kernel
def uniform(state):
    """A random number from 0 up to, but not, 1."""
    return np.float64(next_bits(state) >> np.uint64(11)) * 2.0**-53

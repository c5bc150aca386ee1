"""The demo city: a made-up city on Jinan's published facts, in the files an office would have.

`generate` writes the whole study; the same seed gives the same bytes. Census figures, published
counts and the locations of subdistrict centres are facts (see ``SOURCES.md`` beside this module);
every border, street, community, site and number of a community is made up.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from geoplan.demo_city.communities import people_table
from geoplan.demo_city.files import write_buses, write_city
from geoplan.demo_city.geography import make_land
from geoplan.demo_city.roads.streets import make_city

__all__ = ["SEED", "generate"]

SEED = 20200101


def generate(out_dir: str | Path, *, seed: int = SEED) -> Path:
    """Write the demo city's study into `out_dir`.

    Parameters
    ----------
    out_dir : a folder; made when it is not there, files of the same names are replaced.
    seed : another seed makes another city upon the same facts.

    Returns
    -------
    Path
        The study file.

    Examples
    --------
    >>> generate("demo/")  # doctest: +SKIP
    PosixPath('demo/study.toml')
    """
    out = Path(out_dir)
    out.mkdir(parents=True, exist_ok=True)
    # an independent random stream per part, so that a change in one leaves the others as they are
    land_rng, streets_rng, people_rng, files_rng, projects_rng, bus_rng = (
        np.random.default_rng(child) for child in np.random.SeedSequence(seed).spawn(6)
    )
    city = make_city(make_land(land_rng), streets_rng)
    people = people_table(city.land, city.communities, people_rng)
    write_city(out, city, people, files_rng, projects_rng)
    write_buses(out, city, people, bus_rng)
    return out / "study.toml"

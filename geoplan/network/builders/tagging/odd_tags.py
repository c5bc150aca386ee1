"""Classes, speed limits and access words that no table knows, counted: what was taken is told."""

from __future__ import annotations

from collections import Counter
from typing import Any

from geoplan.network.builders.osm_tags import STREET_FILTERS
from geoplan.network.builders.tagging.speeds import class_speed, read_maxspeed
from geoplan.network.builders.tagging.values import tag_values

#: classes that need no speed of their own, as nobody drives on them or they say so little
_KNOWN = (
    STREET_FILTERS["walk"].not_highway
    | STREET_FILTERS["drive"].not_highway
    | {"ferry", "crossing", "via_ferrata", "ladder", "emergency_bay", "trailhead", "turning_loop"}
)


class OddTags:
    """What the streets of one mode say that was not understood.

    Examples
    --------
    >>> odd = OddTags("drive")
    >>> for highway, maxspeed in [("primary", "fast"), ("boulevard", None), (None, None)]:
    ...     odd.add(highway, maxspeed)
    >>> odd.notes()
    {'odd_classes': {'boulevard': 1}, 'odd_speeds': {'fast': 1}, 'no_class': 1, 'streets': 3}
    """

    def __init__(self, mode: str) -> None:
        self.mode = mode
        self.classes: Counter[str] = Counter()
        self.speeds: Counter[str] = Counter()
        self.access: Counter[str] = Counter()
        self.no_class = self.streets = 0

    def add(self, highway: Any, maxspeed: Any, count: int = 1) -> None:
        """One street, or so many alike."""
        self.streets += count
        limit, odd = (None, False) if maxspeed is None else read_maxspeed(maxspeed)
        if odd and self.mode == "drive":
            self.speeds[str(maxspeed)] += count
        if limit is not None and self.mode == "drive":
            return  # the class does not matter
        known = class_speed(highway)[1]
        if known:
            return
        names = tag_values(highway)
        if not names:
            self.no_class += count
        elif _KNOWN.isdisjoint(names):
            self.classes[names[0]] += count

    def add_access(self, word: str, count: int = 1) -> None:
        """Streets with what `odd_access` found; "" is nothing."""
        if word:
            self.access[word] += count

    def notes(self) -> dict[str, Any]:
        """What to tell, by code; empty where everything is known."""
        found: dict[str, Any] = {}
        if self.classes:
            found["odd_classes"] = dict(self.classes)
        if self.speeds:
            found["odd_speeds"] = dict(self.speeds)
        if self.access:
            found["odd_access"] = dict(self.access)
        if self.no_class and self.mode == "drive":
            found["no_class"] = self.no_class
        return found | ({"streets": self.streets} if found else {})

"""Colours and classes shared by figures, layers and the report: safe for colour-blind readers.

Shares run from vermilion (few are covered) to blue (nearly all), pale between; rates run along
YlGnBu (Brewer). What is uncovered is vermilion and hatched, so that it never depends on colour
alone (Okabe and Ito, "Color universal design", 2008).
"""

from __future__ import annotations

INK = "#1d2b31"
MUTED = "#63737a"
HAIRLINE = "#d5dde0"

COVERED = "#2c7fb8"
UNCOVERED = "#d55e00"
SUGGESTED = "#f0b400"
FACILITY = "#12343b"
REACH = "#9ecae1"
WATER = "#c9dfea"
GREEN = "#dfe8d8"

#: width in millimetres and colour by road class
ROADS = {1: ("#b9a58a", 0.5), 2: ("#cfc5b6", 0.3), 3: ("#d8d1c4", 0.15)}

#: covered shares from bad to good, told apart by colour-blind readers; the maps use the same
SHARES = ("#d9603b", "#f4ab7c", "#f7ecc8", "#a6cfe3", "#3d82b4")
#: rates: YlGnBu without its darkest, so that points on it stay seen, by number of classes; the
#: script of the maps has the same
RAMPS = {
    1: ("#2c7fb8",),
    2: ("#c7e9b4", "#2c7fb8"),
    3: ("#edf8b1", "#7fcdbb", "#2c7fb8"),
    4: ("#ffffd9", "#c7e9b4", "#7fcdbb", "#2c7fb8"),
    5: ("#ffffd9", "#c7e9b4", "#7fcdbb", "#41b6c4", "#2c7fb8"),
}
SHARE_BOUNDS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
SHARE_LABELS = ("0–20%", "20–40%", "40–60%", "60–80%", "80–100%")

STATE_COLOURS = {
    "served": "#2c7fb8",
    "full": "#f0b400",
    "beyond": "#d55e00",
    "cut_off": "#8c4a9e",
    "off_network": "#7f7f7f",
    "unlocated": "#bdbdbd",
}

CAUSES = {
    "no_site": "#d55e00",
    "full": "#c99700",
    "no_service": "#b5568f",
    "cut_off": "#8c4a9e",
    "off_network": "#6f6f6f",
    "no_data": "#9a9a9a",
}

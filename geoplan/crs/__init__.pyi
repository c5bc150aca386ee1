from .datum import from_wgs84 as from_wgs84, to_wgs84 as to_wgs84

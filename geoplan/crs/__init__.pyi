from .datum import from_wgs84 as from_wgs84
from .datum import to_wgs84 as to_wgs84

"""Public transport: timetables and headways, journeys door to door (see docs/transit.md)."""

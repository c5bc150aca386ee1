"""GTFS feeds: tables, days, stops, trips, and one day of several feeds as a `Schedule`."""

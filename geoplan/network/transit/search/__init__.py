"""Searches: timetable arrays, walking legs, RAPTOR, and travel times over a window."""

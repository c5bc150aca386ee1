"""The example study under the name by which the tests know it (see geoplan/study/example.py)."""

from geoplan.study.example import CRS, PEOPLE, STUDY, X, Y
from geoplan.study.example import write_example as write_small_study

__all__ = ["CRS", "PEOPLE", "STUDY", "X", "Y", "write_small_study"]

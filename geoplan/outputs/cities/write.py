"""All that stands beside the cities' own folders: overview, report, tables."""

from __future__ import annotations

from pathlib import Path

from geoplan.outputs.cities.overview import write_overview
from geoplan.outputs.cities.report import write_report_of_all
from geoplan.outputs.cities.workbook import write_tables_of_all
from geoplan.results.cities import CitiesResults


def write_cities(whole: CitiesResults, folder: Path) -> None:
    """Write the outputs of the whole.

    Parameters
    ----------
    whole : results of a study of several cities. folder : holds a folder per city already.
    """
    write_overview(whole, folder / "index.html")
    write_tables_of_all(whole, folder)
    write_report_of_all(whole, folder)

"""Tables of figures by area: counts and money, without locations."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from geoplan.errors import FileError, InputError
from geoplan.inputs.columns.parse_numbers import is_empty, read_numbers
from geoplan.inputs.files.gate.reading import reading
from geoplan.inputs.files.source import LayerSource
from geoplan.inputs.findings.collector import FindingCollector
from geoplan.inputs.findings.finding import Loaded
from geoplan.inputs.rows import open_rows

_TEXT = ("code", "name", "id", "parent", "district", "street", "village")


def read_area_table(
    source: LayerSource, *, needed: Iterable[str] = (), lang: str = "zh"
) -> Loaded[pd.DataFrame]:
    """Read a table of figures by area.

    Parameters
    ----------
    source : a table; its `columns` say which heading is which figure.
    needed : roles or headings that must be there.
    lang : of the findings.

    Returns
    -------
    Loaded[DataFrame]
        Columns named by the role that the study gives them, else by their heading. `code` and names
        are text; every other column whose filled cells are numbers is a number. A row with an
        unreadable needed figure is set aside.

    Notes
    -----
    A file that cannot be used raises nothing: the layer is then None and the findings say why.

    Examples
    --------
    >>> from geoplan.study import example_study
    >>> source = LayerSource(path=example_study().folder / "people.csv")
    >>> table = read_area_table(source, needed=["pop60"]).layer
    >>> table["pop60"].tolist()
    [100.0, 50.0, 80.0, 30.0, 20.0, 10.0]
    >>> loaded = read_area_table(source, needed=["beds"], lang="en")
    >>> loaded.layer is None, loaded.findings[0].severity
    (True, 'error')
    """
    collector = FindingCollector(source=source, lang=lang)
    try:
        with reading():
            table = area_figures(collector, tuple(needed))
    except InputError as error:
        return collector.unusable(error)
    return collector.loaded(table)


def area_figures(collector: FindingCollector, needed: tuple[str, ...] = ()) -> pd.DataFrame:
    """The table of the collector's source, as `read_area_table` returns it.

    Raises
    ------
    InputError
        It cannot be used.
    """
    source, rows = collector.source, open_rows(collector, figures=True)
    # only codes and names are taken for what they are; any other heading may be a figure
    known = {h: r for h, r in rows.roles.items() if r in source.columns or r in _TEXT}
    data = {known.get(str(h), str(h)): rows.text[h] for h in rows.text.columns}
    missing = [n for n in needed if n not in data]
    if missing:
        raise FileError.of(
            "file_faults.no_needed",
            missing=", ".join(missing),
            first=missing[0],
            headings=", ".join(map(str, rows.text.columns)),
        )
    columns: dict[str, object] = {}
    for name, cells in data.items():
        values, cleaned = read_numbers(cells)
        unread = np.isnan(values) & ~is_empty(cells)
        if name in _TEXT or (name not in needed and unread.any()):
            columns[name] = cells
            continue
        column = rows.heading(name) or name
        collector.about_rows(
            unread, "bad_figure", "error", column=column, cells=cells, set_aside=True
        )
        collector.about_rows(cleaned, "read_as_number", "warning", column=column, cells=cells)
        columns[name] = values
    frame = pd.DataFrame(columns, index=rows.text.index)
    return frame[~collector.set_aside_mask].reset_index(drop=True)

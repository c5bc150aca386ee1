"""Tiers of sites that a file does not give, or gives in words that no tier has."""

from __future__ import annotations

import numpy as np
import pandas as pd

from geoplan.inputs.columns.parse_numbers import is_empty
from geoplan.inputs.findings.collector import FindingCollector
from geoplan.inputs.rows import Rows
from geoplan.inputs.sites.rules import SiteRules, words_text


def report_tiers(
    rows: Rows, collector: FindingCollector, rules: SiteRules, *, asked: np.ndarray
) -> None:
    """Tell which sites have no known tier, where the service has tiers.

    Parameters
    ----------
    rows, collector : of one file.
    rules : the tiers.
    asked : bool per row: an open site, whose tier matters.
    """
    if rules.tier_key is None or not asked.any():
        return
    cells, heading = rows.column("tier"), rows.heading("tier")
    if cells is None or is_empty(cells)[asked].all():
        collector.about_file("tiers_missing", "warning", assumed=True, count=int(asked.sum()))
        return
    keys = {text: rules.tier_key(str(text)) for text in cells.unique()}
    blank = is_empty(cells) & asked
    other = cells.map(keys).isna().to_numpy(bool) & ~blank & asked
    collector.about_rows(blank, "tier_blank", "warning", column=heading)
    collector.about_rows(other, "tier_unread", "warning", column=heading, cells=cells)
    words = words_text(cells[other])
    collector.about_rows_together(other, "tier_words", "warning", column=heading, words=words)
    collector.about_rows_together(blank | other, "tier_unknown", "warning", assumed=True)


def tier_cells(rows: Rows) -> pd.Series:
    """The table's own words for tiers, <NA> where there is none."""
    cells = rows.column("tier")
    if cells is None:
        return pd.Series(pd.NA, index=rows.text.index, dtype=object)
    return cells.where(~is_empty(cells), pd.NA)

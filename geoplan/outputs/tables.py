"""Tables of a run: CSV files and one formatted workbook, by area, gap, site and quota."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter

from geoplan.coverage.ledger import STATES
from geoplan.coverage.quota import quota_counts
from geoplan.outputs.telling import (
    area_codes,
    area_names,
    cause_text,
    cell_text,
    clean,
    display_width,
    is_missing,
    kind_text,
    known_word,
    level_text,
    objective_text,
    plain,
    remedy_text,
    safe_cells,
    standard_text,
    status_text,
)
from geoplan.results import RunResults, ServiceResult
from geoplan.words import say

Kind = Literal["text", "count", "share", "number", "degrees"]

#: levels with more areas than this stay out of the workbook (they are in the CSV files)
MOST_SHEET_AREAS = 1_000
#: closures told, today and after the plan
_MOST_CLOSURES = 20
FORMATS = {"count": "#,##0", "share": "0.0%", "number": "#,##0.00", "degrees": "0.000000"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Column:
    """One column of a table: a stable name, what kind of value it holds, and its heading's word."""

    name: str
    kind: Kind = "text"
    word: str = ""

    def heading(self, lang: str) -> str:
        """The heading in `lang`."""
        return known_word(lang, f"outputs.col_{self.word or self.name}", self.name)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Table:
    """One table of a run: values as they are, told by `columns`.

    name : file name without ending; service : its key, "" for tables of the whole run;
    sheet : the workbook's sheet that it goes to.
    """

    name: str
    service: str
    sheet: str
    frame: pd.DataFrame
    columns: tuple[Column, ...]

    def told(self, lang: str) -> pd.DataFrame:
        """The frame under headings in `lang`."""
        names = [c.name for c in self.columns]
        told = self.frame[names].reset_index(drop=True)
        told.columns = [c.heading(lang) for c in self.columns]
        return told


_CODE = (Column(name="code"), Column(name="name", word="area_name"))
_STATES = tuple(Column(name=state, kind="count") for state in STATES)
_LEDGER = (
    *_CODE,
    Column(name="parent"),
    Column(name="total", kind="count"),
    *_STATES,
    Column(name="covered_share", kind="share"),
)
_AFTER = (Column(name="served_after", kind="count"), Column(name="share_after", kind="share"))
_QUOTA = (
    *_CODE,
    Column(name="sites", kind="count"),
    Column(name="designated", kind="count"),
    Column(name="required", kind="count"),
    Column(name="meets"),
)
_RATES = (
    *_CODE,
    Column(name="count", kind="count"),
    Column(name="people", kind="count"),
    Column(name="rate", kind="number"),
    Column(name="low", kind="number"),
    Column(name="high", kind="number"),
    Column(name="smoothed", kind="number"),
)
_SITES = (
    Column(name="rank", kind="count"),
    Column(name="id"),
    Column(name="name", word="place"),
    Column(name="area"),
    Column(name="lon", kind="degrees"),
    Column(name="lat", kind="degrees"),
    Column(name="added_people", kind="count"),
    Column(name="share_after", kind="share"),
    Column(name="next_best"),
    Column(name="next_best_loss", kind="count"),
    Column(name="chosen_share", kind="share"),
)


def table_list(results: RunResults, *, lang: str = "zh") -> list[Table]:
    """Every table of a run, in the order in which a reader wants them.

    Parameters
    ----------
    results : a run's results, or an edition of them.
    lang : language of causes, remedies and headings.
    """
    tables = [overview_table(results, lang=lang)]
    for service in results.services.values():
        tables.extend(service_tables(results, service, lang=lang))
    if len(results.figures):
        tables.append(figures_table(results))
    return tables


def service_tables(results: RunResults, service: ServiceResult, *, lang: str) -> Iterator[Table]:
    """The tables of one service."""
    if service.coverage is not None:
        for level in results.areas:
            if level in service.coverage.frame.columns:
                yield area_table(results, service, level, lang=lang)
    for tier in service.tiers:
        yield tier_table(results, service, tier, lang=lang)
    if service.gaps is not None:
        yield gap_table(service, lang=lang)
    if service.siting is not None:
        yield site_table(service)
        if service.siting.robustness is not None:
            yield closure_table(service, lang=lang)
    for level in service.quota:
        yield quota_table(results, service, level, lang=lang)
    if service.rates is not None:
        yield rate_table(results, service, lang=lang)
    if service.spacing is not None:
        yield stretch_table(service, lang=lang)
        yield required_table(service, lang=lang)


def overview_table(results: RunResults, *, lang: str) -> Table:
    """One row per service: the headline numbers."""
    rows = [_overview_row(service, lang) for service in results.services.values()]
    columns = (
        Column(name="service"),
        Column(name="standard"),
        Column(name="facilities", kind="count"),
        Column(name="total", kind="count"),
        *_STATES,
        Column(name="covered_share", kind="share"),
        Column(name="length_m", kind="count"),
        Column(name="covered_m", kind="count"),
        Column(name="gap_m", kind="count"),
        Column(name="gaps", kind="count"),
        Column(name="new_sites", kind="count"),
        *_AFTER,
        Column(name="proof"),
    )
    frame = pd.DataFrame(rows, columns=[c.name for c in columns])
    return Table(name="services", service="", sheet="overview", frame=frame, columns=columns)


def _overview_row(service: ServiceResult, lang: str) -> dict[str, Any]:
    row: dict[str, Any] = {
        "service": service.name(lang),
        "standard": standard_text(lang, service.standard),
        "facilities": None if service.facilities is None else len(service.facilities),
        "gaps": None if service.gaps is None else len(service.gaps),
    }
    if service.coverage is not None:
        row |= service.coverage.ledger.to_dict()
        row["covered_share"] = service.coverage.covered_share
    if service.spacing is not None:
        found = service.spacing
        row |= {"length_m": found.total_m, "covered_m": found.covered_m, "gap_m": found.gap_m}
        row["covered_share"] = found.covered_m / found.total_m if found.total_m else None
    if service.siting is not None:
        result = service.siting.result
        row["new_sites"] = len(service.siting.sites)
        row["proof"] = status_text(lang, result.status, result.gap)
        if service.siting.people_after is not None:
            row["served_after"] = service.siting.people_after.served
            row["share_after"] = service.siting.people_after.covered_share
    return row


def area_table(results: RunResults, service: ServiceResult, level: str, *, lang: str) -> Table:
    """The ledger of one service by area, with the plan's effect where sites are suggested."""
    coverage = service.coverage
    assert coverage is not None
    frame = coverage.by_area(level).copy()
    columns: tuple[Column, ...] = _LEDGER
    after = None if service.siting is None else service.siting.coverage_after
    if after is not None and level in after.frame.columns:
        then = after.by_area(level).reindex(frame.index)
        frame["served_after"] = then["served"]
        frame["share_after"] = then["covered_share"]
        columns = (*columns, *_AFTER)
    layer = results.areas[level]
    parents = layer.frame["parent"]
    above = layer.parent or ""
    over = parents.reindex(frame.index)
    names = area_names(results, above, over, lang) if above in results.areas else over
    frame["parent"] = np.where(over.notna(), names, "")
    if above not in results.areas:
        columns = tuple(c for c in columns if c.name != "parent")
    frame["name"] = area_names(results, level, frame.index, lang)
    frame.insert(0, "code", frame.index.astype(str))
    return Table(
        name=f"{service.key}_by_{level}",
        service=service.key,
        sheet=f"by_{level}",
        frame=frame,
        columns=columns,
    )


def tier_table(results: RunResults, service: ServiceResult, tier: str, *, lang: str) -> Table:
    """The ledger of one tier by the coarsest area level."""
    coverage = service.tiers[tier]
    levels = [level for level in results.areas if level in coverage.frame.columns]
    named = {t.key: t.name(lang) for t in service.standard.tiers}
    if levels:
        frame = coverage.by_area(levels[0]).copy()
        frame["name"] = area_names(results, levels[0], frame.index, lang)
        frame.insert(0, "code", frame.index.astype(str))
    else:
        frame = pd.DataFrame([coverage.ledger.to_dict()])
        frame["covered_share"] = coverage.covered_share
        frame["code"], frame["name"] = "", results.info.name
    frame.insert(0, "tier", named.get(tier, tier))
    columns = (Column(name="tier"), *(c for c in _LEDGER if c.name != "parent"))
    return Table(
        name=f"{service.key}_tier_{tier}",
        service=service.key,
        sheet="tiers",
        frame=frame,
        columns=columns,
    )


def gap_table(service: ServiceResult, *, lang: str) -> Table:
    """Gap areas, most people (or longest) first."""
    gaps = service.gaps
    assert gaps is not None
    frame = pd.DataFrame(gaps.drop(columns=gaps.geometry.name))
    frame["cause"] = [cause_text(lang, c) for c in gaps["cause"]]
    frame["remedy"] = [remedy_text(lang, r) for r in gaps["remedy"]]
    ranks = {} if service.siting is None else dict(service.siting.sites["rank"])
    closing = [None if is_missing(c) else plain(ranks.get(c)) for c in gaps["closing_site"]]
    frame["closing_site"] = pd.Series(closing, index=frame.index, dtype=object)
    size = Column(name="length_m", kind="count", word="gap_m")
    if "length_m" not in frame.columns:
        size = Column(name="people", kind="count", word="unserved")
    columns = (
        Column(name="rank", kind="count"),
        Column(name="area"),
        size,
        Column(name="members", kind="count"),
        Column(name="cause"),
        Column(name="remedy"),
        Column(name="closing_site", kind="count"),
    )
    return Table(
        name=f"{service.key}_gaps",
        service=service.key,
        sheet="gaps" if "length_m" not in frame.columns else "line_gaps",
        frame=frame,
        columns=columns,
    )


def site_table(service: ServiceResult) -> Table:
    """Suggested sites in the order of building."""
    assert service.siting is not None
    sites = service.siting.sites
    frame = pd.DataFrame(sites.drop(columns=sites.geometry.name))
    frame["id"] = sites.index.astype(str)
    columns = tuple(c for c in _SITES if c.name in frame.columns)
    return Table(
        name=f"{service.key}_sites",
        service=service.key,
        sheet="sites",
        frame=frame,
        columns=columns,
    )


def closure_table(service: ServiceResult, *, lang: str) -> Table:
    """Sites whose closure costs people their only one, today and once the plan is built (N - 1)."""
    assert service.siting is not None
    found = service.siting.robustness
    assert found is not None
    parts = []
    for when, critical in (("now", found.critical), ("after", found.critical_after)):
        part = critical[critical["people"] > 0].head(_MOST_CLOSURES).copy()
        part.insert(0, "when", say(lang, f"outputs.closure_{when}"))
        part.insert(1, "rank", range(1, len(part) + 1))
        part.insert(2, "id", part.index.astype(str))
        ranks = service.siting.sites["rank"].rename(index=str)
        new = part["name"].astype("string").fillna("").eq("") & part["id"].isin(ranks.index)
        part["name"] = [
            say(lang, "outputs.closure_new", rank=int(ranks[label])) if is_new else name
            for label, name, is_new in zip(part["id"], part["name"], new, strict=True)
        ]
        parts.append(part)
    columns = (
        Column(name="when"),
        Column(name="rank", kind="count"),
        Column(name="id"),
        Column(name="name", word="site_name"),
        Column(name="people", kind="count", word="closure_people"),
    )
    return Table(
        name=f"{service.key}_closures",
        service=service.key,
        sheet="closures",
        frame=pd.concat(parts, ignore_index=True),
        columns=columns,
    )


def quota_table(results: RunResults, service: ServiceResult, level: str, *, lang: str) -> Table:
    """Sites and quota of every area of one level."""
    frame = service.quota[level].copy()
    frame["name"] = area_names(results, level, frame.index, lang)
    told = {True: say(lang, "outputs.yes"), False: say(lang, "outputs.no")}
    frame["meets"] = ["" if is_missing(m) else told[bool(m)] for m in frame["meets"]]
    frame.insert(0, "code", frame.index.astype(str))
    return Table(
        name=f"{service.key}_quota_{level}",
        service=service.key,
        sheet=f"quota_{level}",
        frame=frame,
        columns=_QUOTA,
    )


def rate_table(results: RunResults, service: ServiceResult, *, lang: str) -> Table:
    """Rates by area with their intervals."""
    assert service.rates is not None
    frame = service.rates.copy()
    level = area_codes(results, frame.index)
    if level is not None:
        frame["name"] = area_names(results, level, frame.index, lang)
    frame.insert(0, "code", frame.index.astype(str))
    columns = tuple(c for c in _RATES if c.name in frame.columns)
    return Table(
        name=f"{service.key}_rates",
        service=service.key,
        sheet="rates",
        frame=frame,
        columns=columns,
    )


def stretch_table(service: ServiceResult, *, lang: str) -> Table:
    """Covered and gap stretches along every line."""
    intervals = service.spacing.intervals
    frame = pd.DataFrame(intervals.drop(columns=intervals.geometry.name))
    frame["line"] = frame["line"].map(clean)
    frame["status"] = [known_word(lang, f"outputs.stretch_{s}", str(s)) for s in frame["status"]]
    columns = (
        Column(name="line"),
        Column(name="from_m", kind="count"),
        Column(name="to_m", kind="count"),
        Column(name="length_m", kind="count"),
        Column(name="status"),
    )
    return Table(
        name=f"{service.key}_stretches",
        service=service.key,
        sheet="stretches",
        frame=frame,
        columns=columns,
    )


def required_table(service: ServiceResult, *, lang: str) -> Table:
    """Required points and whether they are marked."""
    required = service.spacing.required
    frame = pd.DataFrame(required.drop(columns=required.geometry.name))
    frame["line"] = frame["line"].map(clean) if "line" in frame.columns else ""
    frame["kind"] = [kind_text(lang, k) for k in required["kind"]]
    told = {True: say(lang, "outputs.yes"), False: say(lang, "outputs.no")}
    frame["marked"] = [told[bool(m)] for m in required["marked"]]
    columns = (Column(name="line"), Column(name="kind"), Column(name="marked"))
    return Table(
        name=f"{service.key}_required",
        service=service.key,
        sheet="required",
        frame=frame,
        columns=columns,
    )


def figures_table(results: RunResults) -> Table:
    """Published figures beside computed ones."""
    frame = results.figures.copy()
    wanted = ("label", "published", "computed", "difference", "cause", "source", "key")
    columns = tuple(
        Column(name=n, kind="number" if n in wanted[1:4] else "text", word=f"figure_{n}")
        for n in wanted
        if n in frame.columns
    )
    frame["cause"] = frame["cause"] if "cause" in frame.columns else ""
    return Table(name="figures", service="", sheet="figures", frame=frame, columns=columns)


# ---------------------------------------------------------------- files


def write_tables(
    results: RunResults,
    folder: str | Path,
    *,
    lang: str | None = None,
    audience: str | None = None,
) -> list[Path]:
    """Write ``tables/*.csv`` (UTF-8 with BOM, for Excel) and ``tables.xlsx`` into `folder`.

    Parameters
    ----------
    results : a run's results; for the public, their public edition.
    folder : the run's folder.
    lang : ``"zh"`` or ``"en"``; None = the study's.
    audience : named for symmetry with the other writers; the edition decides what is told.

    Returns
    -------
    The files written. No cell is a formula: text that could be one gets a leading apostrophe.
    """
    told = lang or results.info.lang
    tables = table_list(results, lang=told)
    target = Path(folder) / "tables"
    target.mkdir(parents=True, exist_ok=True)
    written = []
    for table in tables:
        path = target / f"{table.name}.csv"
        frame = safe_cells(_rounded(table).told(told))
        path.write_bytes(frame.to_csv(index=False, lineterminator="\r\n").encode("utf-8-sig"))
        written.append(path)
    book = Path(folder) / "tables.xlsx"
    write_workbook(results, tables, book, lang=told)
    return [*written, book]


def _rounded(table: Table) -> Table:
    """Numbers as they are told: whole people stay whole, shares keep six decimals."""
    frame = table.frame.copy()
    for column in table.columns:
        if column.kind == "text":
            continue
        values = frame[column.name]
        if values.dtype.kind in "iu":
            continue
        if values.dtype.kind == "f":
            rounded = values.round(6).where(np.isfinite(values))
            whole = rounded.isna() | (rounded == rounded.round())
            frame[column.name] = rounded.astype("Int64") if whole.all() else rounded
            continue
        frame[column.name] = pd.Series(
            [None if is_missing(v) else plain(v, 6) for v in values],
            index=frame.index,
            dtype=object,
        )
    return Table(
        name=table.name,
        service=table.service,
        sheet=table.sheet,
        frame=frame,
        columns=table.columns,
    )


_HEAD_FILL = PatternFill("solid", fgColor="1F4E5F")
_HEAD_FONT = Font(bold=True, color="FFFFFF")
_HAIR = Border(bottom=Side(style="hair", color="B8C4C9"))


def write_workbook(
    results: RunResults, tables: list[Table], path: str | Path, *, lang: str
) -> Path:
    """One workbook: a sheet per kind of table, the services one under the other in it."""
    book = Workbook(write_only=True)
    names = {key: s.name(lang) for key, s in results.services.items()}
    sheets: dict[str, list[Table]] = {}
    for table in tables:
        large = table.sheet.startswith(("by_", "quota_")) and len(table.frame) > MOST_SHEET_AREAS
        if not large:
            sheets.setdefault(table.sheet, []).append(table)
    for key, parts in sheets.items():
        _sheet(book, _sheet_title(key, lang), parts, names, lang)
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    _fix_dates(book)
    book.save(target)
    return target


def _fix_dates(book: Workbook) -> None:
    """The same results give the same workbook, whenever it is written."""
    import datetime

    book.properties.creator = "geoplan"
    book.properties.created = datetime.datetime(2000, 1, 1)
    book.properties.modified = datetime.datetime(2000, 1, 1)


def _sheet_title(key: str, lang: str) -> str:
    base, _, level = key.partition("_")
    if base in ("by", "quota"):
        told = say(lang, f"outputs.sheet_{base}", level=level_text(lang, level))
    else:
        told = known_word(lang, f"outputs.sheet_{key}", key)
    for bad in "[]:*?/\\":
        told = told.replace(bad, " ")
    return told[:31]


def _merged_columns(parts: list[Table]) -> list[Column]:
    merged: dict[str, Column] = {}
    for part in parts:
        for column in part.columns:
            merged.setdefault(column.name, column)
    return list(merged.values())


def _sheet(
    book: Workbook, title: str, parts: list[Table], names: dict[str, str], lang: str
) -> None:
    sheet = book.create_sheet(title)
    columns = _merged_columns(parts)
    by_service = any(part.service for part in parts)
    heads = [c.heading(lang) for c in columns]
    kinds: list[Kind] = [c.kind for c in columns]
    if by_service:
        heads.insert(0, say(lang, "outputs.col_service"))
        kinds.insert(0, "text")
    rows = [row for part in parts for row in _rows(part, columns, names if by_service else None)]
    # a write-only sheet wants its widths, panes and filter before the first row
    for k, head in enumerate(heads):
        sample = [str(row[k]) for row in rows[:300] if not is_missing(row[k])]
        widest = max([display_width(head) + 3, *[display_width(text) + 2 for text in sample]])
        wide = 12 if kinds[k] != "text" else 8
        sheet.column_dimensions[get_column_letter(k + 1)].width = min(max(widest, wide), 44)
    sheet.freeze_panes = "C2" if by_service else "B2"
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(heads))}{len(rows) + 1}"
    sheet.append([_head_cell(sheet, head) for head in heads])
    for row in rows:
        sheet.append([_value_cell(sheet, v, k) for v, k in zip(row, kinds, strict=True)])


def _rows(part: Table, columns: list[Column], names: dict[str, str] | None) -> Iterator[list[Any]]:
    there = [c.name for c in part.columns]
    values = [
        part.frame[c.name].tolist() if c.name in there else [None] * len(part.frame)
        for c in columns
    ]
    lead = [] if names is None else [names.get(part.service, part.service)]
    for row in zip(*values, strict=True):
        yield [*lead, *row]


def _head_cell(sheet: Any, text: str) -> WriteOnlyCell:
    cell = WriteOnlyCell(sheet, value=cell_text(text))
    cell.font, cell.fill = _HEAD_FONT, _HEAD_FILL
    cell.alignment = Alignment(vertical="center", wrap_text=True)
    return cell


def _value_cell(sheet: Any, value: Any, kind: Kind) -> Any:
    told = plain(value, 6)
    if told is None or told == "":
        return None
    if isinstance(told, str):
        # a text cell is stored as text: the apostrophe guards it when saved as CSV again
        cell = WriteOnlyCell(sheet, value=cell_text(told))
        cell.data_type = "s"
        return cell
    cell = WriteOnlyCell(sheet, value=told)
    if kind in FORMATS:
        whole = kind == "number" and isinstance(told, int)
        cell.number_format = "#,##0" if whole else FORMATS[kind]
    return cell


def quota_text(table: pd.DataFrame, lang: str, level: str) -> str:
    """How many areas of one level meet their quota, as a phrase."""
    counts = quota_counts(table)
    if counts["meeting_quota"] is None:
        return ""
    return say(
        lang,
        "outputs.quota_phrase",
        level=level_text(lang, level),
        meeting=counts["meeting_quota"],
        total=counts["total"],
    )


__all__ = ["Column", "Table", "objective_text", "table_list", "write_tables", "write_workbook"]

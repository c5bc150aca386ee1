"""Opens a file: its rows without sums, hidden rows and personal data, and what its columns are."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

import pandas as pd

from geoplan.errors import FileError
from geoplan.inputs.columns.places.detect import place_roles
from geoplan.inputs.columns.roles import (
    columns_by_role,
    find_roles,
    heading_called,
    heading_key,
    is_total_part,
    known_roles,
    match_columns,
    people_of_age,
)
from geoplan.inputs.columns.where import evaluate_where
from geoplan.inputs.files.table import release_memory
from geoplan.inputs.findings.collector import FindingCollector
from geoplan.inputs.findings.finding import Severity
from geoplan.inputs.layers import AreaLayer
from geoplan.inputs.rows.cell_texts import (
    clean_texts,
    count_merged_once,
    plain_numbers,
    report_lost_codes,
)
from geoplan.inputs.rows.left_out import Counted, leave_out
from geoplan.inputs.rows.personal_cells import hide_personal_data
from geoplan.inputs.rows.row_table import Rows, RowTable, read_table

#: findings about a file that are no warnings, and those that assume something
_NOTES = (
    "sheets_skipped",
    "driver_says",
    "unnamed_columns",
    "heading_rows",
    "numbering_row",
    "unit_row",
    "sheets_together",
    "marks_unread",
    "folders_together",
)
#: findings about rows that are errors
_ERRORS = ("broken_coordinates",)
_ASSUMED = ("kmz_left_out", "hidden_sheets", "sheets_together", "sheets_overlap", "features_lost")
_REPEATED = re.compile(r".+\.\d+")
_CAPACITIES = ("capacity", "nursing_capacity")


def open_rows(
    collector: FindingCollector,
    *,
    extra: Iterable[str] = (),
    groups: Iterable[str] = (),
    figures: bool = False,
    areas: Mapping[str, AreaLayer] | None = None,
    by_age: bool = False,
) -> Rows:
    """The rows of the collector's file, without personal data, totals and rows not asked for.

    Parameters
    ----------
    extra : headings that are wanted for themselves (people columns): never taken for a role.
    groups : headings of sub-groups of the people: no role either, and no people column.
    figures : True where the study's ``columns`` name figures of its own and not roles.
    areas : of the study, by level, where the rows are places of people: rows that sum up others
        are then left out by their numbers too.
    by_age : whether the only column of people from an age on is the people column where no other
        is known; told.

    Raises
    ------
    FileError
        The file cannot be read at all; the caller makes it a finding.
    """
    source = collector.source
    table = read_table(source)
    release_memory()
    headings = [str(c) for c in table.text.columns]
    wanted = source.columns if figures else columns_by_role(source.columns)
    given, missing = match_columns(headings, wanted, table.levels)
    if missing:
        raise FileError.of(
            "file_faults.columns_missing", missing=", ".join(missing), headings=", ".join(headings)
        )
    people, named = _taken(headings, [*extra], table), [*extra, *groups]
    taken = _taken(headings, named, table)
    free = [h for h in headings if h not in given and h not in taken]
    roles = _roles(table, given, free)
    from_age = _people_of_age(table, roles, free) if by_age and not people else []
    roles |= dict.fromkeys(from_age, "weight")
    personal = hide_personal_data(table, roles, taken, collector)
    collector.roles = roles
    table.bind(collector)  # as long as totals have a position; a sum of rows is no row of its own
    _report_headings(table, [*named, *wanted.values()], collector)
    counts = people or [h for h, r in roles.items() if r == "weight"]
    counts = list(dict.fromkeys([*counts, *taken]))
    _prepare(table, roles, counts, collector, figures=figures)
    counted = Counted(roles=roles, counts=counts, areas=areas or {}, people=areas is not None)
    keep = leave_out(table, counted, collector)
    if source.where is not None:
        keep &= evaluate_where(_as_written(table.text, personal.originals), source.where)
    table.keep(keep)
    table.bind(collector)
    places = [heading for heading, role in roles.items() if role in _CAPACITIES]
    count_merged_once(table, list(dict.fromkeys([*counts, *places])), collector)
    clean_texts(table, roles, collector)
    _report(table, roles, given, collector, taken)
    personal.tell(keep, collector)
    collector.roles = roles
    table.bind(collector)
    for heading in from_age:
        collector.about_file(
            "people_of_age", "note", assumed=True, column=heading, count=len(table.text)
        )
    release_memory()
    return Rows(text=table.text, geometry=table.geometry, roles=roles, levels=table.levels)


def _taken(headings: list[str], extra: list[str], table: RowTable) -> list[str]:
    """The headings of the columns that are wanted for themselves."""
    found = [heading_called(name, headings, table.levels) for name in extra]
    return list(dict.fromkeys(filter(None, found)))


def _prepare(
    table: RowTable,
    roles: dict[str, str],
    counts: list[str],
    collector: FindingCollector,
    *,
    figures: bool,
) -> None:
    """Put numbers into plain digits: those of `counts`, of places and of coordinates."""
    kinds = dict.fromkeys(counts, "count")
    kinds |= {h: "count" for h, r in roles.items() if r in _CAPACITIES}
    kinds |= {h: "metres" for h, r in roles.items() if r in ("x", "y")}
    if figures:
        given = collector.source.columns.values()
        kinds |= {h: "count" for h in map(str, table.text.columns) if h in given and h not in roles}
    exact = [h for h, r in roles.items() if r in _CAPACITIES]
    plain_numbers(table, kinds, collector, exact=exact)


def _report_headings(table: RowTable, names: list[str], collector: FindingCollector) -> None:
    """Where the study names a heading over several columns, the total of them is taken."""
    headings = [str(c) for c in table.text.columns]
    for name in dict.fromkeys(names):
        heading = heading_called(name, headings, table.levels)
        parts = table.levels.get(heading, ())
        beside = [h for h in headings if table.levels.get(h, ())[:-1] == parts[:-1]]
        if len(parts) > 1 and len(beside) > 1 and is_total_part(parts[-1]):
            if heading_key(name) in (heading_key(heading), heading_key(parts[-1])):
                continue
            collector.about_file(
                "heading_total",
                "note",
                assumed=True,
                count=len(table.text),
                column=heading,
                name=name,
            )


def _report(
    table: RowTable,
    roles: dict[str, str],
    given: dict[str, str],
    collector: FindingCollector,
    taken: list[str],
) -> None:
    """Findings about the rows, the headings and the codes of a file."""
    for code, mask in table.row_findings.items():
        collector.about_rows(mask, code, "error" if code in _ERRORS else "warning")
    used = roles | dict.fromkeys(taken, "")
    _report_repeated_headings(table.text, used, {**given, **dict.fromkeys(taken, "")}, collector)
    for code, values in table.file_findings:
        severity: Severity = "note" if code in _NOTES else "warning"
        collector.about_file(code, severity, assumed=code in _ASSUMED, **values)
    report_lost_codes(table.text, roles, collector)
    if len(table.text) == 0:
        collector.about_file("no_rows", "warning")


def _roles(table: RowTable, given: dict[str, str], free: list[str]) -> dict[str, str]:
    """Role by heading: as given, then as the headings say, filled columns before empty ones.

    An empty column has a role only where no filled one has it: KML's own Name beside 名称.
    """
    roles, text = dict(given), table.text
    empty = {h for h in free if not (text[h] != "").any()}
    for some in ([h for h in free if h not in empty], [h for h in free if h in empty]):
        left = [r for r in known_roles() if r not in roles.values()]
        roles |= find_roles(some, wanted=left, levels=table.levels)
    roles = place_roles(text, roles, fixed=given)
    return {h: roles[h] for h in map(str, text.columns) if h in roles}


def _people_of_age(table: RowTable, roles: dict[str, str], free: list[str]) -> list[str]:
    """The one heading of people from an age on that may be the people column; none of several."""
    if "weight" in roles.values():
        return []
    found = people_of_age(list(map(str, table.text.columns)), table.levels)
    return [h for h in found if len(found) == 1 and h in free and h not in roles]


def _report_repeated_headings(
    text: pd.DataFrame, roles: dict[str, str], given: dict[str, str], collector: FindingCollector
) -> None:
    """A finding per heading that stands twice over different cells: one of them is used."""
    for heading in map(str, text.columns):
        twin = heading.rpartition(".")[0]
        if heading in given or twin not in roles or not _REPEATED.fullmatch(heading):
            continue
        if ((text[heading] != text[twin]) & (text[heading] != "")).any():
            collector.about_file("same_heading", "warning", column=twin)


def _as_written(text: pd.DataFrame, originals: pd.DataFrame) -> pd.DataFrame:
    """`text` with columns as the file has them, for conditions on what no output may hold."""
    if not len(originals.columns):
        return text
    return text.assign(**{str(heading): originals[heading] for heading in originals})

"""The office's own projects as a table: one row per action, headings in Chinese or English."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import geopandas as gpd
import numpy as np
import pandas as pd

from geoplan.crs import to_wgs84
from geoplan.errors import FileError, InputError
from geoplan.inputs.area_table import area_figures
from geoplan.inputs.columns.numbers.column_units import money_heading
from geoplan.inputs.columns.parse_numbers import read_numbers
from geoplan.inputs.columns.roles import heading_key
from geoplan.inputs.files.gate.reading import reading
from geoplan.inputs.files.source import LayerSource
from geoplan.inputs.findings.collector import FindingCollector
from geoplan.inputs.findings.finding import Loaded

#: headings by what they hold; compared without signs and units
_HEADINGS = {
    "action": ("action", "动作", "措施", "行动", "建设方式", "建设性质", "项目类型", "类型"),
    "site": ("site", "现有站点", "站点", "站点编号", "站点名称", "设施", "现有设施", "site id"),
    "away": ("away", "并入站点", "迁出站点", "合并站点", "原站点", "from sites"),
    "name": ("name", "项目名称", "名称", "项目", "project"),
    "id": ("id", "项目编号", "编号", "序号"),
    "lon": ("lon", "longitude", "经度", "lng"),
    "lat": ("lat", "latitude", "纬度"),
    "x": ("x", "x坐标", "东坐标"),
    "y": ("y", "y坐标", "北坐标"),
    "capacity": ("capacity", "床位", "床位数", "新增床位", "新增床位数", "容量", "beds"),
    "nursing": ("nursing", "nursing_capacity", "护理床位", "护理型床位", "改造护理床位"),
    "cost": ("cost", "投资", "总投资", "估算投资", "造价", "资金", "capital"),
    "running_cost": ("running_cost", "年运营费", "运营费", "年运行费", "运营补贴"),
    "from_year": ("from_year", "最早年份", "可开工年份", "计划年份", "年份", "year", "earliest"),
    "until_year": ("until_year", "最晚年份", "截止年份", "latest"),
    "most": ("most", "最多次数", "模块数", "modules"),
    "least_years": ("least_years", "最短使用年限"),
}
#: words of an office for each kind of action
_KINDS = {
    "open": ("open", "新建", "新增", "开设", "new", "build", "建设"),
    "expand": ("expand", "扩建", "扩容", "增床", "改扩建", "extend"),
    "convert": ("convert", "改造", "转换", "转型", "护理型改造", "conversion"),
    "move": ("move", "迁建", "迁移", "搬迁", "迁址", "relocate"),
    "merge": ("merge", "合并", "整合", "归并"),
    "close": ("close", "关闭", "撤销", "关停", "撤并"),
}
_FIGURES = ("capacity", "nursing", "from_year", "until_year", "most", "least_years")
_MONEY = ("cost", "running_cost")


@dataclass(frozen=True, kw_only=True, slots=True)
class Project:
    """One row of the table.

    kind : as `ProgrammeAction` has it. site : id or name of a site that is there; "" for a new
    place. point : x, y of a new place in the study's CRS. away : ids or names.
    """

    id: str
    name: str
    kind: str
    site: str = ""
    away: tuple[str, ...] = ()
    point: tuple[float, float] | None = None
    figures: Mapping[str, float] = field(default_factory=dict)

    def figure(self, name: str, default: float = np.nan) -> float:
        """A number of the row; `default` where the cell is empty."""
        value = float(self.figures.get(name, np.nan))
        return default if np.isnan(value) else value


def read_projects(
    source: LayerSource, *, crs: str, lang: str = "zh"
) -> Loaded[tuple[Project, ...]]:
    """Read a table of projects.

    Parameters
    ----------
    source : a table with a column of actions, and of sites or places.
    crs : the study's projected CRS.
    lang : of the findings.

    Returns
    -------
    Loaded[tuple[Project, ...]]
        A row whose action is not known, or that says no place, is an error with its number.
    """
    collector = FindingCollector(source=source, lang=lang)
    try:
        with reading():
            projects = _projects(collector, crs)
    except InputError as error:
        return collector.unusable(error)
    return collector.loaded(projects)


def _projects(collector: FindingCollector, crs: str) -> tuple[Project, ...]:
    table = area_figures(collector)
    columns = {role: _column(table, role, collector.source) for role in _HEADINGS}
    if columns["action"] is None:
        raise FileError.of(
            "file_faults.no_action_column", headings=", ".join(map(str, table.columns))
        )
    texts = {role: _texts(table, columns[role]) for role in _HEADINGS}
    figures = {role: _numbers(table, columns[role]) for role in (*_FIGURES, *_MONEY)}
    points = _points(table, columns, collector.source, crs)
    kinds = texts["action"].map(action_kind)
    unknown = kinds.isna().to_numpy()
    new = kinds.isin(["open", "move"]).to_numpy()
    lost = ~unknown & new & points.isna().to_numpy() & (texts["site"] == "").to_numpy()
    lost |= ~unknown & ~new & (texts["site"] == "").to_numpy()
    cells = texts["action"]
    for code, mask in (("action_unknown", unknown), ("action_no_place", lost)):
        collector.about_rows(
            mask, code, "error", column=columns["action"] or "", cells=cells, set_aside=True
        )
    found = []
    for k in np.flatnonzero(~unknown & ~lost):
        label = texts["id"].iloc[k] or texts["name"].iloc[k] or str(k + 1)
        point = points.iloc[k]
        found.append(
            Project(
                id=str(label),
                name=texts["name"].iloc[k] or str(label),
                kind=str(kinds.iloc[k]),
                site=texts["site"].iloc[k],
                away=tuple(filter(None, re.split(r"[、,，;；]\s*", texts["away"].iloc[k]))),
                point=None if point is None or pd.isna(point) else (point.x, point.y),
                figures={role: float(values[k]) for role, values in figures.items()},
            )
        )
    ids = [project.id for project in found]
    if len(set(ids)) < len(ids):  # an office's running numbers may begin anew
        found = [
            Project(
                **{
                    **{name: getattr(p, name) for name in Project.__dataclass_fields__},
                    "id": f"{p.id}-{k + 1}",
                }
            )
            for k, p in enumerate(found)
        ]
    return tuple(found)


def action_kind(text: str) -> str | None:
    """The kind of action that a cell names; None where it is not known.

    Examples
    --------
    >>> action_kind("新建"), action_kind("扩建工程"), action_kind("?")
    ('open', 'expand', None)
    """
    said = heading_key(text)
    for exact in (True, False):
        # the longer words first: 改扩建 is no 改造
        words = sorted(
            ((word, kind) for kind, names in _KINDS.items() for word in names),
            key=lambda pair: -len(pair[0]),
        )
        for word, kind in words:
            known = heading_key(word)
            if said == known or (not exact and known in said):
                return kind
    return None


def _column(table: pd.DataFrame, role: str, source: LayerSource) -> str | None:
    if role in source.columns and role in table.columns:
        return role
    known = {heading_key(money_heading(str(c))[0]): str(c) for c in table.columns}
    found = (known.get(heading_key(name)) for name in _HEADINGS[role])
    return next((heading for heading in found if heading is not None), None)


def _texts(table: pd.DataFrame, column: str | None) -> pd.Series:
    if column is None:
        return pd.Series("", index=table.index)
    cells = table[column]
    if pd.api.types.is_numeric_dtype(cells):
        return cells.map(lambda v: "" if pd.isna(v) else f"{v:g}")
    return cells.astype("string").fillna("").str.strip().astype(object)


def _numbers(table: pd.DataFrame, column: str | None) -> np.ndarray:
    """Numbers of a column, in yuan where its heading says 万元."""
    if column is None:
        return np.full(len(table), np.nan)
    cells = table[column]
    if pd.api.types.is_numeric_dtype(cells):
        values = cells.to_numpy(float)
    else:
        values, _ = read_numbers(cells.astype("string").fillna("").str.removesuffix("年"))
    return values * money_heading(column)[1]


def _points(
    table: pd.DataFrame, columns: Mapping[str, str | None], source: LayerSource, crs: str
) -> gpd.GeoSeries:
    """Places in the study's CRS; missing where a row has none."""
    for pair, degrees in ((("lon", "lat"), True), (("x", "y"), False)):
        if columns[pair[0]] is None or columns[pair[1]] is None:
            continue
        a, b = (_numbers(table, columns[name]) for name in pair)
        there = np.isfinite(a) & np.isfinite(b)
        said = "EPSG:4326" if degrees else (source.crs or crs)
        points = gpd.GeoSeries(gpd.points_from_xy(a[there], b[there]), crs=said)
        if degrees and source.datum in ("gcj02", "bd09"):
            points = to_wgs84(points, datum=source.datum)
        found = gpd.GeoSeries([None] * len(table), index=table.index, crs=crs)
        found[there] = points.to_crs(crs).to_numpy()
        return found
    return gpd.GeoSeries([None] * len(table), index=table.index, crs=crs)

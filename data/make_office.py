"""Writes data/pingyin_office: ``python data/make_office.py`` (identical files every time).

Two workbooks as a county's office keeps them, about the demo city's 平阴县: title rows, merged
cells, a total, numbers as text, sites that are not open, and a few faults. Nothing is real.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd

from geoplan.demo_city.tables import write_workbook

DATA = Path(__file__).resolve().parent
COUNTY = "平阴县"


def main(folder: Path) -> None:
    """Both workbooks, made from the demo city's tables."""
    folder.mkdir(parents=True, exist_ok=True)
    people, sites = _people(), _sites()
    title = f"{COUNTY}各村（社区）60岁以上老年人统计表（演示数据）"
    write_workbook(folder / "老年人口统计表.xlsx", {"2024年": (title, people)}, merge="镇（街道）")
    write_workbook(
        folder / "助餐点台账.xlsx", {"台账": (f"{COUNTY}老年助餐点台账（演示数据）", sites)}
    )


def _of_county(name: str) -> pd.DataFrame:
    path = DATA / "jinan_demo" / name
    table = pd.read_csv(path, encoding="gb18030", dtype=str, keep_default_na=False)
    return table[table["区县"] == COUNTY].reset_index(drop=True)


def _people() -> pd.DataFrame:
    """People by village, with four faults and a total."""
    source = _of_county("社区人口.csv")
    table = pd.DataFrame(
        {
            "镇（街道）": source["街道"],
            "村（社区）": source["社区名称"],
            "60岁以上人数": source["60岁以上"].astype(int).astype(object),
            "经度（高德）": source["经度"],
            "纬度（高德）": source["纬度"],
        }
    )
    lon, lat, count = "经度（高德）", "纬度（高德）", "60岁以上人数"
    table.loc[11, [lon, lat]] = table.loc[11, [lat, lon]].to_numpy()  # swapped
    table.loc[23, [lon, lat]] = ""
    table.loc[37, count] = "三百多"
    table.loc[52, count] = f"{table.loc[52, count]}人"
    numbers = pd.to_numeric(table[count], errors="coerce")
    total = {"镇（街道）": "合计", "村（社区）": "", count: int(numbers.sum()), lon: "", lat: ""}
    return pd.concat([table, pd.DataFrame([total])], ignore_index=True)


def _sites() -> pd.DataFrame:
    """Meal stations: two under construction, one shut for a while, one without coordinates."""
    source = _of_county("助餐站点.csv")
    table = pd.DataFrame(
        {
            "序号": [str(k + 1) for k in range(len(source))],
            "助餐点名称": source["站点名称"],
            "镇（街道）": source["街道"],
            "运营状态": "正常运营",
            "餐位": source["餐位数"],
            "经度": source["经度"],
            "纬度": source["纬度"],
        }
    )
    table.loc[[4, 9], "运营状态"] = "在建"
    table.loc[14, "运营状态"] = "暂停营业"
    table.loc[19, ["经度", "纬度"]] = ""
    return table


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else DATA / "pingyin_office")

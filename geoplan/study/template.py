"""`geoplan new`: a commented `study.toml` and one template table per layer."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Literal

from geoplan.errors import UsageError
from geoplan.writing import told_plainly

#: template tables by language: name, headings, one example row
TEMPLATES: dict[str, dict[str, tuple[str, str]]] = {
    "zh": {
        "区县.csv": ("区划代码,名称", "370102,示例区"),
        "街道.csv": ("区划代码,名称,上级代码", "370102001,示例街道,370102"),
        "社区人口.csv": (
            "社区代码,社区名称,街道,区县,经度,纬度,常住人口,60岁以上",
            "370102001001,示例社区,示例街道,示例区,117.03,36.66,5200,1040",
        ),
        "养老服务设施.csv": (
            "编号,名称,类别,街道,区县,地址,经度,纬度,床位数,护理型床位",
            "Y001,示例养老服务中心,street_facility,示例街道,示例区,示例路1号,117.03,36.66,60,48",
        ),
        "助餐站点.csv": (
            "编号,名称,街道,区县,地址,经度,纬度",
            "Z001,示例助餐站,示例街道,示例区,示例路2号,117.031,36.661",
        ),
        "未保站点.csv": (
            "编号,名称,类别,街道,区县,地址,经度,纬度,指定人员",
            "W001,示例未保站,station,示例街道,示例区,示例路3号,117.032,36.662,否",
        ),
        "救助服务点.csv": (
            "编号,名称,类别,街道,区县,地址,经度,纬度",
            "B001,示例救助服务点,haven,示例街道,示例区,示例路4号,117.033,36.663",
        ),
        "界桩.csv": ("编号,名称,经度,纬度", "J001,示例界桩,117.034,36.664"),
    },
    "en": {
        "districts.csv": ("code,name", "01,Example of a district"),
        "subdistricts.csv": ("code,name,parent", "0101,Example of a subdistrict,01"),
        "communities.csv": (
            "code,name,street,district,lon,lat,residents,pop60",
            "0101001,Example of a community,Example of a subdistrict,Example of a district,"
            "13.4,52.5,5200,1040",
        ),
        "elderly_centres.csv": (
            "id,name,tier,street,district,address,lon,lat,capacity,nursing_capacity",
            "E001,Example of an elderly centre,street_facility,Example of a subdistrict,"
            "Example of a district,1 Main Street,13.4,52.5,60,48",
        ),
        "meal_stations.csv": (
            "id,name,street,district,address,lon,lat",
            "M001,Example of a meal station,Example of a subdistrict,Example of a district,"
            "2 Main Street,13.401,52.501",
        ),
        "child_protection_stations.csv": (
            "id,name,tier,street,district,address,lon,lat,designated",
            "C001,Example of a station,station,Example of a subdistrict,Example of a district,"
            "3 Main Street,13.402,52.502,no",
        ),
        "shelters.csv": (
            "id,name,tier,street,district,address,lon,lat",
            "S001,Example of a shelter,haven,Example of a subdistrict,Example of a district,"
            "4 Main Street,13.403,52.503",
        ),
        "markers.csv": ("id,name,lon,lat", "B001,Example of a marker,13.404,52.504"),
    },
}


def new_study(folder: str | Path, *, lang: Literal["zh", "en"] = "zh") -> list[Path]:
    """Write an empty study into `folder`.

    Template tables are CSV in UTF-8 with a byte order mark, which Excel opens right. Their one
    example row is to be replaced.

    Parameters
    ----------
    folder : made where it is missing; other files in it are left alone.
    lang : of its comments, file names and headings; its own ``lang``, too.

    Returns
    -------
    The files written, `study.toml` first.

    Raises
    ------
    UsageError
        A file of that name is there already: nothing is written over.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> written = new_study(folder / "city")
    >>> written[0].name, len(written)
    ('study.toml', 9)
    """
    target = Path(folder)
    if target.exists() and not target.is_dir():
        raise UsageError.of("study.dir_is_file", folder=target)
    name = "new_study.toml" if lang == "zh" else f"new_study.{lang}.toml"
    text = files(__package__).joinpath(name).read_text(encoding="utf-8")
    wanted = {target / "study.toml": text}
    for name, rows in TEMPLATES[lang].items():
        wanted[target / name] = "\ufeff" + "\r\n".join(rows) + "\r\n"
    there = [path.name for path in wanted if path.exists() or path.is_symlink()]
    if there:
        raise UsageError.of("study.already_there", folder=target, files=", ".join(there))
    written: list[Path] = []
    with told_plainly(target):
        target.mkdir(parents=True, exist_ok=True)
        try:
            for path, content in wanted.items():
                with path.open("xb") as file:  # never over a file that has just appeared
                    written.append(path)
                    file.write(content.encode("utf-8"))
        except BaseException:
            for path in written:
                path.unlink(missing_ok=True)
            raise
    return written

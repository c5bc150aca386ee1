"""`geoplan new`: a commented `study.toml` and one template table per layer."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from geoplan.errors import UsageError
from geoplan.words import say_both
from geoplan.writing import told_plainly

#: template tables: name, headings, one example row
TEMPLATES: dict[str, tuple[str, str]] = {
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
}


def new_study(folder: str | Path) -> list[Path]:
    """Write an empty study into `folder`.

    Template tables are CSV in UTF-8 with a byte order mark, which Excel opens right. Their one
    example row is to be replaced.

    Parameters
    ----------
    folder : made where it is missing; other files in it are left alone.

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
        raise UsageError(say_both("study.dir_is_file", folder=target))
    text = files(__package__).joinpath("new_study.toml").read_text(encoding="utf-8")
    wanted = {target / "study.toml": text}
    for name, rows in TEMPLATES.items():
        wanted[target / name] = "\ufeff" + "\r\n".join(rows) + "\r\n"
    there = [path.name for path in wanted if path.exists() or path.is_symlink()]
    if there:
        raise UsageError(say_both("study.already_there", folder=target, files=", ".join(there)))
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

"""What the tools say, in Chinese and English."""

from qgis.core import QgsApplication

WORDS = {
    "group": ("公共服务设施规划", "Planning of city services"),
    "check": ("检查数据", "Check inputs"),
    "check_help": (
        "读入人口点、站点和道路图层，列出每一处疑点：哪个文件、哪一行、有什么问题、怎么改。不改动图层。",
        "Reads people, sites and roads and lists every doubt: which file and row, what is wrong, "
        "what to do. No layer is changed.",
    ),
    "coverage": ("服务覆盖", "Coverage"),
    "coverage_help": (
        "按道路上的实际路程（不是直线）判断谁在服务距离之内，给出居民点的状况、缺口片区和各站点的服务范围。",
        "Who is within the threshold along the streets (not as the crow flies): the state of every "
        "place, the gap areas, and what each site reaches.",
    ),
    "suggest": ("建议站点", "Suggest sites"),
    "suggest_help": (
        "在道路路口中选址：给定新增数量，使覆盖的人最多；给出建议站点、建成后仍有的缺口和居民点的状况。",
        "Where new sites serve most people, chosen among the junctions of the roads: the suggested "
        "sites, the gaps that remain and the state of every place.",
    ),
    "markers": ("沿线布设标志", "Markers along lines"),
    "markers_help": (
        "沿界线或道路检查标志间距，找出间距过大的区段，给出最少需要增设的标志点。",
        "Checks the spacing of markers along boundaries or roads, finds the stretches that are too "
        "long, and places the fewest further markers.",
    ),
    "DEMAND": ("人口点图层", "People (points)"),
    "PEOPLE": ("人数字段", "Field with the number of people"),
    "SITES": ("现有站点图层", "Existing sites (points)"),
    "CAPACITY": ("容量字段（可不填）", "Field with the capacity (optional)"),
    "ROADS": ("道路图层", "Roads (lines)"),
    "AREAS": ("行政区图层（可不填）", "Areas (polygons, optional)"),
    "THRESHOLD": ("服务距离（米）", "Threshold (m along the streets)"),
    "SPLIT": ("道路在相接、相交处连通", "Roads are joined where they touch or cross"),
    "CRS": ("计算用的投影坐标系（米）", "Projected CRS to compute in (metres)"),
    "COUNT": ("新增站点数", "Number of new sites"),
    "SECONDS": ("求解时限（秒）", "Time limit of the search (s)"),
    "LINES": ("界线图层", "Lines along which markers stand"),
    "MARKERS": ("现有标志图层", "Existing markers (points)"),
    "SPACING": ("最大间距（米）", "Largest spacing (m)"),
    "TOLERANCE": ("标志离线多远仍算在线上（米）", "How far from its line a marker may stand (m)"),
    "FOLDER": ("全部成果的文件夹", "Folder for all results"),
    "FINDINGS": ("疑点表", "Findings"),
    "STATES": ("居民点状况", "State of every place"),
    "GAPS": ("缺口片区", "Gap areas"),
    "REACH": ("各站点的服务范围", "Reach area of each site"),
    "NEW_SITES": ("建议站点", "Suggested sites"),
    "STRETCHES": ("区段", "Stretches"),
    "NEW_MARKERS": ("建议增设的标志", "Suggested markers"),
    "SHARE": ("覆盖率", "Covered share"),
    "name": ("QGIS 工程中的站点", "Sites of the QGIS project"),
    "no_command": (
        "没有找到 geoplan 命令：请先安装 geoplan（pip install geoplan），"
        "或在环境变量 GEOPLAN_COMMAND 中写明。",
        "There is no geoplan command: install geoplan first (pip install geoplan), or name it in "
        "the environment variable GEOPLAN_COMMAND.",
    ),
    "crs_degrees": (
        "坐标系“{crs}”以度为单位：请选一个以米为单位的投影坐标系。",
        "The CRS {crs} is in degrees: choose a projected one in metres.",
    ),
    "failed": (
        "geoplan 没有完成（退出码 {code}）：\n{text}",
        "geoplan did not finish (exit code {code}):\n{text}",
    ),
    "no_layer": (
        "结果中没有“{name}”图层：没有这样的要素。",
        "The result has no layer {name}: there are none.",
    ),
}


def is_chinese():
    """Whether QGIS speaks Chinese."""
    return QgsApplication.locale().lower().startswith("zh")


def say(key, **values):
    """A text in the language of QGIS."""
    text = WORDS[key][0 if is_chinese() else 1]
    return text.format(**values) if values else text

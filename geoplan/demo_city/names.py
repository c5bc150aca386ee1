"""Names of roads, villages and communities: made up, as names in Jinan are."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

KNOWN_ROADS = (
    "经十路",
    "经七路",
    "经四路",
    "经一路",
    "泺源大街",
    "解放路",
    "和平路",
    "工业南路",
    "工业北路",
    "北园大街",
    "历山路",
    "舜耕路",
    "纬二路",
    "纬十二路",
    "千佛山路",
    "山大路",
    "二环东路",
    "凤凰路",
    "奥体西路",
    "旅游路",
    "济洛路",
    "无影山路",
    "堤口路",
    "刘长山路",
    "英雄山路",
    "花园路",
    "洪家楼西路",
    "黑虎泉路",
    "共青团路",
    "明湖路",
)
ROAD_WORDS = (
    "文化",
    "建设",
    "人民",
    "新华",
    "和平",
    "胜利",
    "光明",
    "幸福",
    "团结",
    "友谊",
    "青年",
    "健康",
    "清泉",
    "柳泉",
    "龙山",
    "凤凰",
    "鲁中",
    "长白",
    "汶水",
    "平安",
    "康乐",
    "福泰",
    "永安",
    "祥和",
    "东岳",
    "北辰",
    "南园",
    "西泺",
    "玉泉",
    "珍珠",
    "槐香",
    "梨园",
    "桃源",
    "松鹤",
    "锦绣",
    "丰收",
    "振兴",
    "创新",
    "科苑",
    "学府",
    "站前",
    "河畔",
    "滨湖",
    "银杏",
    "丁香",
    "莲花",
    "贤文",
    "舜风",
)
SURNAMES = (
    "王李张刘陈杨赵孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任"
    "沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃"
)
VILLAGE_PREFIX = ("东", "西", "南", "北", "前", "后", "大", "小", "上", "下", "")
VILLAGE_SUFFIX = (
    "家庄村",
    "庄村",
    "家村",
    "官庄村",
    "家屯村",
    "家寨村",
    "家楼村",
    "家店村",
    "家桥村",
    "家洼村",
    "家河村",
    "家园村",
    "家峪村",
    "家泉村",
)
HILL_SUFFIX = ("家峪村", "家沟村", "家崖村", "家岭村", "家台村", "家泉村")
COMMUNITY_WORDS = (
    "泉",
    "柳",
    "荷",
    "湖",
    "舜",
    "历",
    "华",
    "锦",
    "佛",
    "燕",
    "龙",
    "凤",
    "安",
    "康",
    "福",
    "和",
    "文",
    "明",
    "新",
    "东",
    "西",
    "南",
    "北",
    "中",
    "阳光",
    "翡翠",
    "金色",
    "玉兰",
    "槐荫",
    "菊香",
)
COMMUNITY_TAILS = (
    "园",
    "苑",
    "景",
    "居",
    "里",
    "坊",
    "庭",
    "湾",
    "城",
    "府",
    "巷",
    "街",
    "台",
    "桥",
    "门",
    "山",
)


def road_names(edges: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Fill in `name`: one per line of a town's mesh, numbers for country roads, lanes unnamed."""
    lines = np.unique(edges["line"][edges["line"] >= 0])
    made = {}
    for k, line in enumerate(lines):
        if k < 90 and k % 3 == 0:
            made[line] = KNOWN_ROADS[k // 3]
            continue
        word = ROAD_WORDS[int(rng.integers(len(ROAD_WORDS)))]
        middle = ("", "", "东", "西", "南", "北", "一", "二", "三")[int(rng.integers(9))]
        made[line] = (
            f"{word}{middle}{('路', '街', '大街')[int(rng.choice(3, p=[0.55, 0.35, 0.1]))]}"
        )
    names = edges["name"].to_numpy(object).copy()
    line, u = edges["line"].to_numpy(), edges["u"].to_numpy()
    kind = edges["kind"].to_numpy(object)
    for i in np.nonzero(names == "")[0]:
        if line[i] >= 0:
            names[i] = made[line[i]]
        elif kind[i] in ("primary", "secondary", "tertiary"):
            letter = {"primary": "G", "secondary": "S", "tertiary": "X"}[kind[i]]
            names[i] = f"{letter}{100 + (int(u[i]) // 997) % 60}"
    return edges.assign(name=names)


def village_names(
    rng: np.random.Generator, high: NDArray[np.bool_], street: NDArray[np.object_]
) -> list[str]:
    """Village names, no two alike in one street."""
    taken: set[tuple[str, str]] = set()
    names = []
    for is_high, code in zip(high, street, strict=True):
        while True:
            surname = SURNAMES[int(rng.integers(len(SURNAMES)))]
            suffixes = HILL_SUFFIX if is_high else VILLAGE_SUFFIX
            prefix = VILLAGE_PREFIX[int(rng.integers(len(VILLAGE_PREFIX)))]
            name = prefix + surname + suffixes[int(rng.integers(len(suffixes)))]
            if (code, name) not in taken:
                break
        taken.add((code, name))
        names.append(name)
    return names


def community_names(rng: np.random.Generator, street: NDArray[np.object_]) -> list[str]:
    """Names of urban communities, no two alike in one street."""
    taken: set[tuple[str, str]] = set()
    names = []
    for code in street:
        while True:
            first = COMMUNITY_WORDS[int(rng.integers(len(COMMUNITY_WORDS)))]
            second = COMMUNITY_WORDS[int(rng.integers(24))] if rng.random() < 0.4 else ""
            tail = COMMUNITY_TAILS[int(rng.integers(len(COMMUNITY_TAILS)))]
            name = f"{first}{second}{tail}社区"
            if (code, name) not in taken:
                break
        taken.add((code, name))
        names.append(name)
    return names

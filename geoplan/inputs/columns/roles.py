"""The role of every column, found by comparing headings with the words that offices use."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from functools import cache, lru_cache
from importlib.resources import files

from geoplan.errors import FileError

_NOISE = re.compile(r"[\s_\-·.,，。、/\\()（）\[\]【】<>《》:：;；\"'“”‘’*#℃°]+")
_LEVELS = ("parent", "district", "street", "village")
#: people from an age on, as `heading_key` has it
_FROM_AGE = re.compile(
    r"(常住|户籍)?(人口|老年人口?|老人)?(满|aged?|people|persons|population|pop|residents)*"
    r"(?P<age>\d{2,3})"
    r"(周?岁(及其?以上|以上|\+)|\+岁?|plus|(years?)?and(over|older|above)|orover)"
    r"的?(常住|户籍)?(老年人?|老人|长者|人)?(人口|人员|群众|people|persons|population|residents)?总?人?数?"
)
_SAYS_PEOPLE = re.compile(r"人|长者|群众|people|persons|pop|residents")
#: ages that need no word for people: 60+ is people, 10+ and 100+ may be floors
_OLD = range(50, 100)
#: all people under a heading that is no word for the people column: 常住人口数, 人数合计
_OF_ALL = re.compile(
    r"(?!人员$)(?=.*(人|居民|村民|合计|总计|共计|总数|people|persons|pop|residents|inhabitants|citizens))"
    r"(((19|20)\d\d)?年?[末底初]?)?"
    r"(全[部体区市村镇]?|所有|总|合计|总计|共计|常住|户籍|户口|登记|在册|实有|实际|现有|现状|辖区|社区|街道|本地"
    r"|total|all|numberof|noof|count|resident|registered|permanent|census)*"
    r"(居民|村民)?的?(人口|人员|人|people|persons|population|pop|residents|inhabitants|citizens)?"
    r"(总|合计|总计|共计|小计|常住|户籍|数量|数|total|count|number|all)*"
    r"((19|20)\d\d年?[末底初]?)?"
)
#: characters of a heading that count; one that is longer is no heading, and is not searched whole
LONGEST_HEADING = 500
_UNIT = re.compile(r"[(（\[【](?P<inside>[^)）\]】]{0,200})[)）\]】]$")


def normalize(text: object) -> str:
    """`text` after NFKC, in lower case, without spaces, brackets and punctuation.

    Examples
    --------
    >>> normalize(" 经度（ＧＣＪ０２） "), normalize("床位数(张)")
    ('经度gcj02', '床位数张')
    """
    return _normalized(str(text))


@lru_cache(maxsize=1 << 15)  # names of areas and communities stand in many columns
def _normalized(text: str) -> str:
    return _NOISE.sub("", unicodedata.normalize("NFKC", text).lower())


def traditional_pairs() -> list[str]:
    """Traditional characters that headings use, each with its simplified one."""
    text = files(__package__).joinpath("traditional.toml").read_text(encoding="utf-8")
    return list(tomllib.loads(text)["pairs"].split())


@cache
def _simplified() -> dict[int, str]:
    return {ord(pair[0]): pair[1] for pair in traditional_pairs()}


def heading_key(text: object) -> str:
    """What headings are compared by: `text` normalized, in simplified characters.

    Examples
    --------
    >>> heading_key("據點 名稱"), heading_key("鄉鎮市區")
    ('据点名称', '乡镇市区')
    """
    return simplified(normalize(text))


def simplified(text: str) -> str:
    """`text` with the simplified character for every traditional one that headings use."""
    return text.translate(_simplified())


def without_unit(heading: object) -> str:
    """A heading without the unit in brackets behind it.

    Examples
    --------
    >>> without_unit("床位数（张）"), without_unit("(旧) 名称")
    ('床位数', '(旧) 名称')
    """
    return _UNIT.sub("", str(heading))


@cache
def word_lists(package: str, name: str) -> dict[str, frozenset[str]]:
    """The lists of words in a file of `package`, by kind, as `heading_key` compares them.

    A sign of which that leaves nothing (``%``) stays as it is.
    """
    raw = tomllib.loads(files(package).joinpath(name).read_text(encoding="utf-8"))
    return {
        kind: frozenset(heading_key(w) or w for w in entry["words"]) for kind, entry in raw.items()
    }


@cache
def _aliases() -> dict[str, tuple[str, ...]]:
    """The words for every role, the surest first."""
    text = files(__package__).joinpath("aliases.toml").read_text(encoding="utf-8")
    roles = tomllib.loads(text)["roles"]
    return {role: tuple(dict.fromkeys(map(heading_key, words))) for role, words in roles.items()}


def _total_parts() -> frozenset[str]:
    return word_lists(__package__, "heading_words.toml")["totals"]


def is_total_part(text: str) -> bool:
    """Whether a part of a heading holds all people of the part above it.

    Examples
    --------
    >>> [is_total_part(t) for t in ("小计", "合 計", "Total", "男")]
    [True, True, True, False]
    """
    return heading_key(text) in _total_parts()


def known_roles() -> tuple[str, ...]:
    """All roles that a heading can be taken for."""
    return tuple(_aliases())


def find_roles(
    headings: Sequence[object],
    *,
    wanted: Iterable[str] | None = None,
    levels: Mapping[str, Sequence[str]] | None = None,
) -> dict[str, str]:
    """Role by heading, for the headings that are known; each role once.

    Where two headings fit one role, the one that stands earlier in the alias list has it (``name``
    before ``社区名称``), then the one further left.

    Parameters
    ----------
    headings : as they stand in the file.
    wanted : roles to look for; None = all.
    levels : texts of the rows of a heading that takes several: it is known by the last of them
        too, and by the first where the last says that it is the total.

    Examples
    --------
    >>> find_roles(["机构名称", "经度", "纬度", "核定床位（张）", "备注"])
    {'机构名称': 'name', '经度': 'lon', '纬度': 'lat', '核定床位（张）': 'capacity'}
    >>> find_roles(["位置/经度"], levels={"位置/经度": ("位置", "经度")})
    {'位置/经度': 'lon'}
    """
    roles = _aliases()
    forms = {str(h): _forms(str(h), (levels or {}).get(str(h), ())) for h in headings}
    found: dict[str, str] = {}
    for role in roles if wanted is None else [r for r in roles if r in set(wanted)]:
        words = roles[role]
        best: tuple[int, str] | None = None
        for heading in forms:
            if heading in found:
                continue
            for form in forms[heading]:
                if form in words and (best is None or words.index(form) < best[0]):
                    best = (words.index(form), heading)
        if best is not None:
            found[best[1]] = role
    return {str(h): found[str(h)] for h in headings if str(h) in found}


def _forms(heading: str, levels: Sequence[str]) -> list[str]:
    """What a heading is compared as: with and without its unit, and by a row of its own."""
    texts = [heading]
    if levels:
        texts.append(levels[-1])
        texts += levels[:1] if heading_key(levels[-1]) in _total_parts() else []
    return [heading_key(form) for text in texts for form in (text, without_unit(text))]


def fits_role(heading: object, role: str) -> bool:
    """Whether a heading is one of the words for `role`, with or without a unit in brackets.

    Examples
    --------
    >>> fits_role("运营状态", "status"), fits_role("床位数（张）", "status")
    (True, False)
    """
    words = _aliases()[role]
    return bool({heading_key(heading), heading_key(without_unit(heading))} & set(words))


def names_area(heading: object) -> bool:
    """Whether a heading is a word for areas of some level.

    Examples
    --------
    >>> [names_area(h) for h in ("鄉鎮市區", "TOWNNAME", "地址")]
    [True, True, False]
    """
    return any(fits_role(heading, role) for role in ("district", "street", "village"))


def heading_score(cells: Sequence[object], given: Mapping[str, str]) -> int:
    """How much a row looks like the heading row: known words count, given headings count double."""
    texts = [text for c in cells if (text := str(c)[:LONGEST_HEADING].strip())]
    if not texts:
        return 0
    exact = {heading_key(h) for h in given.values()}
    return len(find_roles(texts)) + 2 * sum(heading_key(t) in exact for t in texts)


def columns_by_role(given: Mapping[str, str]) -> dict[str, str]:
    """The study's ``columns`` with roles by their own names, where they are called otherwise.

    Area levels keep the names that the study gives them: ``county`` may be a level of its own.

    Examples
    --------
    >>> columns_by_role({"经度": "X坐标", "latitude": "Y坐标", "name": "站"})
    {'lon': 'X坐标', 'lat': 'Y坐标', 'name': '站'}
    >>> columns_by_role({"county": "县"})
    {'county': '县'}
    """
    roles = _aliases()
    own = [role for role in roles if role not in _LEVELS]
    named: dict[str, str] = {}
    for word, heading in given.items():
        found = word if word in roles else find_roles([word], wanted=own).get(word, word)
        named[word if found in given and found != word else found] = heading
    return named


def match_columns(
    headings: Sequence[str], given: Mapping[str, str], levels: Mapping[str, Sequence[str]]
) -> tuple[dict[str, str], list[str]]:
    """The study's ``columns`` matched: heading -> role, and the headings that are not there."""
    found: dict[str, str] = {}
    missing = []
    for role, heading in given.items():
        actual = heading_called(heading, headings, levels)
        if actual:
            found[actual] = role
        else:
            missing.append(heading)
    return found, missing


def heading_called(name: str, headings: Sequence[str], levels: Mapping[str, Sequence[str]]) -> str:
    """The one heading that a study means by `name`; "" where there is none.

    Raises
    ------
    FileError
        `name` stands over several columns, none of which is the total: a part of them would do
        for the whole.
    """
    found = headings_called(name, headings, levels)
    if len(found) > 1:
        choices = ", ".join(f'"{h}"' for h in found)
        raise FileError.of("file_faults.several_under", name=name, choices=choices)
    return found[0] if found else ""


def people_of_age(headings: Sequence[str], levels: Mapping[str, Sequence[str]]) -> list[str]:
    """The headings of people from an age on (60岁以上人数, 65+), then those of all people beside.

    Of several nobody but the study knows which group is meant.

    Examples
    --------
    >>> people_of_age(["村名", "六十岁", "60岁及以上老年人口数（人）"], {})
    ['60岁及以上老年人口数（人）']
    >>> people_of_age(["60歲以上人數", "60岁以上（%）"], {}), people_of_age(["总人数"], {})
    (['60歲以上人數'], [])
    >>> people_of_age(["合计", "60岁以上"], {}), people_of_age(["60岁以上", "80岁以上"], {})
    (['60岁以上', '合计'], ['60岁以上', '80岁以上'])
    """
    found, beside = [], []
    for heading in map(str, headings):
        rows = list(levels.get(heading, ()))
        while len(rows) > 1 and _people_key(rows[-1]) in _total_parts():
            rows.pop()
        if _is_from_age(_people_key("/".join(rows) or heading)):
            found.append(heading)
        elif _is_of_all(_people_key(heading)):
            beside.append(heading)
    return found + beside if found else []


def _is_from_age(key: str) -> bool:
    said = _FROM_AGE.fullmatch(key)
    return said is not None and (int(said["age"]) in _OLD or bool(_SAYS_PEOPLE.search(key)))


def _is_of_all(key: str) -> bool:
    return key in _total_parts() or _OF_ALL.fullmatch(key) is not None


def _people_key(text: str) -> str:
    """What a heading is compared as, without a unit of people: （万人） goes, （户） stays."""
    said = _UNIT.search(text)
    units = word_lists(__package__, "heading_words.toml")["people_units"]
    alone = said is not None and heading_key(said["inside"]).removeprefix("单位") in units
    return heading_key(without_unit(text) if alone else text)


def headings_called(
    name: str, headings: Sequence[str], levels: Mapping[str, Sequence[str]]
) -> list[str]:
    """The headings that a study may mean by `name`: one, or all of those under a common parent.

    As it stands, then compared as headings are; then the total under the parent `name`, then all
    under it; then the heading whose last row is `name`.

    Parameters
    ----------
    levels : texts of the rows of a heading that takes several.

    Examples
    --------
    >>> levels = {f"老人/{part}": ("老人", part) for part in ("男", "女", "小计")}
    >>> headings_called("老人", list(levels), levels)
    ['老人/小计']
    >>> headings_called("女", list(levels), levels)
    ['老人/女']
    """
    if name in headings:
        return [name]
    key = heading_key(name)
    alike = [h for h in headings if heading_key(h) == key]
    alike = alike or [h for h in headings if heading_key(without_unit(h)) == key]
    if alike:
        return alike[:1]
    under = [
        h
        for h in headings
        if any(heading_key("/".join(p)) == key for p in _beginnings(levels.get(h, ())))
    ]
    totals = [h for h in under if heading_key(levels[h][-1]) in _total_parts()]
    if len(totals) > 1:  # 合计 of all ages beside those of each
        totals = [h for h in totals if len(levels[h]) == 2] or totals
    if under:
        return totals if len(totals) == 1 else under
    return [h for h in headings if levels.get(h) and heading_key(levels[h][-1]) == key]


def _beginnings(levels: Sequence[str]) -> list[Sequence[str]]:
    """The upper rows of a heading, and each of its parts but the last alone."""
    return [levels[:k] for k in range(1, len(levels))] + [(p,) for p in levels[:-1]]

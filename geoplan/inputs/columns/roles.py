"""The role of every column, found by comparing headings with the words that offices use."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib.resources import files

_NOISE = re.compile(r"[\s_\-·.,，。、/\\()（）\[\]【】<>《》:：;；\"'“”‘’*#℃°]+")
_LEVELS = ("parent", "district", "street", "village")
_UNIT = re.compile(r"[(（\[【][^)）\]】]*[)）\]】]$")


def normalize(text: object) -> str:
    """`text` after NFKC, in lower case, without spaces, brackets and punctuation.

    Examples
    --------
    >>> normalize(" 经度（ＧＣＪ０２） "), normalize("床位数(张)")
    ('经度gcj02', '床位数张')
    """
    return _NOISE.sub("", unicodedata.normalize("NFKC", str(text)).lower())


@cache
def _aliases() -> dict[str, dict[str, tuple[str, ...]]]:
    text = files(__package__).joinpath("aliases.toml").read_text(encoding="utf-8")
    raw = tomllib.loads(text)
    roles = {
        role: tuple(dict.fromkeys(map(normalize, words))) for role, words in raw["roles"].items()
    }
    return {
        "roles": roles,
        "personal": {"headings": tuple(map(normalize, raw["personal"]["headings"]))},
        "totals": {"words": tuple(map(normalize, raw["totals"]["words"]))},
    }


def known_roles() -> tuple[str, ...]:
    """All roles that a heading can be taken for."""
    return tuple(_aliases()["roles"])


def total_words() -> tuple[str, ...]:
    """Names of rows that sum up other rows."""
    return _aliases()["totals"]["words"]


def is_personal_heading(heading: object) -> bool:
    """Whether a heading announces personal data (a person's name, number, telephone)."""
    return normalize(_UNIT.sub("", str(heading))) in _aliases()["personal"]["headings"]


def find_roles(
    headings: Sequence[object], *, wanted: Iterable[str] | None = None
) -> dict[str, str]:
    """Role by heading, for the headings that are known; each role once.

    Where two headings fit one role, the one that stands earlier in the alias list has it (``name``
    before ``社区名称``), then the one further left.

    Parameters
    ----------
    headings : as they stand in the file.
    wanted : roles to look for; None = all.

    Examples
    --------
    >>> find_roles(["机构名称", "经度", "纬度", "核定床位（张）", "备注"])
    {'机构名称': 'name', '经度': 'lon', '纬度': 'lat', '核定床位（张）': 'capacity'}
    """
    roles = _aliases()["roles"]
    found: dict[str, str] = {}
    for role in roles if wanted is None else [r for r in roles if r in set(wanted)]:
        words = roles[role]
        best: tuple[int, str] | None = None
        for heading in map(str, headings):
            if heading in found:
                continue
            for form in (normalize(heading), normalize(_UNIT.sub("", heading))):
                if form in words and (best is None or words.index(form) < best[0]):
                    best = (words.index(form), heading)
        if best is not None:
            found[best[1]] = role
    return {str(h): found[str(h)] for h in headings if str(h) in found}


def heading_score(cells: Sequence[object], given: Mapping[str, str]) -> int:
    """How much a row looks like the heading row: known words count, given headings count double."""
    texts = [str(c).strip() for c in cells if str(c).strip()]
    if not texts:
        return 0
    exact = {normalize(h) for h in given.values()}
    return len(find_roles(texts)) + 2 * sum(normalize(t) in exact for t in texts)


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
    roles = _aliases()["roles"]
    own = [role for role in roles if role not in _LEVELS]
    named: dict[str, str] = {}
    for word, heading in given.items():
        found = word if word in roles else find_roles([word], wanted=own).get(word, word)
        named[word if found in given and found != word else found] = heading
    return named


def match_columns(
    headings: Sequence[str], given: Mapping[str, str]
) -> tuple[dict[str, str], list[str]]:
    """The study's ``columns`` matched: heading -> role, and the headings that are not there."""
    by_plain = {normalize(h): h for h in reversed(headings)}
    found: dict[str, str] = {}
    missing = []
    for role, heading in given.items():
        actual = heading if heading in headings else by_plain.get(normalize(heading))
        if actual is None:
            missing.append(heading)
        else:
            found[actual] = role
    return found, missing

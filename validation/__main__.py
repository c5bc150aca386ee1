"""Print the table, and write it into the documentation: `python -m validation --write`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from validation import by_hand, published
from validation.row import Row, number

DOCS = Path(__file__).resolve().parent.parent / "docs"
PAGES = {"en": DOCS / "validation.md", "zh": DOCS / "validation.zh-CN.md"}
HEADS = {
    "en": "| what | source | published | geoplan | difference | same | why |",
    "zh": "| 内容 | 来源 | 公布值 | geoplan | 差 | 一致 | 说明 |",
}
INTROS = {
    "en": """\
# Numbers one can check

[中文](validation.zh-CN.md)

`make validate` reproduces published results and cases worked by hand, and ends with an error
where one does not agree. The data are public and none of them is shipped: they are looked for in
`../shared/data`, and what is not there is left out. The table is what it printed last; lengths are
metres.
""",
    "zh": """\
# 可以核对的数字

[English](validation.md)

`make validate` 重算公开发表的结果和可以手算的例子，有一项不一致就以错误结束。
所用数据都是公开的，不随 geoplan 提供：程序在 `../shared/data` 中寻找，没有的就略去。
下表是最近一次的输出，长度单位为米。
""",
}


def table(rows: Sequence[Row], lang: str) -> str:
    """The rows as a table of Markdown."""
    lines = [HEADS[lang], "| --- | --- | ---: | ---: | ---: | --- | --- |"]
    yes, no = ("yes", "NO") if lang == "en" else ("是", "否")
    for row in rows:
        source = "手算" if (lang, row.source) == ("zh", "by hand") else row.source
        what, why = (row.what, row.why) if lang == "en" else (row.what_zh, row.why_zh)
        numbers = (number(row.published), number(row.ours), number(row.difference))
        cells = [what, source, *numbers, yes if row.agrees else no, why]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def main() -> int:
    """Print every row; 1 where a number does not agree."""
    given = argparse.ArgumentParser(prog="python -m validation", description=__doc__)
    given.add_argument("--write", action="store_true", help="into docs/validation.md, too")
    options = given.parse_args()
    found = [*by_hand.rows(), *published.rows()]
    sys.stdout.write(table(found, "en"))
    wrong = [row.what for row in found if not row.agrees]
    sys.stdout.write(f"{len(found) - len(wrong)} of {len(found)} agree\n")
    if options.write:
        for lang, page in PAGES.items():
            page.write_text(f"{INTROS[lang]}\n{table(found, lang)}", encoding="utf-8")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

"""Seeded pieces of personal data, all different, and where offices leave them."""

from __future__ import annotations

import random

_SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"
_GIVEN = "伟芳娜秀英敏静丽强磊军洋勇艳杰娟涛明超兰霞平刚桂玉"
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_WIDE = str.maketrans("0123456789", "０１２３４５６７８９")


class Pieces:
    """Makes pieces: the text as it is planted, and what of it must be found nowhere."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.made: list[str] = []

    def _digits(self, count: int) -> str:
        return "".join(self.random.choice("0123456789") for _ in range(count))

    def mobile(self) -> str:
        return f"1{self.random.choice(('38', '39', '50', '77', '86'))}{self._digits(8)}"

    def identity(self) -> str:
        r = self.random
        body = f"3701{r.randint(2, 12):02d}{r.randint(1930, 1975)}{r.randint(1, 12):02d}"
        body += f"{r.randint(1, 28):02d}{self._digits(3)}"
        rest = sum(int(c) * w for c, w in zip(body, _WEIGHTS, strict=True)) % 11
        return body + "10X98765432"[rest]

    def card(self) -> str:
        body = "622202" + self._digits(12)
        total = sum(
            d - 9 if d > 9 else d
            for d in (int(c) * (2 - k % 2) for k, c in enumerate(reversed(body)))
        )
        return body + str(-total % 10)

    def name(self) -> str:
        r = self.random
        return r.choice(_SURNAMES) + r.choice(_GIVEN) + r.choice(_GIVEN)

    def word(self) -> str:
        return "".join(self.random.choice("abcdefghkmnpqrstuvwxyz") for _ in range(7))

    def piece(self) -> tuple[str, str]:
        """A piece as it is written, and the part of it to look for."""
        m, r = self.mobile(), self.random
        ways = [
            (m, m),
            (f"{m[:3]}-{m[3:7]}-{m[7:]}", f"{m[:3]}-{m[3:7]}-{m[7:]}"),
            (f"{m[:3]} {m[3:7]} {m[7:]}", f"{m[:3]} {m[3:7]} {m[7:]}"),
            (f"+86{m}", m),
            (f"0086 {m}", m),
            (m.translate(_WIDE), m.translate(_WIDE)),
            (f"({m})", m),
            (i := self.identity(), i),
            (f"身份证{(j := self.identity())}", j),
            (f"{(o := self.identity())[:6]}{o[8:17]}", f"{o[:6]}{o[8:17]}"),
            (c := self.card(), c),
            (
                " ".join((d := self.card())[k : k + 4] for k in (0, 4, 8, 12, 16)),
                f"{d[4:8]} {d[8:12]}",
            ),
            (f"{(w := self.word())}@163.com", w),
            (f"微信{(x := self.word())}", x),
            (f"微信号：{(y := self.word())}", y),
            (f"QQ:{(q := '8' + self._digits(8))}", q),
            (f"0531-8{(f := self._digits(7))}", f),
            (f"(0531)8{(g := self._digits(7))}", g),
            (f"联系人：{(n := self.name())}", n),
            (f"负责人 {(p := self.name())}", p),
            (f"电话：{(s := self.name())} {m}", s),
            (f"鲁A{(t := self._digits(5))}", f"鲁A{t}"),
        ]
        text, look_for = ways[r.randrange(len(ways))]
        self.made.append(look_for)
        return text, look_for

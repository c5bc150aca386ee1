"""A broken input: its files, how geoplan is asked, and what is known about the answer."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from tests.fuzz.toml_text import toml_text
from tests.fuzz.town import STUDY, Town, town

Asked = Literal["study", "overlay", "export", "compare", "build"]


@dataclass(kw_only=True)
class Case:
    """One broken input in a folder of its own.

    kind : place and manner, ``"cell/xlsx"``; counts are kept by it.
    total : people that are truly there; None where nobody can know (a digit changed).
    file : the input that was broken; a finding about it excuses another total.
    rows : its broken rows as a spreadsheet counts them; None = a finding about any row, or about
        the file, will do.
    saved : whether the run is written too, since only then what is broken is read.
    """

    number: int
    kind: str
    what: str
    folder: Path
    asked: Asked = "study"
    total: float | None = None
    file: str = ""
    rows: tuple[int, ...] | None = None
    arguments: tuple[str, ...] = ()
    saved: bool = False


@dataclass(kw_only=True)
class Maker:
    """What a kind works with: chance, the honest town, and the folder of this case."""

    number: int
    random: random.Random
    folder: Path
    base: Path
    town: Town = field(default_factory=town)

    def study(self, **sections: Any) -> dict[str, Any]:
        """The honest study with some sections replaced; written when the case is."""
        return {**STUDY, **sections}

    def write(self, study: dict[str, Any] | str | bytes) -> None:
        """`study.toml`, beside copies of the honest files that the case did not write."""
        for one in self.base.iterdir():
            if one.is_file() and not (self.folder / one.name).exists():
                shutil.copyfile(one, self.folder / one.name)
        if isinstance(study, dict):
            study = toml_text(study)
        content = study.encode("utf-8", "surrogatepass") if isinstance(study, str) else study
        (self.folder / "study.toml").write_bytes(content)

    def people_from(self, name: str) -> dict[str, Any]:
        """The study with its people in another file; two of three with less else to read."""
        demand = {**STUDY["demand"]["elderly_60"], "path": name}
        return self.lighter(demand={"elderly_60": demand})

    def lighter(self, **sections: Any) -> dict[str, Any]:
        """By its number: the honest study, one without services, one without areas as well.

        What cannot depend on the case is not read each time anew.
        """
        study, left_out = self.study(**sections), ("services", "areas")[: self.number % 3]
        return {key: section for key, section in study.items() if key not in left_out}

    def case(self, kind: str, what: str, **known: Any) -> Case:
        """The case that was written."""
        return Case(number=self.number, kind=kind, what=what, folder=self.folder, **known)


Kind = Callable[[Maker], Case]

"""Least shares of every area's people: what they ask of a conditional problem, and if they hold.

A share counts all people of an area, those included who are served already, off the network or
without a location. A problem knows only some of them: it is asked for the people still needed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from geoplan.siting.model.counting import least_people
from geoplan.siting.model.parse import percent_text
from geoplan.siting.model.problem import SitingProblem
from geoplan.siting.model.result import SitingResult
from geoplan.tolerances import SAME_VALUE, SHARE_PEOPLE
from geoplan.words.speaker import Speaker


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class AreaShares:
    """Least shares of the people of areas, and how many there are.

    Parameters
    ----------
    level : of the areas.
    asked : area code -> least share of all its people.
    total, served : area code -> all people, people served today.
    reachable : area code -> people served with a site at every candidate.
    whole : all people are whole numbers.
    served_inside : whether people served today are people of the problem.
    """

    level: str
    asked: Mapping[str, float]
    total: Mapping[str, float]
    served: Mapping[str, float]
    reachable: Mapping[str, float]
    whole: bool
    served_inside: bool = False

    def least(self, code: str) -> float:
        """People of an area who must be served after the plan."""
        return least_people(self.asked[code], self.total[code], whole=self.whole)

    @property
    def short(self) -> dict[str, float]:
        """Area code -> people still needed, for areas whose share is not met today."""
        needs = {code: self.least(code) - self.served[code] for code in self.asked}
        return {c: need for c, need in needs.items() if need > SAME_VALUE * max(1.0, self.total[c])}

    def of_problem(self, problem: SitingProblem) -> dict[str, float]:
        """Area code -> least share of the area's people in `problem`."""
        shares = {}
        for code, need in self.short.items():
            assert problem.areas is not None
            here = np.array([c == code for c in problem.areas], bool)
            inside = self.served[code] if self.served_inside else 0.0
            shares[code] = min((need + inside) / float(problem.weights[here].sum()), 1.0)
        return shares

    @property
    def out_of_reach(self) -> dict[str, float]:
        """Area code -> largest share, where no plan reaches the share that is asked for."""
        return {
            code: self.reachable[code] / self.total[code]
            for code in self.short
            if self.least(code) > self.reachable[code] + SAME_VALUE * max(1.0, self.total[code])
        }

    @property
    def out_of_reach_facts(self) -> dict[str, Any]:
        """The same for programs; nothing where every share can be reached."""
        largest = self.out_of_reach
        return {"blocking_areas": [*largest], "largest_area_share": largest} if largest else {}

    def kept(self, served: Mapping[str, float]) -> bool:
        """Whether these people served (area code -> people) are the least shares."""
        return not [
            code
            for code in self.asked
            if served[code] < self.least(code) - min(SHARE_PEOPLE * max(1.0, self.total[code]), 0.5)
        ]

    def describe_out_of_reach(self, speaker: Speaker) -> str:
        """Why no plan keeps the shares, with the largest that every area can have."""
        return ("" if speaker.lang == "zh" else " ").join(
            speaker.say(
                "study.area_share_out_of_reach",
                area=code,
                share=f"{self.asked[code]:.2%}",
                most=percent_text(most),
            )
            for code, most in self.out_of_reach.items()
        )

    def described(
        self, result: SitingResult, speaker: Speaker, *, kept: int, every: int
    ) -> SitingResult:
        """A solver's result, with what is said of the shares in terms of all people.

        Where only `kept` of `every` candidates are in the problem, nothing is proved infeasible but
        what is out of reach of all of them.
        """
        if result.status != "infeasible" or self.out_of_reach:
            return result
        if kept == every:
            return self._with_shares_of_all(result, speaker)
        text = speaker.say(
            "study.area_shares_thinned",
            every=f"{every:,}",
            kept=f"{kept:,}",
            areas=self._listed(),
        )
        return replace(result, status="unknown", blocking=(text,), detail={})

    def _listed(self) -> str:
        return ", ".join(f"{code}: {self.asked[code]:.2%}" for code in self.short)

    def _with_shares_of_all(self, result: SitingResult, speaker: Speaker) -> SitingResult:
        """An infeasible result whose shares per area are of all people, not of the problem's.

        `result` says by how many people each constraint has to give way: as a share of the
        problem's people that would be another share than the one asked for.
        """
        ways = [way for way in result.detail.get("relaxations", []) if way]
        if not ways:
            return result
        lines = [line for line in result.blocking if line.startswith("- ")]
        blocking = [line for line in result.blocking if not line.startswith("- ")]
        together = speaker.say("study.area_shares_together", areas=self._listed())
        for way, line in zip(ways, lines, strict=False):
            parts = line.removeprefix("- ").split("; and ")
            blocking.append("- " + "; and ".join(self._parts(way, parts, speaker)))
        alone = [way["area_share"] for way in ways if list(way) == ["area_share"]]
        facts = {"largest_area_share": self._left(alone[0])} if alone else {}
        return replace(result, blocking=(together, *blocking), detail={**result.detail, **facts})

    def _parts(
        self, way: Mapping[str, Mapping[Any, float]], parts: list[str], speaker: Speaker
    ) -> list[str]:
        """What is said of each family of constraints, shares in terms of all people."""
        found = dict(zip(way, parts, strict=False))
        if "area_share" in way:
            left = self._left(way["area_share"])
            areas = ", ".join(f"{code}: {percent_text(share)}" for code, share in left.items())
            found["area_share"] = speaker.say("study.area_shares_smaller", areas=areas)
        return list(found.values())

    def _left(self, missing: Mapping[Any, float]) -> dict[str, float]:
        """Area code -> share that is left where so many people are missing."""
        return {c: (self.least(c) - short) / self.total[c] for c, short in missing.items()}

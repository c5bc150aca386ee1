"""What a suggestion says beside its sites: closings, people counted otherwise, other plans."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from geoplan.results import ServiceResult, SitingOutcome
from geoplan.words.speaker import Speaker
from geoplan.words.text_format import clean, count_text

#: names of a list that is written out
_MOST_NAMES = 5
#: how people are counted beside once and whole
COUNTED = ("backup", "gradual", "referred")


def siting_sentences(siting: SitingOutcome, speaker: Speaker, currency: str) -> Iterator[str]:
    """One sentence each on closings, two sites, distance, tiers, other plans, shared buildings."""
    if siting.closed is not None:
        yield _closings(siting, siting.closed, speaker)
    for name in COUNTED:
        if f"{name}_after" in siting.measures:
            before, after = (siting.measures[f"{name}_{when}"] for when in ("before", "after"))
            yield speaker.say(
                f"report.counted_{name}", before=count_text(before), after=count_text(after)
            )
    if siting.alternatives is not None:
        yield _other_plans(siting, speaker)
    if siting.joint is not None:
        yield _joint(siting, speaker, currency)


def _closings(siting: SitingOutcome, closed: pd.DataFrame, speaker: Speaker) -> str:
    if not len(closed):
        return speaker.say("report.closes_none")
    names = [clean(name) or str(label) for label, name in closed["name"].items()]
    listed = speaker.say("report.name_comma").join(names[:_MOST_NAMES])
    if len(names) > _MOST_NAMES:
        listed += speaker.say("report.and_more", count=count_text(len(names)))
    text = speaker.say("report.closes", count=count_text(len(closed)), names=listed)
    lost = siting.measures.get("lost_after")
    if lost is None or pd.isna(lost):
        return text
    word = "report.closes_lost" if lost > 0 else "report.closes_nobody"
    return text + speaker.say(word, people=count_text(lost))


def _other_plans(siting: SitingOutcome, speaker: Speaker) -> str:
    """How many plans are as good, how different they are, and which sites they all have."""
    others = siting.alternatives
    assert others is not None
    count = len(others.table)
    if not count:
        return speaker.say("report.others_none" if others.complete else "report.others_unknown")
    text = speaker.say(
        "report.others" if others.complete else "report.others_at_least",
        count=count_text(count),
        changed=count_text(int(others.table["changed"].max())),
    )
    new = set(siting.sites.index)
    kept = [label for label in others.kept if label in new]
    if others.complete and kept:
        text += speaker.say("report.others_kept", count=count_text(len(kept)), all=len(new))
    return text


def _joint(siting: SitingOutcome, speaker: Speaker, currency: str) -> str:
    joint = siting.joint
    assert joint is not None
    return speaker.say(
        "report.joint_withheld" if pd.isna(joint.value) else "report.joint",
        services=count_text(len(joint.services)),
        money=speaker.money(joint.money, currency),
        budget=speaker.money(joint.budget, currency),
        shared=count_text(len(joint.shared)),
        saved=speaker.money(joint.saved, currency),
        people=count_text(joint.value),
        proof=speaker.status(joint.status, joint.gap, value=joint.value),
    )


def siting_facts(service: ServiceResult, speaker: Speaker) -> list[tuple[str, str]]:
    """Short labels and values for the head of a map."""
    siting = service.siting
    if siting is None:
        return []
    found = []
    if siting.closed is not None:
        found.append(("closed", count_text(len(siting.closed))))
    for name in COUNTED:
        if f"{name}_after" in siting.measures:
            before, after = (siting.measures[f"{name}_{when}"] for when in ("before", "after"))
            found.append((name, f"{count_text(before)} → {count_text(after)}"))
    if siting.alternatives is not None:
        more = "" if siting.alternatives.complete else "+"
        found.append(("others", f"{len(siting.alternatives.table):,}{more}"))
    if siting.joint is not None:
        found.append(("shared", count_text(len(siting.joint.shared))))
    return found

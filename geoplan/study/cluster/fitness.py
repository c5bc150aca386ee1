"""Which workers of a cluster give the answer that this machine would give, and why not."""

from __future__ import annotations

from collections.abc import Mapping

from geoplan.words.message import Message, Messages

#: workers named one by one, of those that share a fault
_NAMED = 3


def unfitness(own: Mapping[str, str], other: Mapping[str, str]) -> Message | None:
    """Why a worker must not work for this machine; None where both are made of the same.

    Parameters
    ----------
    own, other : what `geoplan.study.cluster.machine.told` tells of both.
    """
    if "fault" in other:
        return Message("cluster.no_stack", why=other["fault"])
    if other.get("geoplan", "-").startswith("-"):
        return Message("cluster.no_geoplan", why=other.get("geoplan", "-")[1:].strip())
    differing = [
        Message("cluster.other_version", name=name, there=other.get(name, "-"), here=version)
        for name, version in own.items()
        if other.get(name) != version and name != "geoplan sources"
    ]
    if not differing and own.get("geoplan sources") != other.get("geoplan sources"):
        differing = [Message("cluster.other_sources", version=own["geoplan"])]
    return Message("cluster.versions", faults=Messages(differing)) if differing else None


def told(unfit: Mapping[str, Message]) -> Messages:
    """The reasons, each with the workers that it holds for.

    Parameters
    ----------
    unfit : why, by the worker's address.
    """
    shared: dict[str, list[str]] = {}
    for address, why in unfit.items():
        shared.setdefault(why.text("en"), []).append(address)
    by_text = {why.text("en"): why for why in unfit.values()}
    return Messages(
        [
            Message(
                "cluster.unfit",
                count=len(addresses),
                workers=", ".join(sorted(addresses)[:_NAMED])
                + (", …" if len(addresses) > _NAMED else ""),
                why=by_text[text],
            )
            for text, addresses in shared.items()
        ],
        join="\n",
    )

"""Reading what a caller hands to `SitingProblem`: labels, numbers, areas, and their faults."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from itertools import chain
from numbers import Real
from typing import Any, TypedDict

import numpy as np
import pandas as pd

from geoplan.distinct import distinct
from geoplan.errors import Faults, SitingError
from geoplan.tolerances import SHARE_ROUNDING
from geoplan.words.message import Message, called, first_few, plain_label

_SHOWN = 8
#: kinds of labels as pandas calls them, by the word of `siting_faults` that names them
_LABEL_KINDS = {
    "string": "text",
    "integer": "whole",
    "floating": "decimal",
    "boolean": "flags",
    "datetime64": "dates",
    "datetime": "dates",
    "date": "dates",
    "bytes": "bytes",
}


def problem_faults() -> Faults:
    """A collector of what is wrong with a siting problem or with the options of a solve."""
    return Faults(SitingError, "siting_faults.problem", join="\n  - ")


def some_of(labels: Iterable[Any]) -> Message:
    """The first few labels, and how many more there are."""
    return first_few(labels, most=_SHOWN)


def listed(labels: Iterable[Any]) -> str:
    """The same in English, for what a result says of itself."""
    return str(some_of(labels))


def share_text(share: float) -> str:
    """A share that can be reached, cut after six digits: what is reported must be possible."""
    return f"{np.floor(share * 1e6 + SHARE_ROUNDING) / 1e6:.6g}"


def percent_text(share: float) -> str:
    """The same as a percentage, cut after four digits of the share."""
    return f"{np.floor(share * 1e4 + SHARE_ROUNDING) / 1e4:.2%}"


def sites_text(count: int) -> str:
    """A number of sites in words."""
    return f"{count} site" if count == 1 else f"{count} sites"


def check_unique(index: pd.Index, side: str, faults: Faults) -> None:
    """Labels that occur more than once are a fault."""
    if not index.is_unique:
        twice = index[index.duplicated()].unique()
        faults.add(Message("siting_faults.side_twice", side=called(side), some=some_of(twice)))


def read_numbers(values: Any, name: Message | str, faults: Faults) -> np.ndarray | None:
    """Values as floats, or a fault and None."""
    try:
        return np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        faults.add(Message("siting_faults.be_numbers", name=name))
        return None


def read_threshold(
    value: Any, name: Message | str, cutoff: float | None, unit: str, faults: Faults
) -> float | None:
    """A threshold that makes sense in the unit of the costs."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, Real):
        faults.add(Message("siting_faults.number_of_costs", name=name, value=value))
        return None
    number = float(value)
    if not np.isfinite(number):
        faults.add(Message("siting_faults.finite_number", name=name, number=number))
    elif number < 0:
        faults.add(Message("siting_faults.not_negative", name=name, number=number))
    elif cutoff is not None and number > cutoff:
        faults.add(
            Message(
                "siting_faults.beyond_cutoff", name=name, number=number, unit=unit, cutoff=cutoff
            )
        )
    else:
        return number
    return None


def read_weights(weights: Any, index: pd.Index, faults: Faults) -> np.ndarray:
    """People per demand row: a Series by label, anything else by position."""
    if isinstance(weights, pd.DataFrame):
        faults.add(Message("siting_faults.weights_column"))
        return np.zeros(len(index))
    people = _aligned(weights, "weights", index, "demand", faults)
    if people is None:
        return np.zeros(len(index))
    for wrong, what in (
        (np.isnan(people), "value_nan"),
        (np.isinf(people), "value_not_finite"),
        (people < 0, "value_below"),
    ):
        if wrong.any():
            faults.add(
                Message(
                    "siting_faults.weights_wrong",
                    what=Message(f"siting_faults.{what}"),
                    some=some_of(index[wrong]),
                )
            )
    return people


def _aligned(
    values: Any, name: Message | str, index: pd.Index, side: str, faults: Faults
) -> np.ndarray | None:
    """Numbers in the order of `index`; labels must be the same set, in any order."""
    if isinstance(values, Mapping):
        values = pd.Series(values, dtype=object)
    if isinstance(values, pd.Series):
        return _by_label(values, name, index, side, faults)
    if isinstance(values, (str, bytes)):
        faults.add(Message("siting_faults.be_numbers", name=name))
        return None
    numbers = read_numbers(
        list(values) if not hasattr(values, "__array__") else values, name, faults
    )
    if numbers is None:
        return None
    if numbers.shape != (len(index),):
        faults.add(
            Message(
                "siting_faults.shape_labels",
                name=name,
                shape=numbers.shape,
                count=len(index),
                side=called(side),
            )
        )
        return None
    return numbers.copy()


def _by_label(
    values: pd.Series, name: Message | str, index: pd.Index, side: str, faults: Faults
) -> np.ndarray | None:
    twice = values.index[values.index.duplicated()].unique()
    if len(twice):
        faults.add(
            Message(
                "siting_faults.name_side_twice", name=name, side=called(side), some=some_of(twice)
            )
        )
        return None
    missing = index.difference(values.index, sort=False)
    unknown = values.index.difference(index, sort=False)
    if len(missing):
        faults.add(
            Message(
                "siting_faults.no_value",
                name=name,
                count=len(missing),
                side=called(side),
                some=some_of(missing),
            )
        )
    if len(unknown):
        faults.add(
            Message(
                "siting_faults.not_labels",
                name=name,
                count=len(unknown),
                side=called(side),
                some=some_of(unknown),
                hint=_hint(values.index, index),
            )
        )
    if len(missing) or len(unknown) or not index.is_unique:
        return None
    return read_numbers(values.reindex(index).to_numpy(), name, faults)


def _hint(given: pd.Index, known: pd.Index) -> Message | str:
    """Why labels that look alike may not match."""
    lost = given.difference(known, sort=False)
    if set(lost.map(str)) & set(known.map(str)):
        here, there = _label_kind(given), _label_kind(known)
        if here != there:
            return Message("siting_faults.hint_types", here=here, there=there)
    return Message("siting_faults.hint_like", like=plain_label(known[0])) if len(known) else ""


def _label_kind(labels: pd.Index) -> Message:
    return Message(f"siting_faults.labels_{_LABEL_KINDS.get(labels.inferred_type, 'mixed')}")


def values_by_label(
    values: Any, name: Message | str, index: pd.Index, faults: Faults, *, infinite: bool = False
) -> np.ndarray | None:
    """One number per site, 0 or more: given once for all, in order, or by label."""
    if values is None:
        return None
    if isinstance(values, Real) and not isinstance(values, bool):
        numbers: np.ndarray | None = np.full(len(index), float(values))
    else:
        numbers = _aligned(values, name, index, "site", faults)
    if numbers is None:
        return None
    for wrong, what in (
        (np.isnan(numbers), "value_nan"),
        (np.isinf(numbers) & (not infinite), "value_not_finite"),
        (numbers < 0, "value_below"),
    ):
        if np.any(wrong):
            faults.add(
                Message(
                    "siting_faults.values_wrong",
                    name=name,
                    what=Message(f"siting_faults.{what}"),
                    some=some_of(index[wrong]),
                )
            )
    return numbers


def codes_by_label(
    values: Any, name: Message | str, index: pd.Index, faults: Faults
) -> np.ndarray | None:
    """An area code per label; None where there is none."""
    if values is None:
        return None
    if isinstance(values, Mapping):
        values = pd.Series(values, dtype=object)
    if isinstance(values, pd.Series):
        if not values.index.is_unique:
            faults.add(Message("siting_faults.labels_again", name=name))
            return None
        missing = index.difference(values.index, sort=False)
        if len(missing):
            faults.add(
                Message(
                    "siting_faults.no_code", name=name, count=len(missing), some=some_of(missing)
                )
            )
            return None
        values = values.reindex(index).to_numpy(dtype=object)
    codes = np.empty(len(values), dtype=object)
    codes[:] = [None if pd.isna(code) else code for code in values]
    if len(codes) != len(index):
        faults.add(
            Message("siting_faults.codes_labels", name=name, count=len(codes), count2=len(index))
        )
        return None
    return codes


def read_labels(labels: Any, name: Message | str, index: pd.Index, faults: Faults) -> np.ndarray:
    """Positions of labels; unknown and repeated ones are faults."""
    if labels is None:
        return np.empty(0, np.int64)
    if isinstance(labels, (str, bytes)):
        labels = [labels]
    if isinstance(labels, (np.ndarray, pd.Series)) and labels.dtype == bool:
        faults.add(Message("siting_faults.no_mask", name=name))
        return np.empty(0, np.int64)
    wanted = list(labels)
    if not wanted or not index.is_unique:
        return np.empty(0, np.int64)
    known = {label: i for i, label in enumerate(index.tolist())}
    unknown = [label for label in wanted if label not in known]
    if unknown:
        hint = _hint(pd.Index(unknown), index)
        faults.add(Message("siting_faults.not_sites", name=name, some=some_of(unknown), hint=hint))
    found = [known[label] for label in wanted if label in known]
    if len(set(found)) < len(found):
        twice = sorted({i for i in found if found.count(i) > 1})
        faults.add(Message("siting_faults.sites_again", name=name, some=some_of(index[twice])))
        found = list(dict.fromkeys(found))
    return np.array(found, np.int64)


def read_pairs(pairs: Any, index: pd.Index, faults: Faults) -> np.ndarray:
    """Pairs of site labels as positions (k, 2), first below second, each once."""
    every = [tuple(pair) for pair in pairs]
    if any(len(pair) != 2 for pair in every):
        faults.add(Message("siting_faults.conflict_pairs"))
        return np.empty((0, 2), np.int64)
    if not every:
        return np.empty((0, 2), np.int64)
    flat = list(chain.from_iterable(every))
    known = {label: i for i, label in enumerate(index.tolist())}
    unknown = [label for label in dict.fromkeys(flat) if label not in known]
    if unknown:
        faults.add(Message("siting_faults.conflict_sites", some=some_of(unknown)))
        return np.empty((0, 2), np.int64)
    if any(a == b for a, b in every):
        faults.add(Message("siting_faults.conflict_itself"))
        return np.empty((0, 2), np.int64)
    at = np.fromiter(map(known.__getitem__, flat), np.int64, len(flat))
    low, high = np.sort(at.reshape(-1, 2), axis=1).T
    return np.column_stack(np.divmod(distinct(low * len(index) + high), len(index)))


class SiteData(TypedDict, total=False):
    """What is known of sites and areas beside the matrix; see `SitingProblem.from_costs`."""

    fixed: Iterable[Hashable]
    closable: Iterable[Hashable]
    forbidden: Iterable[Hashable]
    site_costs: Sequence[float] | Mapping | pd.Series | float | None
    capacities: Sequence[float] | Mapping | pd.Series | float | None
    areas: pd.Series | Mapping | Sequence | None
    site_areas: pd.Series | Mapping | Sequence | None
    conflicts: Iterable[tuple[Hashable, Hashable]]


def read_site_data(
    given: SiteData, demand_index: pd.Index, site_index: pd.Index, faults: Faults
) -> dict[str, Any]:
    """The site data as positions and arrays, by field of `SitingProblem`."""
    at = {
        name: read_labels(given.get(name, ()), name, site_index, faults)
        for name in ("fixed", "closable", "forbidden")
    }
    for one, other in (("fixed", "forbidden"), ("fixed", "closable"), ("closable", "forbidden")):
        both = site_index[np.intersect1d(at[one], at[other])]
        if len(both):
            faults.add(Message("siting_faults.both_of", one=one, other=other, some=some_of(both)))
    costs = values_by_label(given.get("site_costs"), "site_costs", site_index, faults)
    capacities = values_by_label(
        given.get("capacities"), "capacities", site_index, faults, infinite=True
    )
    areas = codes_by_label(given.get("areas"), "areas", demand_index, faults)
    site_areas = codes_by_label(given.get("site_areas"), "site_areas", site_index, faults)
    pairs = read_pairs(given.get("conflicts", ()), site_index, faults)
    stands = np.zeros(len(site_index), bool)
    stands[at["fixed"]] = True
    together = pairs[stands[pairs].all(axis=1)]
    if len(together):
        faults.add(
            Message(
                "siting_faults.fixed_conflict",
                some=some_of([tuple(site_index[p]) for p in together]),
            )
        )
    return {
        **at,
        "site_costs": costs,
        "capacities": capacities,
        "areas": areas,
        "site_areas": site_areas,
        "conflicts": pairs,
    }

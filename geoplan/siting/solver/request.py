"""`SolveRequest`: how long a solve may take, how near to the bound it must come, and its seed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypedDict

from geoplan.errors import Faults, UsageError
from geoplan.validate import check_keywords, number, shown
from geoplan.words.message import Message

#: called with (done, total, text) as work goes on
ProgressCallback = Callable[[int, int, str], None]


@dataclass(frozen=True, kw_only=True, slots=True)
class SolveRequest:
    """The options that every siting function takes, as one value to hand to several of them.

    Parameters
    ----------
    time_limit_s : after so many seconds the best solution known is returned, with its gap; kernels
        that are compiled first (once per computer) take their time besides.
    gap : relative gap between value and bound that is small enough to count as proved.
    seed : of the heuristics; the same seed gives the same solution.
    threads : that the bound by regions may use; None = as many as the machine allows.
    progress : called with (done, total, text).

    Examples
    --------
    >>> import numpy as np
    >>> from geoplan.siting import SitingProblem, SolveRequest, max_coverage, min_sites
    >>> problem = SitingProblem.from_cover(np.eye(3, dtype=bool), [5, 6, 7])
    >>> request = SolveRequest(time_limit_s=10, gap=0.01)
    >>> max_coverage(problem, sites=2, request=request).value
    13.0

    A single keyword goes before the request's value:

    >>> min_sites(problem, request=request, gap=0.0).value
    3.0
    """

    time_limit_s: float = 60
    gap: float = 0.0
    seed: int = 0
    threads: int | None = None
    progress: ProgressCallback | None = None

    def __post_init__(self) -> None:
        """A seed such as 2.0, or one of NumPy's, is a plain whole number."""
        if _is_seed(self.seed):
            object.__setattr__(self, "seed", int(self.seed))


class SolveOptions(TypedDict, total=False):
    """Keywords of the public functions: a request, or its values one by one, or both."""

    request: SolveRequest | None
    time_limit_s: float
    gap: float
    seed: int
    threads: int | None
    progress: ProgressCallback | None


def read_request(function: str, options: Mapping[str, Any]) -> SolveRequest:
    """The request that the keywords of the public function `function` make.

    Raises
    ------
    TypeError
        A keyword that does not exist, as for any function.
    UsageError
        A `request` that is none.
    """
    check_keywords(function, options, SolveOptions)
    single = dict(options)
    request = single.pop("request", None)
    if request is None:
        request = SolveRequest()
    elif not isinstance(request, SolveRequest):
        fault = Message(
            "call_faults.of_kind",
            name="request",
            kind=Message("call_faults.kind_request"),
            value=shown(request),
        )
        raise UsageError.of("call_faults.wrong_kinds", function=function, faults=fault)
    return replace(request, **single)


def _is_seed(value: Any) -> bool:
    seed = number(value)
    return 0 <= seed < 2.0**63 and seed.is_integer()


def check_limits(request: SolveRequest, faults: Faults) -> None:
    """Faults in the options that every solver takes."""
    if not number(request.time_limit_s) > 0:
        faults.add(Message("siting_faults.time_limit_positive", time_limit_s=request.time_limit_s))
    if not _is_seed(request.seed):
        faults.add(Message("siting_faults.seed", value=shown(request.seed)))
    if not 0 <= number(request.gap) < 1:
        faults.add(Message("siting_faults.gap_between", gap=request.gap))
    threads = 1.0 if request.threads is None else number(request.threads)
    if not (threads >= 1 and threads.is_integer()):
        faults.add(Message("siting_faults.threads_whole", threads=request.threads))

"""The limits of input files that a study sets hold while its files are read."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

from geoplan.inputs.files.gate.limits import limits_set
from geoplan.study.config.schema import StudyFile

P = ParamSpec("P")
R = TypeVar("R")


def under_limits(
    read: Callable[Concatenate[StudyFile, P], R],
) -> Callable[Concatenate[StudyFile, P], R]:
    """`read`, which takes the study's settings first, under the study's own ``[limits]``."""

    @wraps(read)
    def bounded(config: StudyFile, /, *args: Any, **options: Any) -> R:
        with limits_set(config.limits.model_dump(exclude_none=True)):
            return read(config, *args, **options)

    return bounded

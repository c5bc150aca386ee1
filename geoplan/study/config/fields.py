"""Kinds of values that the sections of `study.toml` are made of."""

from __future__ import annotations

import codecs
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
)
from pydantic_core import PydanticCustomError

Datum = Literal["wgs84", "gcj02", "bd09", "cgcs2000"]
Mode = Literal["walk", "drive"]
Objective = Literal["max_coverage", "min_sites", "min_cost", "p_median", "p_center"]


def _no_answer(value: Any) -> Any:
    """Refuse true and false, which Python takes for 1 and 0."""
    if isinstance(value, bool):
        raise PydanticCustomError("float_type", "a number")
    return value


#: numbers are finite and no true or false; `MOST` is more than anything that a study counts
MOST = 10**12
Number = Annotated[float, BeforeValidator(_no_answer), Field(allow_inf_nan=False)]
Whole = Annotated[int, BeforeValidator(_no_answer), Field(le=MOST)]
Positive = Annotated[Number, Field(gt=0, le=MOST)]
NotNegative = Annotated[Number, Field(ge=0, le=MOST)]
Share = Annotated[Number, Field(ge=0, le=1, strict=True)]
Year = Annotated[Whole, Field(ge=1900, le=2200)]


def _number_or_table(value: Any) -> str:
    return "[table]" if isinstance(value, dict) else "[number]"


#: one share for all areas, or shares by level or area code; a fault names the kind that is meant
ShareOfAreas = Annotated[
    Annotated[Share, Tag("[number]")] | Annotated[dict[str, Share], Tag("[table]")],
    Discriminator(_number_or_table),
]


def _known_encoding(name: str) -> str:
    """Refuse what is no encoding of text: hex and zlib are codecs, too."""
    try:
        codec = codecs.lookup(name)
        known = codec._is_text_encoding and codec.name not in _NO_TEXT
    except (LookupError, ValueError):
        known = False
    if not known:
        raise PydanticCustomError("encoding", "an encoding")
    return name


#: codecs that Python counts among those of text
_NO_TEXT = ("undefined", "idna", "punycode", "unicode_escape", "raw_unicode_escape")
Encoding = Annotated[str, AfterValidator(_known_encoding)]


class Section(BaseModel):
    """Any section: a key that is not known is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)

"""`ServiceStandard`: what "covered" means for one service, with its source."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from geoplan.errors import UsageError

Measure = Literal["reach", "spacing", "rate", "budget"]
Confidence = Literal["high", "medium-high", "medium", "low"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Quota:
    """At least `minimum` sites in every area of `level`.

    `designated_counts`: a row that names staff instead of a site fulfils the quota
    (a township may set up a station *or* name staff: minors' protection law, art. 81).
    `target_share`: the share of areas that must meet the quota (1.0 = all).
    """

    level: str
    minimum: int = 1
    designated_counts: bool = False
    target_share: float = 1.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Tier:
    """One tier of a service; tiers do not replace one another unless `substitutes` says so."""

    key: str
    name_zh: str
    name_en: str
    mode: str | None = None
    threshold_m: float | None = None
    threshold_min: float | None = None
    quota: Quota | None = None
    substitutes: tuple[str, ...] = ()
    refers_to: str | None = None
    refer_mode: str | None = None
    refer_threshold_min: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ServiceStandard:
    """What "covered" means: how it is measured, the threshold, the group, the quotas.

    Parameters
    ----------
    service : service key.
    measure : ``"reach"`` (people within a threshold of a site), ``"spacing"`` (lines within a
        spacing of markers), ``"rate"`` (per head by area, no site), ``"budget"`` (money only).
    mode : ``"walk"`` or ``"drive"``; the network that distances are measured on. Needed for reach.
    threshold_m, threshold_min : exactly one of the two for reach; metres or minutes.
    group : demand key the standard is judged for by default.
    quotas : sites per area.
    capacity_per_1000 : places per 1,000 people of the group.
    capacity_limits : whether a facility's capacity limits whom it serves (`full` in the ledger).
    nursing_share : least share of nursing beds, 0..1.
    max_spacing_m, tolerance_m : for spacing.
    tiers : from the highest to the lowest.
    source, year, confidence : where the figures come from.
    """

    service: str
    name_zh: str
    name_en: str
    measure: Measure
    mode: str | None = None
    threshold_m: float | None = None
    threshold_min: float | None = None
    group: str | None = None
    quotas: tuple[Quota, ...] = ()
    capacity_per_1000: float | None = None
    capacity_limits: bool = False
    nursing_share: float | None = None
    max_spacing_m: float | None = None
    tolerance_m: float | None = None
    per: float = 1000.0
    target_rate: float | None = None
    tiers: tuple[Tier, ...] = ()
    source: str = ""
    year: int | None = None
    confidence: Confidence = "low"
    note_zh: str = ""
    note_en: str = ""

    def __post_init__(self) -> None:
        faults = []
        if self.measure == "reach":
            if self.mode is None:
                faults.append("mode is missing: say 'walk' or 'drive'")
            if (self.threshold_m is None) == (self.threshold_min is None):
                faults.append(
                    "give exactly one of threshold_m (metres) and threshold_min (minutes)"
                )
        if self.measure == "spacing" and self.max_spacing_m is None:
            faults.append("max_spacing_m (metres) is missing")
        for name in ("threshold_m", "threshold_min", "max_spacing_m"):
            value = getattr(self, name)
            if value is not None and not value > 0:
                faults.append(f"{name} must be above 0, not {value}")
        if faults:
            raise UsageError(f"the standard of {self.service!r}: " + "; ".join(faults) + ".")

    def name(self, lang: str) -> str:
        """The service's name in `lang` (``"zh"`` or ``"en"``)."""
        return self.name_en if lang == "en" else self.name_zh

    @property
    def threshold(self) -> float | None:
        """The threshold in its own unit."""
        return self.threshold_m if self.threshold_m is not None else self.threshold_min

    @property
    def unit(self) -> str | None:
        """``"m"``, ``"min"`` or None."""
        if self.threshold_m is not None:
            return "m"
        return "min" if self.threshold_min is not None else None

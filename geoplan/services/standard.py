"""`ServiceStandard`: what "covered" means for one service, with its source."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

from geoplan.errors import UsageError
from geoplan.words.message import Message, Messages

Measure = Literal["reach", "spacing", "rate", "budget"]
Confidence = Literal["high", "medium-high", "medium", "low"]
MODES = ("walk", "drive", "transit")


def _word(key: str, /, **values: Any) -> Message:
    return Message(f"standard_faults.{key}", **values)


def _one_of(key: str, known: tuple[str, ...], value: object) -> Message:
    return _word("one_of", key=key, known=", ".join(known), value=value)


def at(where: Message | str, fault: Message | str) -> Message:
    """A fault of one tier or quota, with its name."""
    return _word("at", where=where, fault=fault)


def standard_error(service: str, faults: list[Message]) -> UsageError:
    """The error that lists every fault of a service's standard."""
    return UsageError.of(
        "standard_faults.standard", service=service, faults=Messages(faults, join="; ")
    )


def faults_of(error: UsageError) -> list[Message]:
    """The faults that a `standard_error` lists."""
    return [] if error.sentence is None else error.sentence.values["faults"].messages


@dataclass(frozen=True, kw_only=True, slots=True)
class Quota:
    """At least `minimum` sites in every area of `level`.

    Parameters
    ----------
    level : an area level of the study, for example ``"street"``.
    minimum : sites per area, 0 or more.
    designated_counts : a row that names staff instead of a site fulfils the quota (a township may
        set up a station *or* name staff: minors' protection law, art. 81).
    target_share : the share of areas that must meet the quota, above 0 and at most 1 (all).
    tier : only sites of this tier count; None = any site.

    Examples
    --------
    >>> quota = Quota(level="street", minimum=1, target_share=0.9)
    >>> list(quota.faults())
    []
    >>> [str(fault) for fault in Quota(level="street", target_share=90).faults()]
    ['the quota per street: target_share must be above 0 and at most 1, not 90']
    """

    level: str
    minimum: int = 1
    designated_counts: bool = False
    target_share: float = 1.0
    tier: str | None = None

    def faults(self) -> Iterator[Message]:
        """What is wrong with the figures, one sentence each."""
        where = _word("in_quota", level=self.level)
        if not self.minimum >= 0:
            yield at(where, _word("not_below_0", key="minimum", value=self.minimum))
        if not 0 < self.target_share <= 1:
            yield at(where, _word("share_above_0", key="target_share", value=self.target_share))


@dataclass(frozen=True, kw_only=True, slots=True)
class Tier:
    """One tier of a service; tiers do not replace one another unless `substitutes` says so.

    Parameters
    ----------
    key, name_zh, name_en : how the tier is called.
    mode : ``"walk"`` or ``"drive"``; None = not judged by reach.
    threshold_m, threshold_min : at most one of the two, metres or minutes.
    quota : sites of this tier per area.
    substitutes : the tiers whose sites this tier's sites may stand in for.
    refers_to : the tier that a site of this one hands people on to.
    refer_mode, refer_threshold_min : how that way is measured, and its limit in minutes.
    aliases : what tables call this tier, besides its key and names.

    Examples
    --------
    >>> tier = Tier(key="haven", name_zh="避风港", name_en="Haven", mode="walk", threshold_m=1000)
    >>> tier.judged_by_reach, tier.name("zh")
    (True, '避风港')
    """

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
    aliases: tuple[str, ...] = ()

    def name(self, lang: str) -> str:
        """The tier's name in `lang`."""
        return self.name_en if lang == "en" else self.name_zh

    @property
    def judged_by_reach(self) -> bool:
        """Whether the tier has a reach standard of its own."""
        return self.mode is not None and (
            self.threshold_m is not None or self.threshold_min is not None
        )

    def faults(self) -> Iterator[Message]:
        """What is wrong with the figures, one sentence each."""
        where = _word("in_tier", tier=self.key)
        for name in ("mode", "refer_mode"):
            value = getattr(self, name)
            if value is not None and value not in MODES:
                yield at(where, _one_of(name, MODES, value))
        if self.threshold_m is not None and self.threshold_min is not None:
            yield at(where, _word("one_threshold_at_most"))
        for name in ("threshold_m", "threshold_min", "refer_threshold_min"):
            value = getattr(self, name)
            if value is not None and not value > 0:
                yield at(where, _word("above_0", key=name, value=value))
        if self.quota is not None:
            yield from self.quota.faults()


@dataclass(frozen=True, kw_only=True, slots=True)
class ServiceStandard:
    """What "covered" means: how it is measured, the threshold, the group, the quotas.

    Parameters
    ----------
    service : service key.
    measure : ``"reach"`` (people within a threshold of a site), ``"spacing"`` (lines within a
        spacing of markers), ``"rate"`` (per head by area, no site), ``"budget"`` (money only).
    mode : ``"walk"``, ``"drive"`` or ``"transit"`` (in minutes); the network that is measured on.
        Needed for reach.
    threshold_m, threshold_min : exactly one of the two for reach; metres or minutes.
    group : demand key the standard is judged for by default.
    quotas : sites per area.
    capacity_per_1000 : capacity (seats, beds) per 1,000 people of the group.
    capacity_limits : whether a facility's capacity limits whom it serves (`full` in the ledger).
    nursing_share : least share of nursing beds, 0..1.
    max_spacing_m, tolerance_m : for spacing.
    tiers : from the highest to the lowest.
    source, source_en, year, confidence : where the figures come from.
    per : people that a rate refers to.
    target_rate : the rate to reach.
    name_zh, name_en : the service's names.
    note_zh, note_en : what the source leaves open.

    Raises
    ------
    UsageError
        All faults at once: figures out of range, a threshold without its unit, tiers that name
        tiers that are not there.

    Examples
    --------
    >>> standard = ServiceStandard(
    ...     service="book_corner", name_zh="书角", name_en="Book corners", measure="reach",
    ...     mode="walk", threshold_m=500, source="by hand", confidence="low")
    >>> standard.threshold, standard.unit, standard.name("en")
    (500, 'm', 'Book corners')
    >>> ServiceStandard(service="x", name_zh="", name_en="", measure="reach", mode="walk")
    Traceback (most recent call last):
    geoplan.errors.UsageError: the standard of 'x': give exactly one of threshold_m ...
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
    source_en: str = ""

    def __post_init__(self) -> None:
        faults = [*self._measure_faults(), *self._figure_faults(), *self._tier_faults()]
        if faults:
            raise standard_error(self.service, faults)

    def _measure_faults(self) -> Iterator[Message]:
        if self.measure not in get_args(Measure):
            yield _one_of("measure", get_args(Measure), self.measure)
        if self.measure == "reach":
            if self.mode is None:
                yield _word("mode_missing")
            if (self.threshold_m is None) == (self.threshold_min is None):
                yield _word("one_threshold")
        if self.measure == "spacing" and self.max_spacing_m is None:
            yield _word("spacing_missing")
        if self.mode is not None and self.mode not in MODES:
            yield _one_of("mode", MODES, self.mode)
        if self.mode == "transit" and self.threshold_m is not None:
            yield _word("transit_minutes")
        if self.confidence not in get_args(Confidence):
            yield _one_of("confidence", get_args(Confidence), self.confidence)

    def _figure_faults(self) -> Iterator[Message]:
        for name in ("threshold_m", "threshold_min", "max_spacing_m", "per"):
            value = getattr(self, name)
            if value is not None and not value > 0:
                yield _word("above_0", key=name, value=value)
        for name in ("capacity_per_1000", "tolerance_m", "target_rate"):
            value = getattr(self, name)
            if value is not None and not value >= 0:
                yield _word("not_below_0", key=name, value=value)
        if self.nursing_share is not None and not 0 <= self.nursing_share <= 1:
            yield _word("share", key="nursing_share", value=self.nursing_share)
        for quota in self.quotas:
            yield from quota.faults()

    def _tier_faults(self) -> Iterator[Message]:
        keys = [tier.key for tier in self.tiers]
        for key in sorted({key for key in keys if keys.count(key) > 1}):
            yield _word("tier_twice", tier=key)
        known = ", ".join(keys) or "-"
        for tier in self.tiers:
            yield from tier.faults()
            for other in (*tier.substitutes, *([tier.refers_to] if tier.refers_to else [])):
                if other not in keys:
                    yield _word("tier_names", tier=tier.key, other=other, known=known)
        for quota in self.quotas:
            if quota.tier is not None and quota.tier not in keys:
                yield _word("quota_names", level=quota.level, other=quota.tier, known=known)

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

    @property
    def all_quotas(self) -> tuple[Quota, ...]:
        """The service's quotas and those of its tiers (which then name the tier)."""
        of_tiers = tuple(
            replace(tier.quota, tier=tier.key) for tier in self.tiers if tier.quota is not None
        )
        return (*self.quotas, *of_tiers)

    def tier(self, key: str) -> Tier:
        """The tier called `key`.

        Raises
        ------
        UsageError
            When there is none; the message lists those there are.
        """
        for tier in self.tiers:
            if tier.key == key:
                return tier
        known = ", ".join(tier.key for tier in self.tiers) or "-"
        raise UsageError.of("standard_faults.no_tier", service=self.service, tier=key, known=known)

    def tier_key(self, text: object) -> str | None:
        """The key of the tier that a table calls `text`: its key, a name or an alias.

        None when `text` is empty or no tier is called so.
        """
        wanted = "" if text is None else str(text).strip().casefold()
        for tier in self.tiers:
            names = (tier.key, tier.name_zh, tier.name_en, *tier.aliases)
            if wanted and wanted in {name.casefold() for name in names}:
                return tier.key
        return None

    def of_tier(self, key: str) -> ServiceStandard | None:
        """The standard by which the tier `key` alone is judged for reach; None when it has none."""
        tier = self.tier(key)
        if not tier.judged_by_reach:
            return None
        return replace(
            self,
            name_zh=f"{self.name_zh}·{tier.name_zh}",
            name_en=f"{self.name_en}: {tier.name_en}",
            measure="reach",
            mode=tier.mode,
            threshold_m=tier.threshold_m,
            threshold_min=tier.threshold_min,
            quotas=(tier.quota,) if tier.quota is not None else (),
            tiers=(),
        )

"""Reads one layer of a study after the other, and collects what each read returns."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from geoplan.inputs import LayerSource, Streets, read_facilities, read_lines
from geoplan.inputs.columns.status import StatusWords
from geoplan.inputs.files.database import is_database_url
from geoplan.inputs.files.read_once import ReadOnce
from geoplan.inputs.files.source import KEEP_ALL
from geoplan.inputs.findings.finding import Finding, Loaded
from geoplan.inputs.layers import AreaLayer, FacilityLayer, LineLayer
from geoplan.inputs.sites.rules import SiteRules
from geoplan.study.config.cross_checks import standard_of
from geoplan.study.config.schema import StudyFile

Report = Callable[[str], None]


class LayerReader:
    """Collects what each read returns; a layer that cannot be used is left out, with a finding."""

    def __init__(
        self, config: StudyFile, base: Path, report: Report, streets: Streets | None
    ) -> None:
        self.streets = streets
        self.config = config
        self.base = base
        self.lang = config.lang
        self.crs = config.study.crs
        self.report = report
        self.loaded: list[Loaded[Any]] = []
        self.reads = ReadOnce()

    def source(self, section: Any, *, role: str, path: str | None = None) -> LayerSource:
        """What a section of the study file names, or `path` by its settings."""
        name = path if path is not None else section.path
        return LayerSource(
            path=name if is_database_url(name) else self.base / name,
            name=name,
            layer=section.layer,
            sheet=section.sheet,
            datum=getattr(section, "datum", None),
            crs=getattr(section, "crs", None),
            encoding=section.encoding,
            columns=dict(section.columns),
            where=getattr(section, "where", None),
            unit=getattr(section, "unit", None),
            role=role,
            keep=_kept(section),
            reads=self.reads,
        )

    def facilities(
        self,
        source: LayerSource,
        key: str,
        areas: Mapping[str, AreaLayer],
        *,
        rules: SiteRules,
    ) -> Loaded[FacilityLayer]:
        """Facilities of a file, as `read_facilities` reads them for this study."""
        return read_facilities(
            source,
            key=key,
            crs=self.crs,
            areas=areas,
            streets=self.streets,
            rules=rules,
            lang=self.lang,
        )

    def rules(self, key: str) -> SiteRules:
        """How the sites of a service are read; of sites that are no service's, see `SiteRules`."""
        section = self.config.services[key]
        standard = standard_of(key, section)
        return SiteRules(
            words=StatusWords(own=self.config.status.model_dump()),
            data_date=self.config.study.data_date,
            capacity_default=section.capacity_default,
            capacity_limits=standard.capacity_limits,
            tier_key=standard.tier_key if standard.tiers else None,
        )

    def lines(
        self, source: LayerSource, key: str, areas: Mapping[str, AreaLayer]
    ) -> Loaded[LineLayer]:
        """Lines of a file, as `read_lines` reads them for this study."""
        return read_lines(
            source, key=key, crs=self.crs, areas=areas, streets=self.streets, lang=self.lang
        )

    def take(self, one: Loaded[Any]) -> Any:
        """The layer of `one`, which is noted and reported; None where it cannot be used."""
        one = replace(one, findings=(*one.findings, *self._nothing_left(one)))
        self.loaded += [one, *one.also]
        self.report(f"{one.record.path}: {one.record.rows}")
        return one.layer

    def _nothing_left(self, one: Loaded[Any]) -> tuple[Finding, ...]:
        """A file whose every row is wrong: a plan without it would look like any other."""
        wrong = {(f.sheet, f.row) for f in one.findings if f.severity == "error" and f.row}
        record = one.record
        if record.accepted or not record.rows or not wrong or one.layer is None:
            return ()
        return (
            Finding(
                file=record.path,
                problem=self.config.speaker.say(
                    "study.no_row_left", rows=record.rows, wrong=len(wrong)
                ),
                advice=self.config.speaker.say("study.no_row_left_advice"),
                severity="error",
                code="no_row_left",
            ),
        )


def _kept(section: Any) -> tuple[str, ...]:
    """The headings of a section whose personal data are kept."""
    keep = getattr(section, "keep", False)
    return tuple(keep) if isinstance(keep, list) else (KEEP_ALL,) if keep else ()

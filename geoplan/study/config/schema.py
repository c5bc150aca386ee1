"""The sections of `study.toml` as checked models.

Only shapes live here; `geoplan.study.config.validate` turns what is wrong into findings and checks
what ties sections together (files that exist, modes that have a network, known demand).
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from geoplan.coverage.published_figures import Definition
from geoplan.errors import UsageError
from geoplan.inputs.columns.status import SENSES, plain_words
from geoplan.network.transit.ask import TransitOptions
from geoplan.network.transit.clock import date_of
from geoplan.study.config.fields import (
    MOST as MOST,
    Datum,
    Encoding,
    Mode,
    NotNegative,
    Number,
    Positive as Positive,
    Section,
    Share as Share,
    Whole,
    Year,
)
from geoplan.study.config.later_years import (
    ActionsSection,
    ProgrammeSection,
    ProjectionSection,
    TargetSection,
)
from geoplan.study.config.siting_section import (
    SharedBuildingsSection as SharedBuildingsSection,
    SitingSection as SitingSection,
)
from geoplan.tolerances import MOST_CAPACITY
from geoplan.words.speaker import Speaker


class StudySection(Section):
    """``[study]``: settings of the whole study; `keep`: personal data in its texts stay."""

    name: str
    name_en: str | None = None
    crs: str
    lang: Literal["zh", "en"] = "zh"
    synthetic: bool = False
    map_approval_no: str = ""
    suppress_below: Annotated[Whole, Field(ge=0)] = 10
    seed: Annotated[Whole, Field(ge=0)] = 0
    year: Year | None = None
    data_date: str = ""
    source: str = ""
    currency: str = ""
    keep: bool = False


class _LayerSection(Section):
    """Where a layer is and how to read it: what goes for streets too."""

    path: str
    layer: str | None = None
    datum: Datum | None = None
    crs: str | None = None
    encoding: Encoding | None = None
    columns: dict[str, str] = Field(default_factory=dict)
    where: str | None = None


class SourceSection(_LayerSection):
    """Where a layer is and how to read it.

    `keep` names headings whose personal data stay in the internal edition; true stands for all.
    """

    sheet: str | None = None
    keep: bool | list[str] = False


class StatusSection(Section):
    """``[status]``: words of the study's files for sites that are open or not, beside the known."""

    open: list[str] = Field(default_factory=list)
    closed: list[str] = Field(default_factory=list)
    temporarily_closed: list[str] = Field(default_factory=list)
    planned: list[str] = Field(default_factory=list)
    under_construction: list[str] = Field(default_factory=list)

    @model_validator(mode="after")
    def _each_word_once(self) -> StatusSection:
        words = [plain_words(word) for sense in SENSES for word in getattr(self, sense)]
        if len(set(words)) < len(words) or () in words:
            raise UsageError.of("study.status_words_twice")
        return self


class AreaSection(SourceSection):
    """``[areas.LEVEL]``: polygons, or a table with or without points."""

    parent: str | None = None


class NetworkSection(_LayerSection):
    """``[network.MODE]``: streets, or a file made by ``geoplan network build``."""

    speed_m_s: Positive = 1.0
    max_snap_m: Positive = 500.0
    barriers: str | None = None
    barriers_layer: str | None = None
    elevation: str | None = None
    links: str | None = None
    links_layer: str | None = None
    split: Literal["ends", "touching"] | None = None
    join_within_m: Positive | None = None
    ferries: bool = False


class TransitSection(Section):
    """``[network.transit]``: GTFS feeds, or lines, stops and headways, over a walking network.

    `withdrawn` and `headway_factor` are what a what-if changes: lines that run no more, and lines
    that run so many times as seldom (0.5 = twice as often).
    """

    path: str | list[str] | None = None
    lines: str | None = None
    stops: str | None = None
    walk: Literal["walk"] = "walk"
    date: str | datetime.date | None = None
    depart: str | None = None
    arrive: str | None = None
    percentile: Annotated[Number, Field(gt=0, le=100)] = 50
    max_walk_m: NotNegative = 800.0
    max_transfers: Annotated[Whole, Field(ge=0, le=20)] = 3
    board_slack_s: Annotated[Number, Field(ge=0, le=3600)] = 0
    datum: Datum | None = None
    columns: dict[str, str] = Field(default_factory=dict)
    withdrawn: list[str] = Field(default_factory=list)
    headway_factor: dict[str, Positive] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _whole(self) -> Self:
        """A feed with its day, or lines with stops; times that are times."""
        if (self.path is None) == (self.lines is None or self.stops is None):
            raise UsageError.of("transit.feed_or_lines")
        if self.path is not None and self.date is None:
            raise UsageError.of("transit.no_date")
        if self.date is not None:
            date_of(self.date)
        self.options()
        return self

    def options(self) -> dict[str, Any]:
        """How people travel, as `geoplan.TransitNetwork` takes it."""
        names = ("depart", "arrive", "percentile", "max_walk_m", "max_transfers", "board_slack_s")
        given = {name: getattr(self, name) for name in names}
        TransitOptions().changed(given)  # a window that is none raises
        if self.arrive is None and self.depart is None:
            given["depart"] = "08:00-10:00"
        return given

    @property
    def files(self) -> list[str]:
        """The files that it names."""
        paths = [self.path] if isinstance(self.path, str) else list(self.path or ())
        return [*paths, *(f for f in (self.lines, self.stops) if f is not None)]


class SumToSection(Section):
    """``sum_to``: the census table that people are scaled to, area by area."""

    path: str
    level: str
    weight: str
    layer: str | None = None
    sheet: str | None = None
    encoding: Encoding | None = None
    columns: dict[str, str] = Field(default_factory=dict)


class DemandSection(SourceSection):
    """``[demand.KEY]``: where the people of one group are.

    `unit` is what the cells of a population raster hold: people, or people per km2 or per hectare.
    """

    path: str | Annotated[list[str], Field(min_length=1)]  # type: ignore[assignment]
    weight: str | list[str] | None = None
    groups: list[str] = Field(default_factory=list)
    scale: Positive = 1.0
    name: str | None = None
    name_en: str | None = None
    sum_to: SumToSection | None = None
    projection: ProjectionSection | None = None
    unit: Literal["people", "per_km2", "per_ha"] | None = None


class RateSection(Section):
    """``rate = {...}``: a service without sites, counted per head by area.

    `count` names one column of the table, or several, the leading one first. `demand` names, by
    column, people other than the service's own whom a column is counted for. `money` names the
    columns that are sums of money and no cases.
    """

    count: str | Annotated[list[str], Field(min_length=1)]
    level: str = "district"
    per: Positive = 1000.0
    demand: dict[str, str] = Field(default_factory=dict)
    money: list[str] = Field(default_factory=list)

    @property
    def counts(self) -> list[str]:
        """The counted columns, the leading one first."""
        return [self.count] if isinstance(self.count, str) else list(dict.fromkeys(self.count))


class CatchmentSection(Section):
    """``catchment = {...}``: how far people go for a seat, if not the standard's reach."""

    mode: Mode = "drive"
    threshold_m: Positive | None = None
    threshold_min: Positive | None = None
    method: Literal["2sfca", "e2sfca", "3sfca", "balanced"] = "e2sfca"

    @model_validator(mode="after")
    def _one_threshold(self) -> CatchmentSection:
        if (self.threshold_m is None) == (self.threshold_min is None):
            raise UsageError.of("study.one_threshold")
        return self


class FundSection(Section):
    """``fund = {...}``: money for several years that suggested sites draw on.

    `pays` names the services whose sites it pays for; without it all whose sites have a price.
    """

    money: Positive
    years: list[Year] = Field(default_factory=list)
    pays: list[str] = Field(default_factory=list)


class AddedSite(Section):
    """``[[services.KEY.added]]``: a site that is in no file, in service: what a what-if opens.

    Its place is `x`, `y` (metres in the study's CRS, taken to the last digit) or `lon`, `lat`
    (WGS 84). Without a `capacity` it has no limit.
    """

    id: Annotated[str, Field(min_length=1)]
    name: str = ""
    x: Number | None = None
    y: Number | None = None
    lon: Annotated[Number, Field(ge=-180, le=180)] | None = None
    lat: Annotated[Number, Field(ge=-90, le=90)] | None = None
    capacity: Annotated[Number, Field(ge=0, le=MOST_CAPACITY)] | None = None
    tier: str | None = None

    @model_validator(mode="after")
    def _one_place(self) -> AddedSite:
        metres = (self.x is not None, self.y is not None)
        degrees = (self.lon is not None, self.lat is not None)
        if (metres, degrees) not in (((True,) * 2, (False,) * 2), ((False,) * 2, (True,) * 2)):
            raise UsageError.of("study.added_place", id=self.id)
        return self


class ServiceSection(SourceSection):
    """``[services.KEY]``: one service's sites and how it is assessed.

    `capacity_default` is the capacity of existing sites whose own is not known; without it unknown
    stays unknown, and the numbers are ranges. `closed` and `added` are what a what-if changes.
    `actions` (a table of the office's own projects, or prices by rule) and `targets` belong to
    ``[programme]``.
    """

    path: str | None = None  # type: ignore[assignment]
    demand: str | None = None
    name: str | None = None
    name_en: str | None = None
    standard: dict[str, Any] = Field(default_factory=dict)
    siting: SitingSection | None = None
    lines: str | None = None
    lines_layer: str | None = None
    required: str | None = None
    required_layer: str | None = None
    rate: RateSection | None = None
    catchment: CatchmentSection | None = None
    fund: FundSection | None = None
    actions: str | ActionsSection | None = None
    targets: list[TargetSection] = Field(default_factory=list)
    closed: list[str] = Field(default_factory=list)
    added: list[AddedSite] = Field(default_factory=list)
    capacity_default: Annotated[Number, Field(ge=0, le=MOST_CAPACITY)] | None = None


class BackgroundSection(SourceSection):
    """``[background.NAME]``: drawn under the maps (water, roads, green)."""


class FigureSection(Section):
    """``[[figures]]``: one published figure to set beside the computed one.

    `definition` says what sets it apart from a count, see `geoplan.coverage.published_figures`.
    """

    key: str
    published: Number
    definition: Definition = ""
    source: str = ""
    source_en: str = ""
    label: str = ""
    label_en: str = ""
    note: str = ""
    note_en: str = ""


class ReportSection(Section):
    """``[report]``: the office's own Word file as template, who issues the report, and its date.

    Without a `date` it is the day of the run. `pdf` = false leaves `report.pdf` out, which is
    made where LibreOffice is installed.
    """

    template: str | None = None
    office: str = ""
    date: datetime.date | None = None
    pdf: bool = True


class LimitsSection(Section):
    """``[limits]``: how large an input file may be; see `Limits` in `geoplan.inputs.files.gate`."""

    file_mb: Positive | None = None
    unpacked_mb: Positive | None = None
    document_mb: Positive | None = None
    block_mb: Positive | None = None
    raster_cells: Positive | None = None
    members: Positive | None = None
    columns: Positive | None = None
    rows: Positive | None = None
    cells: Positive | None = None
    seconds: Positive | None = None


class StudyFile(Section):
    """All of `study.toml`."""

    study: StudySection
    status: StatusSection = Field(default_factory=StatusSection)
    limits: LimitsSection = Field(default_factory=LimitsSection)
    areas: dict[str, AreaSection] = Field(default_factory=dict)
    network: dict[Mode, NetworkSection] = Field(default_factory=dict)
    transit: TransitSection | None = None
    demand: dict[str, DemandSection] = Field(default_factory=dict)
    services: dict[str, ServiceSection] = Field(default_factory=dict)
    programme: ProgrammeSection | None = None
    shared_buildings: SharedBuildingsSection | None = None
    background: dict[str, BackgroundSection] = Field(default_factory=dict)
    figures: list[FigureSection] = Field(default_factory=list)
    report: ReportSection = Field(default_factory=ReportSection)
    #: among the valid choices; a file that has it is a `CitiesFile`
    include: list[Any] = Field(default_factory=list, exclude=True)

    @model_validator(mode="before")
    @classmethod
    def _with_transit(cls, raw: Any) -> Any:
        """``[network.transit]`` has other keys than streets: it is a section of its own here."""
        network = raw.get("network") if isinstance(raw, Mapping) else None
        if not isinstance(network, Mapping) or "transit" not in network:
            return raw
        streets = {mode: section for mode, section in network.items() if mode != "transit"}
        return {**raw, "network": streets, "transit": network["transit"]}

    @property
    def modes(self) -> list[str]:
        """The modes that have a network."""
        return [*map(str, self.network), *(["transit"] if self.transit else [])]

    @property
    def lang(self) -> Literal["zh", "en"]:
        """The language of all that is read."""
        return self.study.lang

    @property
    def speaker(self) -> Speaker:
        """Writes in the study's language."""
        return Speaker(self.study.lang)

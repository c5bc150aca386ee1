"""What stands on every page of a run: the study, its stamps, the form of its report."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True, slots=True)
class ReportForm:
    """How the report looks, as ``[report]`` of the study says.

    template : the office's own ``.docx``, whose styles, header and cover are taken; "" = ours.
    office : who issues it. date : of the report, ``2025-06-30``; "" = none is printed.
    pdf : whether ``report.pdf`` is written, too, where LibreOffice is installed.
    """

    template: str = ""
    office: str = ""
    date: str = ""
    pdf: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class StudyInfo:
    """What stands on every page: the study's name, CRS, language, stamps, currency ("" = yuan)."""

    name: str
    crs: str
    lang: str = "zh"
    synthetic: bool = False
    map_approval_no: str = ""
    suppress_below: int = 10
    audience: str = "internal"
    data_date: str = ""
    source: str = ""
    title: str = ""
    currency: str = ""
    report: ReportForm = field(default_factory=ReportForm)

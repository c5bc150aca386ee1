"""The office's template for the report, tried before the work that it is for."""

from __future__ import annotations

from pathlib import Path

from geoplan.errors import UsageError
from geoplan.inputs.findings.finding import Finding
from geoplan.study.config.schema import StudyFile


def unusable_template(config: StudyFile, base: Path) -> tuple[Finding, ...]:
    """An error where the report could not be written with what ``[report] template`` names."""
    if not config.report.template:
        return ()
    from geoplan.outputs.report.word.template import open_frame

    path = base / config.report.template
    try:
        open_frame(str(path), config.lang, {})
    except UsageError as error:
        return (
            Finding(
                file=path.name,
                problem=error.message(config.lang),
                advice="",
                severity="error",
                code="bad_template",
            ),
        )
    return ()

"""The headline numbers of a run as text for a terminal or a notebook."""

from __future__ import annotations

from geoplan.coverage.quota import quota_counts
from geoplan.outputs.ranges import range_text, share_range_text
from geoplan.outputs.summary.summary_json import length_dict
from geoplan.outputs.wording import standard_text
from geoplan.results import RunResults, ServiceResult
from geoplan.words.speaker import Speaker
from geoplan.words.text_format import aligned, clean, count_text, number_text, share_text


def summary_text(results: RunResults, lang: str = "zh") -> str:
    """The headline numbers as aligned text for a terminal or a notebook.

    Parameters
    ----------
    results : a run's results.
    lang : ``"zh"`` or ``"en"``.

    Returns
    -------
    str
        Lines without a last line break; Chinese characters count as two columns.

    Examples
    --------
    >>> from geoplan.study import example_study
    >>> text = summary_text(example_study().run().results, "en")
    >>> print(text.splitlines()[0], "|", text.splitlines()[-1])
    Small | Input files: 4, rows: 16, set aside: 1, findings: 2
    """
    info, speaker = results.info, Speaker(lang)
    lines = [clean(info.title or info.name)]
    if info.synthetic:
        lines.append(speaker.say("common.synthetic"))
    table = _people_rows(results, speaker)
    if len(table) > 1:
        lines += ["", *aligned(table)]
    for service in results.services.values():
        lines += _extra_lines(service, speaker, results.info.currency)
    lines += _assumed_lines(results, speaker)
    lines += _findings_lines(results, speaker)
    return "\n".join(lines)


def _people_rows(results: RunResults, speaker: Speaker) -> list[list[str]]:
    heads = ("service", "facilities", "served", "total", "share", "gaps", "new_sites", "after")
    rows = [[speaker.say(f"outputs.text_{head}") for head in heads]]
    for service in results.services.values():
        if service.coverage is None:
            continue
        ledger, siting = service.coverage.ledger, service.siting
        rows.append(
            [
                clean(service.name(speaker.lang)),
                count_text(0 if service.facilities is None else len(service.facilities)),
                count_text(ledger.served),
                count_text(ledger.total),
                share_range_text(service),
                count_text(0 if service.gaps is None else len(service.gaps)),
                "" if siting is None else count_text(len(siting.sites)),
                "" if siting is None else share_range_text(service, after=True),
            ]
        )
    return rows


def _extra_lines(service: ServiceResult, speaker: Speaker, currency: str) -> list[str]:
    name, lines = clean(service.name(speaker.lang)), []
    if service.spacing is not None:
        lengths = length_dict(service.spacing)
        lines.append(
            speaker.say(
                "outputs.text_spacing",
                name=name,
                total=number_text(service.spacing.total_m / 1000, 1),
                covered=number_text(service.spacing.covered_m / 1000, 1),
                gap=number_text(service.spacing.gap_m / 1000, 1),
                marked=lengths["required_points"]["marked"],
                required=lengths["required_points"]["total"],
            )
        )
    for key, table in (service.all_rates or {"": service.rates}).items():
        if table is None:
            continue
        counted = clean(service.rate_names.get(key, ""))
        lines.append(
            speaker.say(
                "outputs.text_rate",
                name=name if len(service.all_rates) < 2 else f"{name} — {counted}",
                count=count_text(table["count"].sum(min_count=1)),
                n=int((table.index != "").sum()),
                standard=standard_text(service.standard, speaker),
            )
        )
    if service.fund is not None:
        fund = service.fund
        lines.append(
            speaker.say(
                "outputs.text_fund",
                name=name,
                money=speaker.money(fund.money, currency),
                planned=speaker.money(fund.planned, currency),
            )
        )
    for text in (range_text(service, speaker), range_text(service, speaker, after=True)):
        if text:
            lines.append(speaker.say("outputs.text_range", name=name, text=text))
    for level, table in service.quota.items():
        counts = quota_counts(table)
        if counts["meeting_quota"] is None:
            continue
        line = speaker.say(
            "outputs.text_quota",
            name=name,
            level=speaker.level(level),
            meeting=counts["meeting_quota"],
            total=counts["total"],
        )
        if undecided := counts.get("undecided"):
            line += speaker.say("outputs.text_undecided", count=undecided)
        lines.append(line)
    if service.programme is not None and len(service.programme.by_year):
        first, last = service.programme.by_year.iloc[0], service.programme.by_year.iloc[-1]
        lines.append(
            speaker.say(
                "outputs.text_programme",
                name=name,
                years=f"{service.programme.years[0]}–{service.programme.years[-1]}",
                actions=len(service.programme.actions),
                money=speaker.money(service.programme.by_year["cost"].sum(), currency),
                before=share_text(first["share"]),
                after=share_text(last["share"]),
            )
        )
    if service.siting is not None and service.siting.result.status != "optimal":
        proof = speaker.status(
            service.siting.result.status,
            service.siting.result.gap,
            value=service.siting.result.value,
        )
        lines.append(speaker.say("outputs.text_proof", name=name, proof=proof))
    return lines


def _assumed_lines(results: RunResults, speaker: Speaker) -> list[str]:
    """What no input says, a line each."""
    if not results.assumed:
        return []
    said = [
        speaker.say("outputs.text_assumption", where=one.where, what=one.what, effect=one.effect)
        for one in results.assumed
    ]
    return ["", speaker.say("outputs.text_assumed"), *(f"  {clean(line)}" for line in said)]


def _findings_lines(results: RunResults, speaker: Speaker) -> list[str]:
    if not len(results.inputs):
        return []
    aside = sum(record.set_aside for record in results.inputs)
    rows = sum(record.rows for record in results.inputs)
    line = speaker.say(
        "outputs.text_inputs",
        files=len({r.path for r in results.inputs}),
        rows=count_text(rows),
        aside=count_text(aside),
        findings=count_text(len(results.findings)),
    )
    return ["", line]

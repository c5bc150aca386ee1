"""Suggested sites as a table for a terminal."""

from __future__ import annotations

from geoplan.results import SitingOutcome
from geoplan.study.cities.suggest import CitiesSuggestion
from geoplan.words.speaker import Speaker
from geoplan.words.text_format import columns_text, count_text, is_missing


def suggestion_text(outcome: SitingOutcome, *, lang: str = "zh", currency: str = "") -> str:
    """Rank, location, people added, share after, next best and its loss; then the proof.

    Parameters
    ----------
    outcome : of a service, as ``plan.services[key].siting``.
    lang : ``"zh"`` or ``"en"``.
    currency : what money is called; "" for yuan.

    Returns
    -------
    str
        Lines without a last line break.

    Examples
    --------
    >>> from geoplan.study import example_study
    >>> siting = example_study().run().services["meal_station"].siting
    >>> print(suggestion_text(siting, lang="en").splitlines()[2])
    value 230 people, bound 230: proved optimal
    """
    sites, speaker = outcome.sites, Speaker(lang)

    def word(key: str, **values: object) -> str:
        return speaker.say(f"study.{key}", **values)

    heads = [
        word(f"site_{name}")
        for name in ("rank", "id", "place", "lon", "lat", "added", "share", "loss")
    ]
    drawn = "chosen_share" in sites.columns
    if drawn:
        heads.append(word("site_chosen"))
    rows = [
        [
            str(int(site["rank"])),
            str(label),
            f"{site.get('area', '')} {site.get('name', '')}".strip(),
            f"{site['lon']:.5f}",
            f"{site['lat']:.5f}",
            f"{site['added_people']:,.0f}",
            f"{site['share_after']:.1%}",
            "" if is_missing(loss := site.get("next_best_loss")) else count_text(loss),
            *([f"{site['chosen_share']:.0%}"] if drawn else []),
        ]
        for label, site in sites.iterrows()
    ]
    lines = columns_text([heads, *rows], right=(0, 3, 4, 5, 6, 7, 8))
    result = outcome.result
    gap = word("gap_unknown") if result.gap is None else f"{result.gap:.3%}"
    unproved = result.status == "feasible" and result.gap is None
    proof = word("status_unproved" if unproved else f"status_{result.status}", gap=gap)
    if result.status in ("optimal", "feasible"):
        bound = "-" if result.bound is None else f"{result.bound:,.0f}"
        lines.append(
            word(
                "proof",
                value=f"{result.value:,.0f}",
                unit=_unit(outcome, speaker, currency),
                bound=bound,
                proof=proof,
            )
        )
    else:
        lines += [proof, *result.blocking]
    if result.detail.get("interrupted"):
        lines.append(word("interrupted"))
    lines.extend(outcome.notes)
    if outcome.robustness is not None:
        lines += ["", *outcome.robustness.summary(lang).splitlines()]
    if outcome.curve is not None:
        lines.append("")
        curve = [
            [f"{c.sites:.0f}", f"{c.value:,.0f}", f"{c.bound:,.0f}"]
            for c in outcome.curve.itertuples()
        ]
        heads = [word("curve_sites"), word("curve_value"), word("curve_bound")]
        lines += columns_text([heads, *curve], right=(0, 1, 2))
    return "\n".join(lines)


def cities_suggestion_text(found: CitiesSuggestion, *, lang: str, currency: str = "") -> str:
    """How many sites go to which city, what is proved of it, then the sites of each.

    Parameters
    ----------
    found : for several cities. lang : ``"zh"`` or ``"en"``. currency : as in `suggestion_text`.
    """
    speaker, shared = Speaker(lang), found.shared
    heads = [speaker.say("outputs.col_city")]
    heads += [speaker.say(f"study.curve_{name}") for name in ("sites", "value", "bound")]
    rows = [
        [str(city), f"{row['sites']:.0f}", f"{row['value']:,.0f}", f"{row['bound']:,.0f}"]
        for city, row in shared.table.iterrows()
    ]
    lines = columns_text([heads, *rows], right=(1, 2, 3))
    bound = "-" if shared.bound is None else f"{shared.bound:,.0f}"
    told = speaker.say(f"cities.shared_{shared.status}")
    lines.append(
        speaker.say("cities.suggested", value=f"{shared.value:,.0f}", bound=bound, proof=told)
    )
    lines += found.left_out.values()
    for city, outcome in found.outcomes.items():
        lines += ["", city, suggestion_text(outcome, lang=lang, currency=currency)]
    if found.curve is not None:
        curve = [[f"{n:,.0f}" for n in row] for row in found.curve.itertuples(index=False)]
        lines += ["", *columns_text([heads[1:], *curve], right=(0, 1, 2))]
    return "\n".join(lines)


def _unit(outcome: SitingOutcome, speaker: Speaker, currency: str) -> str:
    """What the value of an objective counts."""
    if outcome.objective == "min_cost":
        return speaker.currency(currency)
    key = f"study.unit_{outcome.objective}"
    if outcome.objective in ("p_median", "p_center"):
        after = outcome.coverage_after
        key += f"_{'m' if after is None else after.standard.unit}"
    return speaker.say(key)

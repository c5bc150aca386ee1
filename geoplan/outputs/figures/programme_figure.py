"""Money and people of a plan in time, year by year."""

from __future__ import annotations

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, StrMethodFormatter

from geoplan.outputs import palette
from geoplan.outputs.figures.sheet import BOLD, WIDTH_IN
from geoplan.results import RunResults, ServiceResult
from geoplan.words.speaker import Speaker
from geoplan.words.text_format import clean


def programme_figure(results: RunResults, service: ServiceResult, speaker: Speaker) -> Figure:
    """Capital and running money by year above, people served and all people below."""
    assert service.programme is not None
    table = service.programme.by_year
    figure = Figure(figsize=(WIDTH_IN, 2.75), facecolor="white", layout="constrained")
    FigureCanvasAgg(figure)
    money, people = figure.subplots(2, 1, sharex=True, height_ratios=[1.0, 1.25])
    name = clean(service.name(speaker.lang))
    title = speaker.say("figures.title_programme", service=name)
    money.set_title(title, loc="left", fontsize=9.5, path_effects=BOLD, pad=8)
    x = np.arange(len(table))
    large = 10_000 if speaker.lang == "zh" else 1_000
    unit = speaker.currency(results.info.currency)
    spent = float(table[["cost", "running_cost"]].to_numpy(float).max(initial=0.0))
    priced = large if spent >= 10 * large else 1
    counted = large if not float(table["total"].max()) < 10 * large else 1
    for k, column in enumerate(("cost", "running_cost")):
        money.bar(
            x + (k - 0.5) * 0.34,
            table[column] / priced,
            width=0.32,
            color=(palette.SUGGESTED, palette.MUTED)[k],
            label=speaker.say(f"figures.programme_{column}"),
        )
    money.set_ylabel(_label("money", priced, speaker, unit=unit))
    money.yaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    money.legend(frameon=False, fontsize=7.5, ncols=2, loc="upper left", bbox_to_anchor=(0, 1.02))
    money.margins(y=0.42)
    people.bar(
        x,
        table["total"] / counted,
        width=0.6,
        color=palette.HAIRLINE,
        label=speaker.say("figures.programme_total"),
    )
    people.bar(
        x,
        table["served"] / counted,
        width=0.6,
        color=palette.COVERED,
        label=speaker.say("figures.programme_served"),
    )
    for at, (served, share) in enumerate(zip(table["served"], table["share"], strict=True)):
        if np.isfinite(share):
            people.annotate(
                f"{share:.1%}",
                (at, served / counted),
                ha="center",
                va="bottom",
                fontsize=7.5,
                xytext=(0, 1.5),
                textcoords="offset points",
            )
    people.set_ylabel(_label("people", counted, speaker))
    people.set_xticks(x, [str(year) for year in table.index])
    people.yaxis.set_major_locator(MaxNLocator(nbins=5))
    people.yaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    people.margins(y=0.3)
    people.legend(frameon=False, fontsize=7.5, ncols=2, loc="upper left", bbox_to_anchor=(0, 1.02))
    for ax in (money, people):
        for side in ("top", "right"):
            ax.spines[side].set_visible(False)
        ax.grid(axis="y", color=palette.HAIRLINE, lw=0.6)
        ax.set_axisbelow(True)
        ax.tick_params(length=0)
    return figure


def _label(what: str, factor: int, speaker: Speaker, **values: str) -> str:
    """The label of an axis, in ones or in large units."""
    return speaker.say(f"figures.programme_{what}{'' if factor > 1 else '_ones'}", **values)

"""How robust a plan is: the siting problem drawn anew many times, every plan tried in each draw.

Walking speed and what people put up with, how many people live where, and which of today's sites
close are not known exactly. Each draw changes them within given limits, solves the problem
again under the planner's own constraints, and measures what today's plan would cover. Everything
follows from the seed.
"""

from __future__ import annotations

from dataclasses import replace

from geoplan.errors import UsageError
from geoplan.results import Robustness
from geoplan.study.assess.assess_service import assess_service
from geoplan.study.read.context import Context
from geoplan.study.read.load import load_inputs, refuse_blocked
from geoplan.study.read.networks import modes_of, read_networks
from geoplan.study.settings import StudySettings, known_services
from geoplan.study.sites.monte_carlo import DrawSettings, Uncertainty
from geoplan.study.sites.robustness_of_plan import COVERING, robustness_of
from geoplan.study.sites.suggest_sites import suggest_sites


def robustness(
    study: StudySettings,
    service: str,
    *,
    redraws: int = 100,
    reach_cv: float = 0.1,
    people_cv: float = 0.1,
    closure_share: float = 0.02,
    seed: int = 0,
    workers: int = 2,
) -> Robustness:
    """Draw one service's siting problem anew `redraws` times.

    Reach alone is measured, not full sites, since nobody knows the capacities of a draw.

    Parameters
    ----------
    study : its service must ask for sites by ``max_coverage`` or ``min_sites``; the draws then
        place as many sites as the plan has, under the same constraints (least distance, areas).
    service : key.
    redraws : number of draws.
    reach_cv, people_cv, closure_share : see `geoplan.study.sites.monte_carlo.Uncertainty`.
    seed : everything follows from it, as long as no draw needs the 20 s that it may take.
    workers : number of threads; it does not change the result.

    Returns
    -------
    Robustness

    Raises
    ------
    InputError
        A file cannot be used at all.
    UsageError
        The service has no such siting problem, or an option makes no sense.

    Notes
    -----
    Regret of a draw = people whom its best plan covers - people whom the plan covers in it
    (minimax regret: Savage 1951). A draw's best plan need not be proved: `draws` has its bound.

    Examples
    --------
    >>> from geoplan.study import example_study
    >>> found = robustness(example_study(), "meal_station", redraws=4, seed=1)
    >>> len(found.draws), float(found.draws["regret"].max())
    (4, 0.0)
    >>> found.critical[["name", "people"]].to_dict("index")
    {'M1': {'name': 'First', 'people': 150.0}}
    """
    known_services(study, [service])
    config = study.config
    siting = config.services[service].siting
    if siting is None or siting.objective not in COVERING:
        raise UsageError(
            'robustness needs siting = { objective = "max_coverage", sites = N } or "min_sites" '
            f"for the service {service!r}."
        )
    inputs = load_inputs(config, study.folder, services=[service])
    refuse_blocked(inputs, config.speaker)
    networks = read_networks(config, study.folder, modes=modes_of(config, [service]))
    context = Context(config=config, inputs=inputs, networks=networks)
    assessed = assess_service(context, service)
    # no curve here, and the draws come below
    plain = siting.model_copy(update={"curve": False, "robustness": 0})
    outcome = suggest_sites(context, assessed, plain)
    settings = DrawSettings(
        redraws=redraws,
        uncertainty=Uncertainty(
            reach_cv=reach_cv, people_cv=people_cv, closure_share=closure_share
        ),
        seed=seed,
        workers=workers,
    )
    return robustness_of(context, replace(assessed, siting=outcome), siting, settings)


__all__ = ["Robustness", "robustness"]

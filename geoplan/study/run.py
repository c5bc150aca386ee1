"""One run of a study: read, assess, suggest sites; each stage reported and timed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import partial

from geoplan.inputs.findings.finding import Assumption, Finding, assumptions
from geoplan.network.graph.network import NetworkData
from geoplan.results import ReportForm, RunResults, ServiceResult, SitingOutcome, StudyInfo
from geoplan.study.assess.assess_service import (
    assess_service,
    equity_of,
    with_reach_of_suggested,
)
from geoplan.study.assess.background import background_layers
from geoplan.study.assess.breakdown import with_breakdowns, with_gaps
from geoplan.study.assess.journeys import with_journeys
from geoplan.study.assess.people_in_reach import people_in_reach
from geoplan.study.assess.published_figures import figures_table
from geoplan.study.beside.process import OtherProcess, other_process
from geoplan.study.beside.room import is_worth_it
from geoplan.study.beside.share import Pieces, work_off
from geoplan.study.cache.outputs import KeptOutputs
from geoplan.study.cache.stages import StageCache
from geoplan.study.cluster import tiles
from geoplan.study.cluster.link import Cluster, linked
from geoplan.study.cluster.tasks import worked_out
from geoplan.study.cluster.tiles import spread_on
from geoplan.study.config.schema import ServiceSection, StudyFile
from geoplan.study.plan import Plan
from geoplan.study.programme.plan_years import programmes, services_with_actions
from geoplan.study.progress import Progress, Stages
from geoplan.study.read.context import Context
from geoplan.study.read.load import StudyInputs, load_inputs, refuse_blocked
from geoplan.study.read.networks import StudyNetwork, StudyNetworks, modes_of, try_networks
from geoplan.study.read.report_template import unusable_template
from geoplan.study.read.start_beside import edges_of, edges_of_files, start_beside
from geoplan.study.robustness import with_robustness
from geoplan.study.run_facts import run_facts
from geoplan.study.settings import StudySettings
from geoplan.study.sites.assumptions import new_sites_unlimited, siting_assumptions
from geoplan.study.sites.budget import with_funds
from geoplan.study.sites.covering_problem import StudyProblem
from geoplan.study.sites.covers import site_covers
from geoplan.study.sites.shared_buildings import shared_sites
from geoplan.study.sites.suggest_sites import suggest_sites
from geoplan.words.message import Message
from geoplan.words.speaker import Speaker


def run_study(
    study: StudySettings,
    keys: list[str],
    *,
    audience: str,
    scheduler: str | None,
    progress: Progress,
    cache: bool = False,
) -> Plan:
    """Plan `keys` of `study`; see `Study.run`."""
    study.require_streets()
    config, speaker = _of_run(study.config, keys), study.config.speaker
    kept = StageCache.of(config, study.folder, enabled=cache)
    sited = sum(_has_siting(config.services[key]) for key in keys)
    stages = Stages(total=2 + len(keys) + sited, progress=progress)
    with (
        linked(scheduler, tell=partial(_tell, stages, speaker)) as cluster,
        other_process() as other,
    ):
        beside = other if cluster is None and len(keys) > 1 else None
        inputs, networks = _read(study, keys, stages, kept, beside=beside)
        context = Context(config=config, folder=study.folder, inputs=inputs, networks=networks)
        if cluster is not None:
            services = _plan_on_cluster(context, keys, stages, cluster, kept)
        else:
            services = _plan_all(context, keys, stages, other, kept)
    if config.shared_buildings is not None:
        with stages.stage("shared_buildings", speaker.say("study.shared_stage"), steps=0):
            services = with_shared_sites(context, services)
    if acting := services_with_actions(context, keys):
        with stages.stage("programme", speaker.say("study.programme_stage"), steps=0):
            planned = {key: services[key] for key in acting}
            plans = kept.programme(planned, lambda: programmes(context, planned), run=keys)
        services |= {key: replace(planned[key], programme=plan) for key, plan in plans.items()}
    services = with_funds(context, services)
    info = StudyInfo(
        name=(config.lang == "en" and config.study.name_en) or config.study.name,
        crs=config.study.crs,
        lang=config.lang,
        synthetic=config.study.synthetic,
        map_approval_no=config.study.map_approval_no,
        suppress_below=config.study.suppress_below,
        audience=audience,
        data_date=config.study.data_date,
        source=config.study.source,
        currency=config.study.currency,
        report=report_form(study),
    )
    results = RunResults(
        info=info,
        inputs=inputs.records,
        findings=inputs.findings_frame(),
        set_aside=inputs.set_aside(),
        areas=inputs.areas,
        services=services,
        figures=kept.figures(services, lambda: figures_table(context, services)),
        background=background_layers(context.inputs.background, context.networks),
        run=run_facts(study, inputs.records, stages, cluster),
        assumed=_assumed(inputs.findings, services),
    )
    outputs = KeptOutputs(
        store=kept.store,
        key=kept.run_key(keys),
        results=results,
        services=kept.service_keys(keys),
        plans=kept.plan_keys(keys),
    )
    return Plan(results=results, inputs=inputs, kept=outputs)


def suggest_sites_of(
    study: StudySettings, key: str, *, progress: Progress, cache: bool = True
) -> ServiceResult:
    """One service with suggested sites; nothing is drawn, listed or merged that only files show.

    What a run of the whole study has kept of its streets and inputs is used.
    """
    study.require_streets()
    config = _of_run(study.config, [key])
    kept = StageCache.of(config, study.folder, enabled=cache)
    stages = Stages(total=4, progress=progress)
    inputs, networks = _read(study, [key], stages, kept, whole=True)
    context = Context(config=config, folder=study.folder, inputs=inputs, networks=networks)
    name, say = context.standard(key).name(context.lang), context.speaker.say

    def work() -> ServiceResult:
        with stages.stage(f"coverage.{key}", say("study.stage_coverage", service=name)):
            assessed = assess_service(context, key, drawn=False)
        with stages.stage(f"siting.{key}", say("study.stage_siting", service=name)):
            return with_sites(context, assessed, drawn=False)

    return kept.suggestion(key, work)


def _read(
    study: StudySettings,
    keys: list[str],
    stages: Stages,
    kept: StageCache,
    *,
    whole: bool = False,
    beside: OtherProcess | None = None,
) -> tuple[StudyInputs, Mapping[str, StudyNetwork]]:
    """Inputs and networks of `keys`.

    whole : those of all services, if they are kept, do as well.
    beside : what will plan services, too: it starts while networks and inputs are read.
    """
    config, speaker = _of_run(study.config, keys), study.config.speaker
    modes = modes_of(config, keys)
    wanted = None if _all(study, keys) else keys
    if whole and kept.has_read(every := modes_of(config, list(study.services))):
        modes, wanted = every, None

    def read_streets() -> StudyNetworks:
        edges = edges_of_files(config, study.folder, modes)
        start_beside(beside, config, keys, edges=edges)
        return try_networks(config, study.folder, modes=modes)

    with stages.stage("networks", speaker.say("study.stage_networks")):
        read = kept.networks(modes, read_streets)

    def load() -> StudyInputs:
        start_beside(beside, config, keys, edges=edges_of(read.networks))
        streets = read.streets
        return load_inputs(config, study.folder, services=wanted, streets=streets, beside=beside)

    with stages.stage("inputs", speaker.say("study.stage_inputs")):
        inputs = kept.inputs(wanted, load)
        # what only outputs look at is tried apart from the inputs, which may have been kept
        tried = unusable_template(config, study.folder)
        inputs = replace(inputs, findings=(*inputs.findings, *tried))
        # faults of the files come before those of the network
        refuse_blocked(inputs, speaker)
    networks = read.read()
    records = (*inputs.records, *read.records)
    findings = (*study.findings, *inputs.findings, *read.findings(study.file.name, speaker))
    return replace(inputs, records=records, findings=findings), networks


def _of_run(config: StudyFile, keys: list[str]) -> StudyFile:
    """The settings of a run of `keys`: services that share buildings are planned all or alone."""
    section = config.shared_buildings
    if section is None or set(section.services) <= set(keys):
        return config
    return config.model_copy(update={"shared_buildings": None})


def report_form(study: StudySettings) -> ReportForm:
    """What ``[report]`` says; the day of the run where it names no date."""
    asked = study.config.report
    return ReportForm(
        template=str(study.folder / asked.template) if asked.template else "",
        office=asked.office,
        date=(asked.date or date.today()).isoformat(),
        pdf=asked.pdf,
    )


def plan_service(context: Context, key: str) -> ServiceResult:
    """One service from coverage to gaps; one task of a cluster worker."""
    return finished(context, with_sites(context, assess_service(context, key)))


def with_sites(context: Context, assessed: ServiceResult, *, drawn: bool = True) -> ServiceResult:
    """`assessed` with suggested sites and their robustness, where the study asks for sites.

    drawn : with what maps need to try other sites.
    """
    siting = context.config.services[assessed.key].siting
    together = context.config.shared_buildings
    if siting is None or assessed.coverage is None or assessed.facilities is None:
        return replace(assessed, covers=site_covers(context, assessed))
    if together is not None and assessed.key in together.services:
        return assessed  # all of them at once, see `with_shared_sites`
    outcome, problem = suggest_sites(context, assessed, siting)
    return _with_outcome(context, assessed, outcome, problem, drawn=drawn)


def with_shared_sites(
    context: Context, services: dict[str, ServiceResult]
) -> dict[str, ServiceResult]:
    """The services, those of ``[shared_buildings]`` with the sites that they get together."""
    section = context.config.shared_buildings
    assert section is not None
    planned = dict(services)
    for key, outcome in shared_sites(context, section, services).items():
        planned[key] = finished(context, _with_outcome(context, services[key], outcome, None))
    return planned


def _with_outcome(
    context: Context,
    assessed: ServiceResult,
    outcome: SitingOutcome,
    problem: StudyProblem | None,
    *,
    drawn: bool = True,
) -> ServiceResult:
    """`assessed` with its suggested sites, and what follows from them alone."""
    siting = context.config.services[assessed.key].siting
    assert siting is not None
    outcome = replace(outcome, unlimited=new_sites_unlimited(assessed, siting))
    assumed = (*assessed.assumed, *siting_assumptions(context, assessed, siting, outcome))
    assessed = replace(assessed, assumed=assumed)
    if problem is not None:
        outcome = with_robustness(context, assessed, outcome, problem)
    if not drawn:
        return replace(assessed, siting=outcome)
    suited = None if problem is None else problem.candidates
    covers = site_covers(context, replace(assessed, siting=outcome), suited)
    assessed = replace(assessed, covers=covers)
    if outcome.coverage_after is None:
        return replace(assessed, siting=outcome)
    after = {f"{k}_after": v for k, v in equity_of(context, outcome.coverage_after).items()}
    return replace(assessed, siting=outcome, equity={**assessed.equity, **after})


def finished(context: Context, planned: ServiceResult) -> ServiceResult:
    """What follows from coverage and suggested sites together."""
    planned = replace(planned, in_reach=people_in_reach(context, planned))
    planned = with_reach_of_suggested(context, planned)
    return with_journeys(context, with_gaps(context, with_breakdowns(context, planned)))


def _tell(stages: Stages, speaker: Speaker, message: Message) -> None:
    """Say what goes on in a cluster."""
    stages.progress(stages.done, stages.total, message.text(speaker.lang))


def _plan_all(
    context: Context, keys: list[str], stages: Stages, other: OtherProcess, kept: StageCache
) -> dict[str, ServiceResult]:
    """Every service, those that take longest first where two processes share them."""
    found = {key: kept.kept_service(key) for key in keys}
    planned = {key: service for key, service in found.items() if service is not None}
    left = [key for key in keys if key not in planned]

    def here(key: str) -> None:
        planned[key] = kept.service(key, partial(_plan_in_stages, context, key, stages))
        siting = planned[key].siting
        if len(keys) > 1 and siting is not None and siting.result.detail.get("interrupted"):
            raise KeyboardInterrupt  # a run that somebody stops ends; a single service has its best

    def done(key: str, worked: _Elsewhere) -> None:
        planned[key] = worked.planned
        name = context.standard(key).name(context.lang)
        text = context.speaker.say("study.stage_coverage", service=name)
        stages.take(worked.seconds, worked.peak_mb, text)

    if len(left) > 1 and is_worth_it(edges_of(context.networks)):
        other.start()
        left.sort(key=partial(_work_of, context), reverse=True)
    work_off(
        Pieces(names=left, here=here, there=_planned_there, shared=(context, kept), done=done),
        other,
    )
    stages.put_last(f"{stage}.{key}" for key in keys for stage in ("coverage", "siting"))
    return {key: planned[key] for key in keys}


@dataclass(frozen=True, slots=True)
class _Elsewhere:
    """A service that the other process has planned, with its seconds and memory by stage."""

    planned: ServiceResult
    seconds: Mapping[str, float]
    peak_mb: Mapping[str, float]


def _planned_there(shared: tuple[Context, StageCache], key: str) -> _Elsewhere:
    """A service in the other process, kept as here."""
    context, kept = shared
    stages = Stages(total=0)
    planned = kept.service(key, partial(_plan_in_stages, context, key, stages))
    return _Elsewhere(planned, stages.seconds, stages.peak_mb)


def _work_of(context: Context, key: str) -> tuple[bool, int]:
    """About how much work a service is, to compare: searches for sites, then places of people."""
    section = context.config.services[key]
    demand = context.inputs.demand.get(str(section.demand or context.standard(key).group))
    return section.siting is not None, 0 if demand is None else len(demand.frame)


def _plan_on_cluster(
    context: Context, keys: list[str], stages: Stages, cluster: Cluster, kept: StageCache
) -> dict[str, ServiceResult]:
    if len(keys) > 1 or not _is_large(context, keys[0]):
        return _on_cluster(context, keys, stages, cluster, kept)
    context = replace(context, spread=spread_on(cluster, context.speaker))
    work = partial(_plan_in_stages, context, keys[0], stages)
    return {keys[0]: kept.service(keys[0], work)}


def _plan_in_stages(context: Context, key: str, stages: Stages) -> ServiceResult:
    """`plan_service`, each of its stages reported and timed."""
    name, say = context.standard(key).name(context.lang), context.speaker.say
    with stages.stage(f"coverage.{key}", say("study.stage_coverage", service=name)):
        assessed = assess_service(context, key)
    if not _has_siting(context.config.services[key]):
        return finished(context, with_sites(context, assessed))
    with stages.stage(f"siting.{key}", say("study.stage_siting", service=name)):
        return finished(context, with_sites(context, assessed))


def _is_large(context: Context, key: str) -> bool:
    """Whether the one service of a run is better cut into tiles than sent as it is."""
    chosen = context.networks.get(str(context.standard(key).mode))
    network = None if chosen is None else chosen.network
    return isinstance(network, NetworkData) and network.n_edges >= tiles.LEAST_EDGES


def _on_cluster(
    context: Context, keys: list[str], stages: Stages, cluster: Cluster, kept: StageCache
) -> dict[str, ServiceResult]:
    """Every service by a worker of the cluster, but for those that an earlier run has kept."""
    name = {key: context.standard(key).name(context.lang) for key in keys}
    found = {key: kept.kept_service(key) for key in keys}
    done = {key: service for key, service in found.items() if service is not None}
    left = [key for key in keys if key not in done]
    with stages.stage("cluster", cluster.address, steps=0):
        for key, planned in worked_out(
            cluster, plan_service, context, left, title=name.__getitem__
        ):
            done[key] = kept.service(key, partial(_same, planned))
            stages.done += 1 + _has_siting(context.config.services[key])
            _tell(stages, context.speaker, cluster.state(len(done), len(keys)))
    return {key: done[key] for key in keys}


def _same(planned: ServiceResult) -> ServiceResult:
    return planned


def _assumed(
    findings: tuple[Finding, ...], services: Mapping[str, ServiceResult]
) -> tuple[Assumption, ...]:
    """What files and services assume, each once, the services' numbers first."""
    of_services = (one for service in services.values() for one in service.assumed)
    return tuple(dict.fromkeys((*of_services, *assumptions(findings))))


def _has_siting(service: ServiceSection) -> bool:
    return service.siting is not None


def _all(study: StudySettings, keys: list[str]) -> bool:
    return set(keys) == set(study.services)

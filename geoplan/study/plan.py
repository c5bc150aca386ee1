"""`Plan`: all results of a run, to look at, to map and to save."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import geopandas as gpd
import pandas as pd

from geoplan import outputs
from geoplan.coverage.ledger import Coverage
from geoplan.disclosure import edition
from geoplan.errors import UnknownServiceError, UsageError
from geoplan.results import RunResults, ServiceResult
from geoplan.services.standard import ServiceStandard
from geoplan.study.cache.outputs import KeptOutputs
from geoplan.study.progress import Progress, chosen
from geoplan.study.read.load import StudyInputs
from geoplan.study.run_folder import Basemap, write_run_folder
from geoplan.study.service_names import listed, service_key
from geoplan.validate import takes
from geoplan.words import say
from geoplan.words.display import completes, facts_html

if TYPE_CHECKING:
    import folium

T = TypeVar("T")


class ByService(dict[str, T]):
    """Results by service key, found by name too; the error for a missing one names those there are.

    Parameters
    ----------
    found : the results. of : all services of the run, with their names and its language.
    """

    def __init__(self, found: Mapping[str, T], of: RunResults) -> None:
        super().__init__(found)
        self._of = of

    def __missing__(self, key: str) -> T:
        named = _key(self._of, key)
        if named in self:
            return self[named]
        there = {one: self._of.services[one].standard for one in self}
        lang = self._of.info.lang
        raise UnknownServiceError(
            say(lang, "study.none_of_kind", key=repr(key), there=listed(there, lang))
        )


def _standards(results: RunResults) -> dict[str, ServiceStandard]:
    return {key: service.standard for key, service in results.services.items()}


def _key(results: RunResults, named: str | None) -> str:
    """The key of the service that is meant; of a run's only service nothing need be said."""
    standards, lang = _standards(results), results.info.lang
    if named is None and len(standards) == 1:
        return next(iter(standards))
    if named is None:
        raise UsageError(say(lang, "study.which_service", there=listed(standards, lang)))
    key = service_key(named, standards)
    if key is None:
        there = listed(standards, lang)
        raise UnknownServiceError(say(lang, "study.not_in_run", key=repr(named), there=there))
    return key


@completes(
    "coverage",
    "gaps",
    "in_language",
    "infeasible",
    "input_errors",
    "map",
    "results",
    "save",
    "services",
    "sites",
    "summary",
    "table",
    "to_dict",
)
@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Plan:
    """All results of one run.

    Parameters
    ----------
    results : the values behind every output.
    inputs : the inputs as they were read (for `findings.xlsx`).
    kept : the outputs of these results that the cache has, if any.

    Examples
    --------
    >>> from geoplan.study import example_study
    >>> plan = example_study().run()
    >>> plan.coverage["meal_station"].by_area("district")[["name", "total", "served"]]
              name  total  served
    district
    1         West  200.0   150.0
    2         East   80.0     0.0
                     10.0     0.0
    >>> plan.gaps["meal_station"][["people", "cause", "remedy"]]
       people        cause    remedy
    ...
    """

    results: RunResults
    inputs: StudyInputs
    kept: KeptOutputs | None = None

    @property
    def lang(self) -> str:
        """``"zh"`` or ``"en"``."""
        return self.results.info.lang

    @property
    def services(self) -> Mapping[str, ServiceResult]:
        """Everything found, by service key."""
        return ByService(self.results.services, self.results)

    @property
    def coverage(self) -> Mapping[str, Coverage]:
        """Coverage by service key, for the services that people reach."""
        found = {k: s.coverage for k, s in self.results.services.items()}
        return ByService({k: c for k, c in found.items() if c is not None}, self.results)

    @property
    def gaps(self) -> Mapping[str, gpd.GeoDataFrame]:
        """Ranked gap areas by service key."""
        found = {k: s.gaps for k, s in self.results.services.items()}
        return ByService({k: g for k, g in found.items() if g is not None}, self.results)

    @property
    def sites(self) -> Mapping[str, gpd.GeoDataFrame]:
        """Suggested sites by service key."""
        found = {k: s.siting for k, s in self.results.services.items()}
        return ByService({k: s.sites for k, s in found.items() if s is not None}, self.results)

    @property
    def input_errors(self) -> int:
        """Findings about the inputs that are errors; their rows are set aside."""
        return int((self.results.findings["severity"] == "error").sum())

    @property
    def infeasible(self) -> tuple[str, ...]:
        """What blocks a solution, for services whose siting problem or programme has none."""
        texts = []
        for key, service in self.results.services.items():
            if service.programme is not None and service.programme.status == "infeasible":
                blocking = "\n  ".join(service.programme.blocking)
                texts.append(f"{service.name(self.lang)} ({key}): {blocking}")
            if service.siting is not None and service.siting.result.status == "infeasible":
                blocking = "\n  ".join(service.siting.result.blocking)
                texts.append(f"{service.name(self.lang)} ({key}): {blocking}")
        return tuple(texts)

    @property
    def interrupted(self) -> bool:
        """Whether Ctrl-C ended a search for sites before its time."""
        found = [s.siting for s in self.results.services.values() if s.siting is not None]
        return any(siting.result.detail.get("interrupted", False) for siting in found)

    def summary(self) -> str:
        """The headline numbers as text, in the plan's language.

        Returns
        -------
        str

        Examples
        --------
        >>> from geoplan.study import example_study
        >>> print(example_study().run().summary())
        Small
        ...
        """
        return outputs.summary_text(self.results, self.lang)

    def to_dict(self) -> dict[str, Any]:
        """What `summary.json` holds: plain JSON types, people as whole numbers.

        Returns
        -------
        dict with ``study``, ``inputs``, ``services`` and ``figures``.

        Examples
        --------
        >>> from geoplan.study import example_study
        >>> summary = example_study().run().to_dict()
        >>> summary["services"]["meal_station"]["people"]["served"]
        150
        """
        return outputs.summary_dict(self._edition())

    @takes(name="text", lang="text?")
    def table(self, name: str, *, lang: str | None = None, numbers: bool = False) -> pd.DataFrame:
        """One table as people read it: headings in words, numbers as text or to calculate with.

        Parameters
        ----------
        name : as its file under ``tables/`` is called: ``"services"``, ``"meal_station_gaps"``, ...
        lang : of the headings, ``"zh"`` or ``"en"``; default the plan's.
        numbers : numbers stay numbers, shares between 0 and 1; missing ones are missing.

        Returns
        -------
        DataFrame, rows numbered from 1.

        Raises
        ------
        UsageError
            There is no such table; the message lists those there are.

        Examples
        --------
        >>> from geoplan.study import example_study
        >>> example_study().run().table("meal_station_sites").iloc[0]["People newly covered"]
        '80'
        """
        if lang is not None:
            self._known_language(lang)
        return outputs.formatted_table(
            self._edition(), name, lang=lang or self.lang, numbers=numbers
        )

    @takes(service="text?")
    def map(self, service: str | None = None, **options: Any) -> folium.Map:
        """The map of one service; shows in Jupyter without internet.

        Parameters
        ----------
        service : its key or its name in either language; a run of one service needs none.
        options : ``lang``; ``basemap`` (None, ``"osm"``, ``"tianditu"``, a folder of tiles, or an
            address with ``{z}``, ``{x}``, ``{y}``) and ``tianditu_key``, your own key for 天地图.

        Returns
        -------
        folium.Map
            One self-contained page (WGS 84 inside); ``save(path)`` writes it.

        Raises
        ------
        UsageError
            For a service that is not in this run, or none where it has several.

        Examples
        --------
        >>> from geoplan.study import example_study
        >>> page = example_study().run().map("meal_station").get_root().render()
        >>> 'src="http' in page  # nothing is loaded from elsewhere
        False
        """
        key = _key(self.results, service)
        if options.get("lang") is not None:
            self._known_language(options["lang"])
        return outputs.service_map(self._edition(), key, **options)

    @takes(folder="path", basemap="text?", tianditu_key="text?")
    def save(
        self,
        folder: str | Path,
        *,
        progress: Progress | Literal[False] | None = None,
        basemap: str | None = None,
        tianditu_key: str | None = None,
    ) -> Path:
        """Write the run's folder: summary, report, maps, figures, layers, tables, findings.

        All of it appears together or not at all: it is written beside `folder` and renamed.

        Parameters
        ----------
        folder : where the run goes; an earlier run there gives way, other files never do.
        progress : called with (done, total, text); default a bar in Jupyter, False for none.
        basemap : what lies under the maps, as for `map`; None = nothing, and no request ever.
        tianditu_key : the user's own key for 天地图; it then stands in the map files.

        Returns
        -------
        Path
            The folder.

        Raises
        ------
        UsageError
            When `folder` holds something that is no run, or cannot be written.

        Examples
        --------
        >>> from geoplan.study import example_study
        >>> study = example_study()
        >>> folder = study.run().save(study.folder / "out")
        >>> sorted(path.name for path in folder.glob("*.*"))
        ['findings.xlsx', 'layers.gpkg', 'layers.qgz', 'report.docx', 'report.html', 'run.json',
         'summary.json', 'tables.xlsx']
        """
        return write_run_folder(
            Path(folder),
            self._edition(),
            self.inputs,
            basemap=Basemap(name=basemap, tianditu_key=tianditu_key),
            progress=chosen(progress),
            # a search that somebody ended leaves nothing for the next run
            kept=self.kept if basemap is None and not self.interrupted else None,
        )

    def _edition(self) -> RunResults:
        """The results as the plan's audience may see them: the same for every output."""
        return edition(self.results, audience=self.results.info.audience)

    @takes(lang="text")
    def in_language(self, lang: str) -> Plan:
        """The same results in another language (causes and names are kept as keys).

        Parameters
        ----------
        lang : ``"zh"`` or ``"en"``.

        Returns
        -------
        Plan

        Raises
        ------
        UsageError
            A language that is none of these.

        Examples
        --------
        >>> from geoplan.study import example_study
        >>> example_study().run().in_language("zh").lang
        'zh'
        """
        self._known_language(lang)
        info = replace(self.results.info, lang=lang)
        return replace(self, results=replace(self.results, info=info))

    def _known_language(self, lang: str) -> None:
        if lang not in ("zh", "en"):
            raise UsageError(say(self.lang, "study.no_lang", lang=repr(lang)))

    def __repr__(self) -> str:
        told = [
            f"{key} {coverage.covered_share:.1%}{_then(self.results.services[key])}"
            for key, coverage in self.coverage.items()
        ]
        return f"Plan({self.results.info.name}: {', '.join(told)})"

    def _repr_html_(self) -> str:
        facts: list[tuple[str, object]] = []
        for service in self.results.services.values():
            if service.coverage is not None:
                ledger = service.coverage.ledger
                done, total, unit = ledger.served, ledger.total, say(self.lang, "common.people")
            elif service.spacing is not None:
                spacing = service.spacing
                done, total, unit = spacing.covered_m / 1000, spacing.total_m / 1000, "km"
            else:
                continue
            share = f" ({done / total:.1%}{_then(service)})" if total > 0 else ""
            facts.append((service.name(self.lang), f"{done:,.0f} / {total:,.0f} {unit}{share}"))
        return facts_html(self.results.info.name, facts)


def _then(service: ServiceResult) -> str:
    """The share covered after the plan, behind that of today."""
    siting = service.siting
    if siting is None or siting.sites.empty:
        return ""
    return f" → {siting.people_after.covered_share:.1%}"

"""`Plan`: all results of a run, to look at, to map and to save."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import geopandas as gpd
import pandas as pd

from geoplan import outputs
from geoplan.coverage.ledger import Coverage
from geoplan.disclosure import edition
from geoplan.errors import UnknownServiceError, UsageError
from geoplan.results import RunResults, ServiceResult
from geoplan.study.cache.outputs import KeptOutputs
from geoplan.study.progress import Progress, silent
from geoplan.study.read.load import StudyInputs
from geoplan.study.run_folder import Basemap, write_run_folder
from geoplan.words import say
from geoplan.words.display import completes, facts_html

if TYPE_CHECKING:
    import folium

T = TypeVar("T")


class ByService(dict[str, T]):
    """Results by service key; the error for a missing key names those there are."""

    def __missing__(self, key: str) -> T:
        known = ", ".join(self) or "-"
        raise UnknownServiceError(f"no service {key!r} here; there are: {known}.")


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
        return ByService(self.results.services)

    @property
    def coverage(self) -> Mapping[str, Coverage]:
        """Coverage by service key, for the services that people reach."""
        found = {k: s.coverage for k, s in self.results.services.items()}
        return ByService({k: c for k, c in found.items() if c is not None})

    @property
    def gaps(self) -> Mapping[str, gpd.GeoDataFrame]:
        """Ranked gap areas by service key."""
        found = {k: s.gaps for k, s in self.results.services.items()}
        return ByService({k: g for k, g in found.items() if g is not None})

    @property
    def sites(self) -> Mapping[str, gpd.GeoDataFrame]:
        """Suggested sites by service key."""
        found = {k: s.siting for k, s in self.results.services.items()}
        return ByService({k: s.sites for k, s in found.items() if s is not None})

    @property
    def input_errors(self) -> int:
        """Findings about the inputs that are errors; their rows are set aside."""
        return int((self.results.findings["severity"] == "error").sum())

    @property
    def infeasible(self) -> tuple[str, ...]:
        """What blocks a solution, for services whose siting problem has none."""
        texts = []
        for key, service in self.results.services.items():
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

    def table(self, name: str) -> pd.DataFrame:
        """One table as people read it: headings in the plan's language, numbers as text.

        To calculate, take `coverage`, `gaps` and `sites` instead.

        Parameters
        ----------
        name : as its file under ``tables/`` is called: ``"services"``, ``"meal_station_gaps"``, ...

        Returns
        -------
        DataFrame of text, rows numbered from 1.

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
        return outputs.formatted_table(self._edition(), name, lang=self.lang)

    def map(self, key: str, **options: Any) -> folium.Map:
        """The map of one service; shows in Jupyter without internet.

        Parameters
        ----------
        key : service key.
        options : ``lang``; ``basemap`` (None, ``"osm"``, ``"tianditu"``, a folder of tiles, or an
            address with ``{z}``, ``{x}``, ``{y}``) and ``tianditu_key``, your own key for 天地图.

        Returns
        -------
        folium.Map
            One self-contained page (WGS 84 inside); ``save(path)`` writes it.

        Raises
        ------
        UsageError
            For a key that is not in this run.

        Examples
        --------
        >>> from geoplan.study import example_study
        >>> page = example_study().run().map("meal_station").get_root().render()
        >>> 'src="http' in page  # nothing is loaded from elsewhere
        False
        """
        if key not in self.results.services:
            known = ", ".join(self.results.services) or "-"
            raise UsageError(f"no service {key!r} in this run; there are: {known}.")
        if options.get("lang") not in (None, "zh", "en"):
            raise UsageError(f"lang must be 'zh' or 'en', not {options['lang']!r}.")
        return outputs.service_map(self._edition(), key, **options)

    def save(
        self,
        folder: str | Path,
        *,
        progress: Progress = silent,
        basemap: str | None = None,
        tianditu_key: str | None = None,
    ) -> Path:
        """Write the run's folder: summary, report, maps, figures, layers, tables, findings.

        All of it appears together or not at all: it is written beside `folder` and renamed.

        Parameters
        ----------
        folder : where the run goes; an earlier run there gives way, other files never do.
        progress : called with (done, total, text).
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
        ['findings.xlsx', 'layers.gpkg', 'report.docx', 'report.html', 'run.json', 'summary.json',
         'tables.xlsx']
        """
        kept = None
        if self.kept is not None and basemap is None:
            kept = partial(self.kept.write, self.results)
        return write_run_folder(
            Path(folder),
            self._edition(),
            self.inputs,
            basemap=Basemap(name=basemap, tianditu_key=tianditu_key),
            progress=progress,
            kept=kept,
        )

    def _edition(self) -> RunResults:
        """The results as the plan's audience may see them: the same for every output."""
        return edition(self.results, audience=self.results.info.audience)

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
        if lang not in ("zh", "en"):
            raise UsageError(f"lang must be 'zh' or 'en', not {lang!r}.")
        info = replace(self.results.info, lang=lang)
        return replace(self, results=replace(self.results, info=info))

    def __repr__(self) -> str:
        served = ", ".join(f"{k} {c.covered_share:.1%}" for k, c in self.coverage.items())
        return f"Plan({self.results.info.name}: {served})"

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
            share = f" ({done / total:.1%})" if total > 0 else ""
            facts.append((service.name(self.lang), f"{done:,.0f} / {total:,.0f} {unit}{share}"))
        return facts_html(self.results.info.name, facts)

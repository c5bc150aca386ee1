"""What assessing any service and suggesting its sites needs: settings, layers, networks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from geoplan.inputs.layers import Demand
from geoplan.network.search.cost_tiles import Spread
from geoplan.services.standard import ServiceStandard
from geoplan.study.config.cross_checks import standard_of
from geoplan.study.config.schema import StudyFile
from geoplan.study.read.load import StudyInputs
from geoplan.study.read.networks import StudyNetwork
from geoplan.words.speaker import Speaker


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Context:
    """What assessing any service and suggesting its sites needs.

    folder : where the study's paths start from.
    spread : works out travel costs in tiles; None: over one network, at once.
    """

    config: StudyFile
    folder: Path
    inputs: StudyInputs
    networks: Mapping[str, StudyNetwork]
    spread: Spread | None = None

    @property
    def lang(self) -> str:
        """The study's language."""
        return self.config.lang

    @property
    def speaker(self) -> Speaker:
        """Writes in the study's language."""
        return Speaker(self.lang)

    def standard(self, key: str) -> ServiceStandard:
        """The standard of one service, with the study's own figures."""
        return standard_of(key, self.config.services[key])

    def demand(self, key: str) -> Demand:
        """The people that one service is for."""
        wanted = self.config.services[key].demand or self.standard(key).group
        return self.inputs.demand[str(wanted)]

    def people_names(self, key: str) -> dict[str, str]:
        """What the people that one service is for are called, by language."""
        section = self.config.demand[self.demand(key).key]
        names = {"zh": section.name, "en": section.name_en}
        return {lang: name for lang, name in names.items() if name}

    def network(self, mode: str | None) -> StudyNetwork:
        """The network of `mode`."""
        return self.networks[str(mode)]

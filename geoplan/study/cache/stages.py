"""The stages of a run that are kept, each under a key of all it depends on.

Networks depend on their section and files; inputs on these, on every file that the study names and
on the settings that reading looks at; a service on the inputs, its own section and all settings
that are no other service's; a plan in time on the services that act; the outputs on everything, the
maps and figures of a service on what is its own and on what stands on every page. A setting that is
not known to be of no use to a stage counts. Where the study lies does not: files count by what the
settings call them and by what they hold, and nothing that is kept names a folder of the machine, so
that a study that was copied or moved finds what it had.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import pandas as pd

from geoplan.results import Programme, ServiceResult
from geoplan.study.cache.fingerprint import FileDigests, code_key, environment_key, key_of
from geoplan.study.cache.store import Store
from geoplan.study.config.schema import StudyFile
from geoplan.study.read.load import StudyInputs
from geoplan.study.read.networks import StudyNetworks

T = TypeVar("T")

#: of a service's `siting`, what only solving looks at
_SOLVING = frozenset(
    {"objective", "sites", "budget", "share", "max_candidates", "min_distance_m"}
    | {"phases", "years", "time_limit_s", "gap", "curve", "robustness"}
    | {"closable", "backup", "full_within_m", "full_within_min", "alternatives", "tiers"}
)
#: of a service's `standard`, what only assessing looks at
_ASSESSING = frozenset({"threshold_m", "threshold_min"})
#: sections that only the outputs look at
_SHOWN = frozenset({"report"})
#: sections that no network looks at
_NO_STREETS = _SHOWN | {
    *("status", "areas", "demand", "services", "programme", "shared_buildings"),
    *("background", "figures"),
}


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class StageCache:
    """The kept stages of one study; see the module's first lines.

    Parameters
    ----------
    store : where values are kept.
    config, folder : the study as it is run.
    marks : of the study's files before the first key was made.
    """

    store: Store
    config: StudyFile
    folder: Path
    marks: Mapping[str, Any] | None = None
    _keys: dict[str, Any] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, config: StudyFile, folder: Path, *, enabled: bool) -> StageCache:
        """The user's cache, or one that keeps nothing."""
        store = Store.of_user() if enabled else Store(folder=None)
        marks = None if store.folder is None else _marks(config, folder)
        return cls(store=store, config=config, folder=folder, marks=marks)

    def networks(self, modes: Iterable[str], read: Callable[[], StudyNetworks]) -> StudyNetworks:
        """The networks of `modes`; those that could not be read are not kept."""
        key = self._once("networks", lambda: self._networks_key(list(modes)))
        return self.store.reused(key, read, keep=lambda found: not found.errors and self._holds())

    def inputs(self, services: list[str] | None, read: Callable[[], StudyInputs]) -> StudyInputs:
        """All layers; those that cannot be used are not kept. After `networks`."""
        key = self._once("inputs", lambda: self._inputs_key(services, self._keys.get("networks")))
        return self.store.reused(key, read, keep=lambda found: not found.blocking and self._holds())

    def service(self, key: str, work: Callable[[], ServiceResult]) -> ServiceResult:
        """All about a service; a search that somebody ended is not kept. After `inputs`."""
        named = self._once(f"service.{key}", lambda: self._service_key(key))
        return self.store.reused(named, work, keep=self._may_keep)

    def kept_service(self, key: str) -> ServiceResult | None:
        """All about a service, if it is kept. After `inputs`."""
        named = self._once(f"service.{key}", lambda: self._service_key(key))
        return self.store.found(named)

    def suggestion(self, key: str, work: Callable[[], ServiceResult]) -> ServiceResult:
        """A service with suggested sites alone. After `inputs`."""
        named = self._service_key(key)
        return self.store.reused(
            None if named is None else key_of("suggestion", named), work, keep=self._may_keep
        )

    def has_read(self, modes: Iterable[str]) -> bool:
        """Whether the networks of `modes`, and with them all inputs, are kept."""
        networks = None if self.store.folder is None else self._networks_key(list(modes))
        inputs = None if networks is None else self._inputs_key(None, networks)
        return inputs is not None and all(
            self.store.path(key).exists() for key in (networks, inputs) if key is not None
        )

    def programme(
        self,
        services: Mapping[str, ServiceResult],
        work: Callable[[], dict[str, Programme]],
        *,
        run: list[str],
    ) -> dict[str, Programme]:
        """The plans in time of the `services` that act. After all of the `run`."""
        together = self.config.shared_buildings is not None  # sites of all the run
        make = self.run_key if together else self._programme_key
        named = self._once("programme", lambda: make(run if together else list(services)))
        named = None if named is None else key_of("programme", named)
        return self.store.reused(named, work, keep=lambda _: self._may_keep(*services.values()))

    def figures(
        self, services: Mapping[str, ServiceResult], work: Callable[[], pd.DataFrame]
    ) -> pd.DataFrame:
        """Published figures beside those of all the run's `services`. After all of these."""
        named = self.run_key(list(services))
        named = None if named is None else key_of("figures", named)
        return self.store.reused(named, work, keep=lambda _: self._may_keep(*services.values()))

    def run_key(self, services: list[str]) -> str | None:
        """A key of all that the results of a run of `services` depend on. After `inputs`."""
        inputs = self._keys.get("inputs")
        files = None if inputs is None else FileDigests(self.folder).named_in(self._settings())
        if (
            inputs is None
            or files is None
            or not self._holds()
            or any(f"service.{s}" not in self._keys for s in services)
        ):
            return None
        return key_of("run", inputs, services, self._settings(), files)

    def service_keys(self, services: list[str]) -> dict[str, str]:
        """Per service a key of all that its own results depend on, but for its plan in time.

        After all stages. Services whose results hold something of others have none.
        """
        if not self._holds():
            return {}
        found = {}
        for service in services:
            own = self._keys.get(f"service.{service}")
            fund = self.config.services[service].fund
            if own is not None and fund is None and self.config.shared_buildings is None:
                found[service] = own
        return found

    def plan_keys(self, services: list[str]) -> dict[str, str]:
        """A key of their plan in time for the services that act. After all stages."""
        named, sections = self._keys.get("programme"), self.config.services
        if not self._holds():
            return {}
        return {key: named for key in services if named and sections[key].actions is not None}

    def _holds(self) -> bool:
        """Whether no file was written since: what was read is of the content in the keys."""
        return self.marks == _marks(self.config, self.folder)

    def _may_keep(self, *planned: ServiceResult) -> bool:
        """Whether no search was ended by somebody, and no file was written meanwhile."""
        return all(map(_is_whole, planned)) and self._holds()

    def _once(self, name: str, make: Callable[[], str | None]) -> str | None:
        if self.store.folder is None:
            return None
        if name not in self._keys:
            self._keys[name] = make()
        return self._keys[name]

    def _settings(self) -> dict[str, Any]:
        return _settings(self.config)

    def _networks_key(self, modes: list[str]) -> str | None:
        settings = self._settings()
        of_use = {name: value for name, value in settings.items() if name not in _NO_STREETS}
        files = FileDigests(self.folder).named_in(of_use)
        if files is None:
            return None
        return key_of("networks", code_key(), environment_key(), modes, of_use, files)

    def _inputs_key(self, services: list[str] | None, networks: str | None) -> str | None:
        settings = self._settings()
        of_use = {name: value for name, value in settings.items() if name not in _SHOWN}
        files = FileDigests(self.folder).named_in(of_use)
        if networks is None or files is None:
            return None
        of_use["services"] = {
            key: read_of(section) for key, section in settings["services"].items()
        }
        return key_of("inputs", networks, services, of_use, files)

    def _service_key(self, key: str) -> str | None:
        inputs = self._keys.get("inputs")
        return None if inputs is None else key_of("service", inputs, key, self._settings_of([key]))

    def _programme_key(self, services: list[str]) -> str | None:
        found = [self._keys.get(f"service.{service}") for service in services]
        if None in found:
            return None
        return key_of("programme", services, found, self._settings_of(services))

    def _settings_of(self, services: list[str]) -> dict[str, Any]:
        """All settings that `services` are planned by; of the others what reading looks at."""
        settings = self._settings()
        of_use = {name: value for name, value in settings.items() if name not in _SHOWN}
        of_use["services"] = {
            key: section if key in services else read_of(section)
            for key, section in settings["services"].items()
        }
        return of_use


def read_of(section: dict[str, Any]) -> dict[str, Any]:
    """A service's section without what only assessing and solving look at."""
    kept = dict(section)
    for name, left_out in (("siting", _SOLVING), ("standard", _ASSESSING)):
        if isinstance(kept.get(name), dict):
            kept[name] = {k: v for k, v in kept[name].items() if k not in left_out}
    return kept


def _settings(config: StudyFile) -> dict[str, Any]:
    return config.model_dump(mode="json", exclude_none=True)


def _marks(config: StudyFile, folder: Path) -> Mapping[str, Any] | None:
    return FileDigests(folder).marks_in(_settings(config))


def _is_whole(planned: ServiceResult) -> bool:
    """Whether no search was ended by somebody."""
    siting = planned.siting
    return siting is None or not siting.result.detail.get("interrupted")

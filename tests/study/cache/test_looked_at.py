"""No stage looks at a setting that its key leaves out, whatever the setting."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from geoplan.study import Study
from geoplan.study.cache import stages
from geoplan.study.cache.stages import StageCache
from geoplan.study.config.schema import Section, StudyFile
from geoplan.study.config.siting_section import SitingSection

STAGES = ("networks", "inputs", "service", "figures")


@pytest.fixture
def looked_at(monkeypatch: pytest.MonkeyPatch) -> dict[str, set[tuple[str, str]]]:
    """By stage the sections and keys that it looks at."""
    seen: dict[str, set[tuple[str, str]]] = {stage: set() for stage in STAGES}
    under_way: list[str] = []

    def watched(kind: type[Section]) -> None:
        plain = kind.__getattribute__

        def get(self: Any, name: str) -> Any:
            if under_way and name in kind.model_fields:
                seen[under_way[-1]].add((kind.__name__, name))
            return plain(self, name)

        monkeypatch.setattr(kind, "__getattribute__", get)

    def noted(stage: str) -> None:
        plain = getattr(StageCache, stage)

        def within(work: Callable[[], Any]) -> Callable[[], Any]:
            def worked() -> Any:
                under_way.append(stage)
                try:
                    return work()
                finally:
                    under_way.pop()

            return worked

        def staged(self: StageCache, what: Any, work: Callable[[], Any], **more: Any) -> Any:
            return plain(self, what, within(work), **more)

        monkeypatch.setattr(StageCache, stage, staged)

    for kind in (StudyFile, SitingSection):
        watched(kind)
    for stage in STAGES:
        noted(stage)
    return seen


def test_what_a_stage_looks_at_is_in_its_key(
    small_folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    looked_at: dict[str, set[tuple[str, str]]],
) -> None:
    monkeypatch.setenv("GEOPLAN_CACHE", str(tmp_path / "kept"))
    Study.open(small_folder).run()
    left_out = {
        "networks": {"StudyFile": stages._NO_STREETS},
        "inputs": {"StudyFile": stages._SHOWN, "SitingSection": stages._SOLVING},
        "service": {"StudyFile": stages._SHOWN},
    }
    for stage, by_kind in left_out.items():
        wrong = {(kind, key) for kind, key in looked_at[stage] if key in by_kind.get(kind, ())}
        assert not wrong, stage
    assert ("StudyFile", "network") in looked_at["networks"]
    assert ("SitingSection", "candidates") in looked_at["inputs"]
    assert ("SitingSection", "objective") in looked_at["service"]

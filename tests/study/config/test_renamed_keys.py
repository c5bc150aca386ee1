"""A key of study.toml under its old name works, and `check` and `run` warn of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from geoplan.cli.commands import main
from geoplan.study import Study
from geoplan.study.config.renamed_keys import with_new_keys

SITING = 'siting = { objective = "max_coverage", sites = 1, curve = false, robustness = 0, %s }'
NEW = SITING % 'min_sites_per_area = { "2" = 1 }'
OLD = SITING % 'per_area_minimum = { "2" = 1 }'
WARNINGS = {
    "en": "per_area_minimum is now called min_sites_per_area",
    "zh": "per_area_minimum 已改名为 min_sites_per_area",
}


def study_with(folder: Path, siting: str) -> Path:
    file = folder / "study.toml"
    lines = file.read_text(encoding="utf-8").splitlines()
    lines = [siting if line.startswith("siting =") else line for line in lines]
    file.write_text("\n".join(lines), encoding="utf-8")
    return folder


def test_the_old_name_gives_the_plan_of_the_new_one(small_folder: Path) -> None:
    new = Study.open(study_with(small_folder, NEW))
    old = Study.open(study_with(small_folder, OLD))
    assert old.config == new.config
    assert old.findings
    assert not new.findings
    plan = old.run()
    assert list(plan.sites["meal_station"].index) == ["n3"]
    [warning] = [f for f in plan.results.findings.itertuples() if f.code == "renamed_key"]
    assert (warning.file, warning.severity) == ("study.toml", "warning")
    line = (small_folder / "study.toml").read_text(encoding="utf-8").splitlines()[warning.row - 1]
    assert "per_area_minimum" in line


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("command", ["check", "run"])
def test_check_and_run_warn_in_both_languages(
    small_folder: Path, capsys: pytest.CaptureFixture[str], command: str, lang: str
) -> None:
    with pytest.raises(SystemExit) as left:
        main([command, str(study_with(small_folder, OLD)), "--lang", lang])
    assert left.value.code == 0
    told = capsys.readouterr()
    assert WARNINGS[lang] in told.out + told.err


def test_where_both_names_stand_the_new_one_counts() -> None:
    both = {"per_area_minimum": {"a": 1}, "min_sites_per_area": {"a": 2}}
    raw = {"services": {"clinic": {"siting": both}}, "study": {"name": "x"}}
    read = with_new_keys(raw)
    assert read["services"]["clinic"]["siting"] == {"min_sites_per_area": {"a": 2}}
    assert raw["services"]["clinic"]["siting"] is both
    assert with_new_keys({"services": 3}) == {"services": 3}

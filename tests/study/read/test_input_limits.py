"""``[limits]`` of a study hold while its files are read; a whole run needs no net."""

from __future__ import annotations

import dataclasses
import re
import socket

import pytest

from geoplan.errors import InputError, StudyFileError
from geoplan.inputs.files.gate.limits import Limits, current_limits
from geoplan.study import example_study
from geoplan.study.config.schema import LimitsSection


def test_the_section_has_a_key_for_each_limit():
    assert set(LimitsSection.model_fields) == {one.name for one in dataclasses.fields(Limits)}


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_file_beyond_a_limit_of_the_study_is_told_with_the_key_that_raises_it(lang):
    study = example_study().replace({"limits.rows": 5, "study.lang": lang})
    found = [f for f in study.check().findings if f.code == "unusable"]
    assert {f.file for f in found} == {"people.csv"}
    assert "[limits]" in found[0].problem
    told = re.search(r"rows = (\d+)", found[0].problem).group(1)
    with pytest.raises(InputError, match="rows = "):
        study.run()
    assert study.replace({"limits.rows": int(told)}).check().demand["elderly_60"].total == 290
    assert current_limits() == Limits()


def test_streets_and_layers_beside_others_pass_the_same_gate():
    study = example_study().replace({"limits.file_mb": 0.001})
    found = {f.file for f in study.check().findings if "file_mb" in f.problem}
    assert found


@pytest.mark.parametrize("value", [0, -1, "many", float("nan")])
def test_a_limit_is_a_number_above_0(value):
    with pytest.raises(StudyFileError, match="limits"):
        example_study().replace({"limits.rows": value})


def test_a_whole_run_opens_no_socket(tmp_path, monkeypatch):
    def refuse(*_, **__):
        raise AssertionError("a socket was opened")

    for name in ("socket", "create_connection", "getaddrinfo", "gethostbyname"):
        monkeypatch.setattr(socket, name, refuse)
    example_study().run().save(tmp_path / "out")
    assert (tmp_path / "out" / "summary.json").exists()

"""One city of a finished run of several is not replaced alone."""

from __future__ import annotations

import json

import pytest

from geoplan.errors import UsageError
from geoplan.writing import claimed


def test_a_city_inside_a_finished_whole_is_not_replaced(tmp_path):
    record = {"settings": {"include": [{"name": "Alpha"}]}}
    (tmp_path / "run.json").write_text(json.dumps(record), encoding="utf-8")
    with pytest.raises(UsageError, match="part of the results"), claimed(tmp_path / "Alpha"):
        pass
    with claimed(tmp_path / "Gamma"):
        pass

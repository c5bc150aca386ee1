"""Cases of middle size, up to 500 x 110, against integer programs of our own."""

from __future__ import annotations

import numpy as np
import pytest

from tests.siting.oracle.by_milp import truth_by_milp
from tests.siting.oracle.choices import truth
from tests.siting.oracle.generator import draw
from tests.siting.oracle.judge import differences


@pytest.mark.parametrize("seed", range(26))
def test_the_two_oracles_agree(seed: int) -> None:
    case = draw(seed)
    true, by_milp = truth(case), truth_by_milp(case)
    assert by_milp.status == true.status
    assert by_milp.value == pytest.approx(true.value, rel=1e-6, nan_ok=True)
    if true.worst is not None and np.isfinite(true.worst):
        assert by_milp.worst == pytest.approx(true.worst, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("seed", [2, 4, 7, 9, 13, 16, 23, 37, 39])
def test_no_program_has_a_better_answer(seed: int) -> None:
    case = draw(seed, middle=True)
    assert differences(case, case.ask(), truth_by_milp(case)) == []

"""The run on a Dask cluster gives what the run in this process gives."""

from __future__ import annotations

from pathlib import Path

import pytest

from geoplan.errors import GeoplanError
from geoplan.study import Study

distributed = pytest.importorskip("distributed", reason="the extra 'cluster' is not installed")


@pytest.mark.filterwarnings("ignore")  # Dask's own ports, event loops and workers
def test_a_worker_in_another_process_plans_the_same(small_folder: Path) -> None:
    study = Study.open(small_folder)
    here = study.run().to_dict()
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=1, processes=True, dashboard_address=None
    ) as cluster:
        there = study.run(scheduler=cluster.scheduler_address).to_dict()
    for summary in (here, there):
        for service in summary["services"].values():
            service["siting"].pop("seconds")
    assert there == here


@pytest.mark.filterwarnings("ignore")
def test_a_cluster_that_is_not_there(small_folder: Path) -> None:
    with pytest.raises(GeoplanError, match=r"127\.0\.0\.1:1"):
        Study.open(small_folder).run(scheduler="tcp://127.0.0.1:1")

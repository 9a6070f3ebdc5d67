"""The whole of the real data on three brokers."""

import json

import pytest

import programs
from cluster import Cluster
from stream_runs import StreamRuns, start_registry, stop_registry

SERIES, DAYS = 30_490, 1_941
REPLAY_SECONDS, VERIFY_SECONDS = 1500, 900


@pytest.fixture(scope="module")
def runs(tillstream, m5_dir, tmp_path_factory):
    folder = tmp_path_factory.mktemp("m5")
    cluster = Cluster(folder / "kafka", 3, **programs.PROMPT)
    registry = start_registry(tillstream, folder)
    try:
        cluster.start()
        yield StreamRuns(tillstream, m5_dir, cluster.bootstrap, registry.url)
    finally:
        cluster.stop()
        stop_registry(registry)


def test_the_whole_of_m5_arrives_once_and_in_order(runs, count):
    done = runs.tillstream.check(*runs.arguments("--json"), timeout=REPLAY_SECONDS)
    summary = json.loads(done.stdout)
    assert summary["events_written"] == SERIES * DAYS
    verified = runs.tillstream.check("verify", "--data", runs.data, *runs.where(), "--complete",
                                     "--json", timeout=VERIFY_SECONDS)
    stores = json.loads(verified.stdout)
    assert sum(store["events_equal"] for store in stores) == SERIES * DAYS
    for kind in ("different", "missing", "repeated", "foreign"):
        assert sum(store[f"events_{kind}"] for store in stores) == 0, stores
    count(f"kafka: M5 on three brokers, {SERIES * DAYS:,} events each once and in order, "
          f"{summary['seconds']:.0f} s to write")

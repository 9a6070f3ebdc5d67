"""Fixtures of the tests that drive the binary against real brokers: one broker, our own registry,
a small dataset, for all tests of a file."""

import pytest

import programs
from cluster import Cluster
from stream_runs import StreamRuns, start_registry, stop_registry

STORES, ITEMS, DAYS = 3, 200, 300


@pytest.fixture(scope="module")
def bootstrap(tmp_path_factory):
    cluster = Cluster(tmp_path_factory.mktemp("kafka"), 1, **programs.PROMPT)
    try:
        cluster.start()
        yield cluster.bootstrap
    finally:
        cluster.stop()


@pytest.fixture(scope="module")
def registry(tillstream, tmp_path_factory):
    folder = tmp_path_factory.mktemp("registry")
    server = start_registry(tillstream, folder)
    yield server.url
    stop_registry(server)


@pytest.fixture(scope="module")
def runs(tillstream, bootstrap, registry, tmp_path_factory):
    data = tmp_path_factory.mktemp("data")
    tillstream.check("synth", "--out", data, "--stores", STORES, "--items", ITEMS, "--days", DAYS,
                     "-q")
    return StreamRuns(tillstream, data, bootstrap, registry)

"""One cluster for all tests of this folder."""

import os
import pathlib

import pytest

import compose_cluster

SOURCE = pathlib.Path(os.environ.get("TILLSTREAM_SOURCE", pathlib.Path(__file__).parents[3]))


@pytest.fixture(scope="session")
def compose_file():
    return SOURCE / "deploy" / "compose.yaml"


@pytest.fixture(scope="session")
def cluster(tmp_path_factory, compose_file):
    """The brokers of compose.yaml."""
    cluster = compose_cluster.ComposeCluster(tmp_path_factory.mktemp("compose") / "c", compose_file,
                                             TILLSTREAM_SPEED="max")
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.stop()

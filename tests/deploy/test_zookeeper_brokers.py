"""The brokers and the ZooKeeper server of compose.zookeeper.yaml, as running/test_brokers.py has
those of compose.yaml."""

import os
import pathlib

import pytest

from brokers import check_both_listeners, check_settings
from compose_zookeeper import ZooKeeperComposeCluster

SOURCE = pathlib.Path(os.environ.get("TILLSTREAM_SOURCE", pathlib.Path(__file__).parents[2]))


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    cluster = ZooKeeperComposeCluster(tmp_path_factory.mktemp("compose") / "c",
                                      SOURCE / "deploy" / "compose.zookeeper.yaml")
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.stop()


def test_each_broker_has_the_settings_of_the_file_and_no_others(cluster, count):
    compared = check_settings(cluster)
    count(f"deploy: {compared} settings of three brokers as in compose.zookeeper.yaml")


def test_internal_and_external_clients_work_at_once(cluster):
    check_both_listeners(cluster)

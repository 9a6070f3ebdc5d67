"""src/kafka against three brokers: its promises, and a writer while each broker in turn is killed."""

import pytest

import programs
from cluster import Cluster


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    cluster = Cluster(tmp_path_factory.mktemp("kafka"), 3, **programs.PROMPT)
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.stop()


def test_the_log_on_three_brokers_keeps_its_promises(cluster, count):
    kept = programs.promises_kept(cluster.bootstrap)
    count(f"kafka: {kept} promises of the log kept on three real brokers")


@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_writer_goes_on_when_a_broker_is_killed(cluster, number, count):
    stream = programs.Stream(cluster.bootstrap, f"killed-{number}", blocks=300, block_events=1000,
                             sync_blocks=10)
    process = stream.start()
    assert process.stdout.readline() == "begins at 0\n"
    node = cluster.nodes[number - 1]
    node.kill()
    stream.finish(process)
    node.launch()
    node.wait_ready(len(cluster.nodes))
    aborted = stream.check(f"broker {number}")
    assert aborted == 0
    count(f"kafka: broker {number} of 3 killed, {stream.event_count} events read once each")

"""--metrics on Kafka: marks of transactions are no lag, and a broker that stands still (SIGSTOP) is a
stall of the replay and of the consumer until it goes on."""

import pathlib
import signal
import sys

import pytest

import programs
from cluster import Cluster
from conftest import DAYS, ITEMS, STORES

sys.path.append(str(pathlib.Path(__file__).parents[1]))
from scraping import served, wait_until  # noqa: E402

EVENTS = STORES * ITEMS * DAYS


@pytest.fixture(scope="module")
def broker(tmp_path_factory):
    cluster = Cluster(tmp_path_factory.mktemp("kafka"), 1, **programs.PROMPT)
    try:
        cluster.start()
        yield cluster.nodes[0]
    finally:
        cluster.nodes[0].signal(signal.SIGCONT)
        cluster.stop()


@pytest.fixture(scope="module")
def bootstrap(broker):
    return broker.bootstrap


def of_partitions(reader, name):
    """A gauge's values, one a partition."""
    values, _ = reader.metrics()
    return [value for (each, _), value in values.items() if each == f"tillstream_consume_{name}"]


def test_a_broker_that_stands_still_is_a_stall_until_it_goes_on(runs, broker, count):
    runs = runs.on("metrics")
    replay = runs.arguments("--speed", "2d/s", "--commit", "1000,100ms", "--stalled-after", 2)
    consume = ["consume", *runs.where(), "-g", "watch", "--sink", "count", "--stalled-after", 2]
    with served(runs.tillstream, *replay) as run:
        wait_until(lambda: run.value("tillstream_replay_position_events", store="CA_1"), "events")
        with served(runs.tillstream, *consume) as reader:
            wait_until(lambda: reader.value("tillstream_consume_read_records_total"), "records")
            run.wait_for_state("ok")
            reader.wait_for_state("ok")
            broker.signal(signal.SIGSTOP)
            stalled = run.wait_for_state("stalled")
            assert "no progress for" in stalled["reason"], stalled
            reader.wait_for_state("stalled")
            broker.signal(signal.SIGCONT)
            run.wait_for_state("ok")
            reader.wait_for_state("ok")
            # Long before its end, on however slow a machine; the rest at once.
            assert run.end(signal.SIGTERM)[0] == 143, run.said
            runs.replay()
            wait_until(lambda: reader.value("tillstream_consume_read_records_total") == EVENTS,
                       "all events")
            wait_until(lambda: all(row["lag"] == 0 for row in runs.positions("-g", "watch")),
                       "the group's positions")
            # That nothing stands behind the last record, it knows once it has asked again.
            wait_until(lambda: of_partitions(reader, "lag_records") == [0] * STORES, "no lag")
            # The last mark stands behind the last record.
            assert sum(of_partitions(reader, "end_offset")) > sum(
                of_partitions(reader, "position_offset")) > EVENTS
            # It stays ok at the end, where nothing comes any more.
            reader.wait_for_state("ok")
            assert reader.end(signal.SIGTERM)[0] == 143, reader.said
    count(f"kafka: metrics of {EVENTS:,} events, a broker stopped meanwhile is a stall and no more")

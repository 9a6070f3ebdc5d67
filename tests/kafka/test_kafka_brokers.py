"""Three brokers that are killed, or restarted all at once, while a run goes on: it ends by itself,
and nothing is lost or doubled. Brokers forget idempotent producers as soon as they may: with event
times of years ago that is at each look."""

import random
import subprocess

import pytest

import programs
from cluster import Cluster
from kafka import KafkaConsumer
from kafka.admin import KafkaAdminClient
from stream_runs import StreamRuns, ended, start_registry, stop_registry, wait_for_line

STORES, ITEMS, DAYS = 3, 100, 300
EVENTS = STORES * ITEMS * DAYS
# Some ten seconds of streaming, in transactions of 200 ms.
OPTIONS = ("--speed", "40d/s", "--commit", "1000000,200ms")
# A broker that is gone is noticed sooner than after nine seconds.
FORGETFUL = {"producer.id.expiration.ms": 100, "producer.id.expiration.check.interval.ms": 50,
             "broker.session.timeout.ms": 3000, "broker.heartbeat.interval.ms": 500}


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    cluster = Cluster(tmp_path_factory.mktemp("kafka"), 3, **programs.PROMPT, **FORGETFUL)
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.stop()


@pytest.fixture(scope="module")
def runs(tillstream, cluster, tmp_path_factory):
    data, folder = tmp_path_factory.mktemp("data"), tmp_path_factory.mktemp("registry")
    tillstream.check("synth", "--out", data, "--stores", STORES, "--items", ITEMS, "--days", DAYS,
                     "-q")
    server = start_registry(tillstream, folder)
    yield StreamRuns(tillstream, data, cluster.bootstrap, server.url)
    stop_registry(server)


def leader_of(cluster, topic):
    """The number of the broker that leads the first partition."""
    admin = KafkaAdminClient(bootstrap_servers=cluster.bootstrap.split(","))
    try:
        return admin.describe_topics([topic])[0]["partitions"][0]["leader_id"]
    finally:
        admin.close()


def finish(runs, process, context):
    code, _, err = ended(process)
    assert code == 0, f"{context}: {err[-3000:]}"
    assert runs.assert_complete(context) == EVENTS, context
    return err.count("; goes on from what is committed")


def test_a_run_goes_on_when_brokers_are_killed(runs, cluster, full, count):
    kills = 20 if full else 2
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    reopened = 0
    for kill in range(kills):
        on = runs.on(f"killed-{kill}")
        process = on.start(*OPTIONS)
        wait_for_line(process.stderr, "streaming")
        # In turn the leader of a store's partition and of the transactions' coordinators.
        topic = "__transaction_state" if kill % 2 else on.topic
        node = cluster.nodes[leader_of(cluster, topic) - 1]
        context = f"seed {seed}, kill {kill + 1}: broker {node.number}, leader of {topic}"
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(chance.uniform(0.1, 2))
        node.kill()
        try:
            reopened += finish(on, process, context)
        finally:
            node.launch()
            node.wait_ready(len(cluster.nodes))
    count(f"kafka: {kills} kills of one of 3 brokers, each in a run of {EVENTS:,} events, all "
          f"there once; {reopened} writers opened again")


def test_a_run_goes_on_when_all_brokers_are_restarted(runs, cluster, count):
    on = runs.on("restarted")
    process = on.start(*OPTIONS)
    wait_for_line(process.stderr, "streaming")
    wait_for_events(on)
    for node in cluster.nodes:
        node.kill()
    for node in cluster.nodes:
        node.launch()
    for node in cluster.nodes:
        node.wait_ready(len(cluster.nodes))
    reopened = finish(on, process, "restarted")
    count(f"kafka: all 3 brokers restarted in a run of {EVENTS:,} events, all there once; "
          f"{reopened} writers opened again")


def wait_for_events(runs):
    consumer = KafkaConsumer(runs.topic, bootstrap_servers=runs.bootstrap.split(","),
                             auto_offset_reset="earliest", enable_auto_commit=False)
    try:
        next(consumer)
    finally:
        consumer.close()

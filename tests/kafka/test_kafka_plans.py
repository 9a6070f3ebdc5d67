"""Partition plans on a real broker: what is where, crashes, groups, and Kafka's own partitioner."""

import collections
import json
import random
import subprocess

import pytest
from kafka import KafkaConsumer, TopicPartition
from kafka.admin import KafkaAdminClient, NewTopic

from cluster import BROKER_JVM, java
from conftest import DAYS, ITEMS, STORES
from stream_runs import kill_while_they_run

EVENTS = STORES * ITEMS * DAYS
STORE_IDS = ["CA_1", "TX_1", "WI_1"]
COMMIT_OFTEN = ("--commit", "2000,50ms")
TOOL_SECONDS = 120


@pytest.fixture(scope="module")
def classes(tmp_path_factory):
    """All stores in one class with one partition."""
    path = tmp_path_factory.mktemp("classes") / "classes.json"
    path.write_text(json.dumps(
        {"classes": [{"name": "all", "partitions": 1, "stores": STORE_IDS}]}), encoding="utf-8")
    return path


def records(runs, topic):
    """Partition, key and time of every record that was committed, a partition after the other."""
    consumer = KafkaConsumer(bootstrap_servers=runs.bootstrap, isolation_level="read_committed",
                             enable_auto_commit=False)
    found = []
    for number in sorted(consumer.partitions_for_topic(topic)):
        partition = TopicPartition(topic, number)
        consumer.assign([partition])
        consumer.seek_to_beginning()
        end = consumer.end_offsets([partition])[partition]
        while consumer.position(partition) < end:
            for batch in consumer.poll(timeout_ms=200).values():
                found += [(number, record.key.decode(), record.timestamp) for record in batch]
    consumer.close()
    return found


def assert_order_by_series(found):
    """Each series is in one partition, its days in order."""
    places = collections.defaultdict(set)
    last = {}
    for partition, key, time in found:
        places[key].add(partition)
        assert last.get(key, -1) < time, key
        last[key] = time
    assert all(len(partitions) == 1 for partitions in places.values())
    return places


def test_stores_of_a_size_share_a_partition(runs, classes):
    runs = runs.on("by-size")
    done = runs.replay("--plan", "size", "--size-classes", classes)
    assert "plan: size (all 1 partitions)" in done.stderr
    assert runs.assert_complete() == EVENTS
    found = records(runs, "by-size")
    assert len(found) == EVENTS
    assert len(assert_order_by_series(found)) == STORES * ITEMS
    assert {partition for partition, _, _ in found} == {0}
    sums, said = runs.consume()
    assert sums["events"] == EVENTS
    assert "lag: 0 events" in said
    assert runs.consume("--store", "TX_1")[0]["events"] == ITEMS * DAYS
    stands = runs.positions()
    assert [store["position"] for store in stands] == [ITEMS * DAYS] * STORES
    # The plan is the run's, also of those who do not repeat it.
    assert "everything was there already" in runs.replay().stderr


def test_a_topic_a_store_whose_partitions_get_items_by_key(runs):
    runs = runs.on("by-topic")
    runs.replay("--plan", "topic")
    assert runs.assert_complete() == EVENTS
    for store in STORE_IDS:
        places = assert_order_by_series(records(runs, f"by-topic-store-{store}"))
        assert len(places) == ITEMS
        assert set.union(*places.values()) == {0, 1, 2}
    sums, said = runs.consume()
    assert sums["events"] == EVENTS
    assert "lag: 0 events" in said
    assert runs.on("by-topic-store-CA_1").consume()[0]["events"] == ITEMS * DAYS
    assert runs.consume("--store", "TX_1")[0]["events"] == ITEMS * DAYS
    totals, _ = runs.on("by-topic-days").consume()
    assert totals["totals"] == STORES * DAYS
    # A group is given the partitions of all of them.
    assert runs.consume("-g", "all")[0]["events"] == EVENTS
    assert [store["lag"] for store in runs.positions("-g", "all")] == [0] * STORES
    # It ends with 1 when there is an error.
    runs.tillstream.check("doctor", *runs.where())


def test_keys_are_placed_as_kafkas_java_client_places_them(runs):
    runs = runs.on("placed")
    runs.replay("--plan", "topic", "--to", "d_2")
    topic = "placed-store-CA_1"
    ours = {key: partition for partition, key, _ in records(runs, topic)}
    admin = KafkaAdminClient(bootstrap_servers=runs.bootstrap)
    admin.create_topics([NewTopic("java", 3, 1)])
    admin.close()
    done = subprocess.run(
        [*java(*BROKER_JVM), "org.apache.kafka.tools.ConsoleProducer", "--bootstrap-server",
         runs.bootstrap, "--topic", "java", "--reader-property", "parse.key=true",
         "--reader-property", "key.separator=|"],
        input="".join(f"{key}|x\n" for key in ours), capture_output=True, text=True,
        timeout=TOOL_SECONDS, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    theirs = {key: partition for partition, key, _ in records(runs, "java")}
    assert len(ours) == ITEMS
    assert theirs == ours


@pytest.mark.parametrize("plan", ["size", "topic"])
def test_a_generator_that_is_killed_goes_on_exactly_once(runs, classes, full, count, plan):
    kills = 25 if full else 4
    seed = random.randrange(1 << 32)
    chance = random.Random(seed)
    options = ["--plan", plan, *COMMIT_OFTEN]
    if plan == "size":
        options += ["--size-classes", classes]
    streams = kill_while_they_run(runs, f"killed-{plan}", kills, chance, *options)
    for stream in streams:
        assert stream.assert_complete(f"seed {seed}, {stream.topic}") == EVENTS
    count(f"kafka: generators of {len(streams)} streams under --plan {plan} killed {kills} times "
          f"while they ran, verify clean")


def test_what_does_not_fit_the_plan_is_refused(runs, classes, tmp_path):
    other = runs.on("fits")
    other.replay("--to", "d_2")
    refused = other.replay("--plan", "topic", code=7)
    assert ("error: run: began with --plan store, found topic; use the options and data that the "
            "run began with, or another --log or --topic\n") in refused.stderr

    keyed = runs.on("keyed")
    admin = KafkaAdminClient(bootstrap_servers=runs.bootstrap)
    admin.create_topics([NewTopic("keyed-store-CA_1", 5, 1, topic_configs={
        "retention.ms": "-1", "segment.ms": "9000000000000"})])
    admin.close()
    refused = keyed.replay("--plan", "topic", code=1)
    assert ('error: topic "keyed-store-CA_1" has 5 partitions, the plan deals keys out to 3; begin '
            "the run with --store-partitions 5, or use another topic") in refused.stderr
    keyed.replay("--plan", "topic", "--store-partitions", "5", "--to", "d_2")

    once = runs.on("once").replay("--plan", "topic", "--positions", "idempotent", code=2)
    assert ("error: --positions: idempotent needs plan store, since a stream that is at least once "
            "needs a partition of its own; the run has plan topic\n") in once.stderr

    missing = tmp_path / "missing.json"
    missing.write_text(json.dumps({"classes": [
        {"name": "all", "partitions": 1, "stores": ["CA_1", "TX_1"]}]}), encoding="utf-8")
    refused = runs.on("lacks").replay("--plan", "size", "--size-classes", missing, code=3)
    assert f"error: {missing}: store WI_1 is in no class; give it one\n" in refused.stderr
    assert "lacks" not in runs.tillstream.check(
        "topic", "check", "-b", runs.bootstrap, "-t", "by-size", "--json").stdout


def test_a_store_that_is_added_later_takes_the_next_free_partition(runs, tillstream, tmp_path):
    before = tmp_path / "before"
    after = tmp_path / "after"
    # With more stores a synthetic dataset has those before it unchanged.
    tillstream.check("synth", "--out", before, "--stores", 3, "--items", 20, "--days", 20, "-q")
    tillstream.check("synth", "--out", after, "--stores", 4, "--items", 20, "--days", 20, "-q")
    first = type(runs)(tillstream, before, runs.bootstrap, runs.registry, "grows")
    first.replay()
    tillstream.check("topic", "create", "--data", after, "-b", runs.bootstrap, "-t", "grows",
                     "--execute")
    second = type(runs)(tillstream, after, runs.bootstrap, runs.registry, "grows")
    second.replay()
    assert second.assert_complete() == 4 * 20 * 20
    partitions = {store["store"]: store["partition"] for store in second.positions()}
    assert sorted(partitions.values()) == [0, 1, 2, 3]
    added = (set(partitions) - set(STORE_IDS)).pop()
    assert partitions[added] == 3

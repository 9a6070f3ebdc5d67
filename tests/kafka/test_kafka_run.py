"""The commands on a real broker: a run, its crashes, who may write, and groups of consumers."""

import random
import re
import signal
import subprocess

from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import KafkaAdminClient, NewTopic

from conftest import DAYS, ITEMS, STORES
from stream_runs import ended, kill_while_they_run, wait_for_line

EVENTS = STORES * ITEMS * DAYS
# Small transactions, so that a kill meets every part of one.
COMMIT_OFTEN = ("--commit", "2000,50ms")
# Long enough for a second command to come in between.
SLOWLY = ("--speed", "20d/s", "--commit", "1000000,200ms")


def read(runs, isolation):
    """How many events kafka-python finds in all partitions."""
    consumer = KafkaConsumer(bootstrap_servers=runs.bootstrap, isolation_level=isolation,
                             enable_auto_commit=False)
    partitions = [TopicPartition(runs.topic, i) for i in range(STORES)]
    consumer.assign(partitions)
    consumer.seek_to_beginning()
    ends = consumer.end_offsets(partitions)
    events = 0
    while any(consumer.position(partition) < ends[partition] for partition in partitions):
        events += sum(map(len, consumer.poll(timeout_ms=200).values()))
    consumer.close()
    return events


def test_a_run_is_the_dataset_and_a_second_one_finds_it_all_there(runs):
    runs = runs.on("whole")
    first = runs.replay()
    assert f"{EVENTS:,} events durable" in first.stderr
    assert runs.assert_complete() == EVENTS
    sums, said = runs.consume()
    assert sums["events"] == EVENTS
    assert "lag: 0 events" in said
    totals, _ = runs.on("whole-days").consume()
    assert totals["totals"] == STORES * DAYS
    assert totals["total_units"] == sums["units"]
    assert [store["position"] for store in runs.positions()] == [ITEMS * DAYS] * STORES
    assert "everything was there already" in runs.replay().stderr
    assert runs.consume()[0] == sums


def assert_once(runs, context):
    """Everything is there once; returns how many events more an uncommitted read shows."""
    assert runs.assert_complete(context) == EVENTS, context
    assert read(runs, "read_committed") == EVENTS, context
    return read(runs, "read_uncommitted") - EVENTS


def test_a_generator_that_is_killed_goes_on_exactly_once(runs, full, count):
    kills = 50 if full else 5
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    uncommitted = 0
    streams = kill_while_they_run(runs, "killed", kills, chance, *COMMIT_OFTEN)
    context = f"seed {seed}, {kills} kills"
    for stream in streams:
        uncommitted += assert_once(stream, f"{context}, {stream.topic}")
    count(f"kafka: generators of {len(streams)} streams killed {kills} times while they ran, "
          f"{EVENTS * len(streams):,} events read once each by read_committed, {uncommitted:,} "
          f"more by read_uncommitted")


def test_ctrl_c_commits_what_was_written(runs):
    runs = runs.on("stopped")
    process = runs.start(*SLOWLY)
    wait_for_line(process.stderr, "streaming")
    code, _, err = ended(process, signal.SIGINT)
    assert code == 130, err
    assert "the same command goes on from there" in err
    stands = runs.verify()
    assert all(store["events_missing"] == 0 for store in stands), stands
    runs.replay()
    assert runs.assert_complete() == EVENTS


def test_a_second_generator_of_a_store_takes_over_and_the_first_ends(runs):
    runs = runs.on("shared")
    first = runs.start(*SLOWLY)
    wait_for_line(first.stderr, "streaming")
    second = runs.start("--store", "CA_1", *SLOWLY)
    wait_for_line(second.stderr, "1 stores")
    code, _, err = ended(first)
    assert code == 7, err
    message = [line for line in err.splitlines() if line.startswith("error: ")]
    assert len(message) == 1, err
    assert re.fullmatch(
        r"error: kafka: shared-0: another writer took the stream over \(process "
        rf"{second.pid} on .*\); it goes on from the committed position, so leave it to that one, "
        r"or stop it first", message[0]), err
    assert ended(second, signal.SIGTERM)[0] == 143
    runs.replay()
    assert runs.assert_complete() == EVENTS


def test_another_dataset_is_refused_before_anything_is_written(runs, tillstream, tmp_path):
    runs = runs.on("identity")
    runs.replay("--to", "d_10")
    before = runs.consume()[0]
    tillstream.check("synth", "--out", tmp_path, "--stores", STORES, "--items", ITEMS, "--days",
                     DAYS, "--seed", 7, "-q")
    other = type(runs)(tillstream, tmp_path, runs.bootstrap, runs.registry, runs.topic)
    refused = other.replay(code=7)
    assert re.search(r"^error: run: store CA_1: .*; use the options and data that the run began "
                     r"with, or another --log or --topic$", refused.stderr, re.M), refused.stderr
    assert runs.consume()[0] == before


def test_a_group_goes_on_where_it_was_and_shares_the_partitions_out(runs):
    runs = runs.on("grouped")
    runs.replay()
    first, said = runs.consume("-g", "report", "-c", "10000")
    assert first["events"] == 10_000
    assert f"lag: {EVENTS - 10_000:,} events" in said
    stands = runs.positions("-g", "report")
    assert sum(store["read"] for store in stands) == 10_000
    rest, said = runs.consume("-g", "report")
    assert rest["events"] == EVENTS - 10_000
    assert "lag: 0 events" in said
    assert [store["lag"] for store in runs.positions("-g", "report")] == [0] * STORES

    members = [subprocess.Popen(
        [runs.tillstream.path, "consume", *runs.where(), "-g", "shared", "--sink", "count"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    try:
        _wait_until_read(runs, "shared")
        sums = [ended(member, signal.SIGTERM) for member in members]
    finally:
        for member in members:
            member.kill()
    assert [code for code, _, _ in sums] == [143, 143], sums
    assert [store["lag"] for store in runs.positions("-g", "shared")] == [0] * STORES


def _wait_until_read(runs, group):
    for _ in range(200):
        if all(store["lag"] == 0 for store in runs.positions("-g", group)):
            return
    raise AssertionError(runs.positions("-g", group))


def test_reading_needs_a_registry_and_a_topic(runs, tillstream):
    no_registry = tillstream.check("consume", "-b", runs.bootstrap, code=2)
    assert no_registry.stderr == (
        "error: --registry: needed with Kafka; tillstream schema serve is one\n")
    unknown = tillstream.check("consume", *runs.on("whole-sale").where(), "-e", code=1)
    assert re.fullmatch(r'error: kafka 127\.0\.0\.1:\d+: no topic "whole-sale"; .*\n',
                        unknown.stderr)
    both = tillstream.check("consume", "--log", "x", "-b", runs.bootstrap, code=2)
    assert both.stderr == "error: --log, -b: needed one of them\n"


def test_a_topic_with_foreign_records_is_refused(runs):
    runs = runs.on("foreign")
    admin = KafkaAdminClient(bootstrap_servers=runs.bootstrap)
    admin.create_topics([NewTopic("foreign", STORES, 1, topic_configs={
        "retention.ms": "-1", "segment.ms": "9000000000000"})])
    admin.close()
    producer = KafkaProducer(bootstrap_servers=runs.bootstrap)
    producer.send("foreign", b"not ours", partition=1).get(30)
    producer.close()
    refused = runs.replay(code=7)
    assert ("error: kafka: foreign-1: has records (offset 0) but no position; another program "
            "wrote them; use another topic\n") in refused.stderr

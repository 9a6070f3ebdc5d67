"""Streams that are at least once, on a real Kafka with ZooKeeper: their promises as a gtest program,
and a writer that is killed, stopped and replaced while ZooKeeper comes and goes. What may never
happen: an event that is missing, a position ahead of what the topic has."""

import os
import random
import re
import signal
import subprocess
import time

import pytest

import programs
from at_least_once import Stream
from lossy_proxy import LossyProxy
from zookeeper_cluster import ZooKeeperCluster

TESTS_SECONDS = 200
RATE = 10_000
BLOCK_EVENTS = 200
# A writer stores its position every second; what is in flight, and a busy machine, come on top.
INTERVAL_SECONDS = 1.0
SLACK_SECONDS = 2.0
AT_ONCE_SECONDS = 0.001
# Between its ends: sessions are 2 to 20 ticks long, and no other client has this one.
SESSION_MS = 2500


@pytest.fixture(scope="module")
def cluster(tmp_path_factory, full):
    servers = ZooKeeperCluster(tmp_path_factory.mktemp("zookeeper"), 3 if full else 1)
    try:
        servers.start()
        yield servers
    finally:
        servers.stop()


@pytest.fixture
def stream(cluster, tmp_path, request):
    """Makes streams of this test."""
    made = []

    def make(name="stream", *, seconds, positions="zookeeper", **options):
        zookeeper = cluster.zookeeper.bootstrap if positions == "zookeeper" else None
        blocks = int(seconds * RATE / BLOCK_EVENTS)
        made.append(Stream(cluster.bootstrap, zookeeper, tmp_path, f"{request.node.name}-{name}",
                           blocks=blocks, block_events=BLOCK_EVENTS, rate=RATE, **options))
        return made[-1]

    yield make
    for each in made:
        each.close()


def interval_events():
    return (INTERVAL_SECONDS + SLACK_SECONDS) * RATE


def test_promises_on_real_servers(cluster, count):
    done = subprocess.run(
        [programs.PROGRAMS / "at_least_once_server_test"], capture_output=True, text=True,
        timeout=TESTS_SECONDS, check=False,
        env={**os.environ, "TILLSTREAM_KAFKA_SERVERS": cluster.bootstrap,
             "TILLSTREAM_ZOOKEEPER": cluster.zookeeper.bootstrap})
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
    passed = int(re.search(r"\[  PASSED  \] (\d+) tests", done.stdout)[1])
    count(f"kafka: {passed} promises of at-least-once streams kept on Kafka with ZooKeeper")


def kill_again_and_again(stream, chance, kills):
    """Kills writers, at random times and just when they have stored their position; the largest
    number of events that one had to repeat."""
    largest, appended = 0, 0
    for kill in range(kills):
        writer = stream.start()
        writer.wait_for(lambda it: it.said("appending"), "first event")
        if kill % 2 == 0:
            # Some die before their first position, some behind it.
            writer.wait_appending(writer.said("begins at")[0] + chance.uniform(0, 2.2) * RATE)
        else:
            # What it stored is on its way now, or never was.
            writer.wait_for(lambda it: len(it.said("stored")) >= 2, "position", AT_ONCE_SECONDS)
        writer.kill()
        repeats = stream.check_position()
        # It said so before it appended, and after it stored.
        appended = max(appended, writer.said("appending")[-1])
        stored = writer.said("stored")[-1]
        assert repeats <= appended - stored, f"kill {kill}"
        assert repeats <= interval_events(), f"kill {kill}"
        largest = max(largest, repeats)
    return largest


def test_a_writer_that_is_killed_repeats_no_more_than_an_interval(stream, full, count):
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    kills = 20 if full else 3
    # A writer that dies before its first position makes no way; so with some to spare.
    killed = stream(seconds=2 + kills * 1.5)
    largest = kill_again_and_again(killed, random.Random(seed), kills)
    expected = killed.events.repeats + killed.check_position()
    writer = killed.start()
    writer.finish()
    repeats = killed.check_all()
    assert repeats == expected, f"seed {seed}"
    stored = killed.position()
    assert (stored["position"], stored["totals"]) == (killed.event_count, killed.total_count)
    count(f"zookeeper: a writer killed {kills} times, {killed.event_count} events none missing, "
          f"{repeats} repeats, at most {largest} by a kill at {RATE} events/s; never a position ahead")


def test_without_a_store_the_last_record_says_where_to_go_on(stream, full, count):
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    chance, kills = random.Random(seed), 10 if full else 3
    killed = stream(seconds=2 + kills, positions="idempotent")
    for _ in range(kills):
        writer = killed.start()
        writer.wait_for(lambda it: it.said("appending"), "first event")
        writer.wait_appending(writer.said("begins at")[0] + chance.uniform(0.1, 1) * RATE)
        writer.kill()
        # A position that is ahead would leave a gap, which check_all() finds.
        assert writer.said("begins at")[0] <= killed.events.read(), f"seed {seed}"
    killed.start().finish()
    repeats = killed.check_all()
    # Only what was on its way to the broker when it died.
    assert repeats <= kills * interval_events(), f"seed {seed}"
    count(f"idempotent: a writer killed {kills} times, {killed.event_count} events none missing, "
          f"{repeats} repeats")


def test_a_writer_that_was_replaced_stops_within_an_interval(stream, count):
    shared = stream(seconds=5)
    first = shared.start()
    first.wait_for(lambda it: len(it.said("stored")) >= 2, "position")
    second = shared.start()
    second.wait_for(lambda it: it.said("begins at"), "start")
    begin = time.monotonic()
    error = first.finish(code=7)
    seconds = time.monotonic() - begin
    assert seconds < INTERVAL_SECONDS + SLACK_SECONDS
    assert f"another writer took the stream over (process {second.process.pid})" in error
    shared.check_position()
    second.finish()
    repeats = shared.check_all()
    assert repeats <= 2 * interval_events()
    count(f"zookeeper: a replaced writer stopped after {seconds:.1f} s, {repeats} repeats")


def expire(cluster, writer):
    """Stops a writer until its session has ended."""
    writer.process.send_signal(signal.SIGSTOP)
    deadline = time.monotonic() + programs.WRITER_SECONDS
    while cluster.zookeeper.has_session_of(SESSION_MS):
        assert time.monotonic() < deadline, "the session does not end"


def test_a_session_that_expires_is_made_again(cluster, stream, full, count):
    if not full:
        pytest.skip("the next test has a session expire too")
    alone = stream(seconds=5, session_ms=SESSION_MS)
    writer = alone.start()
    writer.wait_for(lambda it: len(it.said("stored")) >= 2, "position")
    assert cluster.zookeeper.has_session_of(SESSION_MS)
    expire(cluster, writer)
    stored = alone.position()
    alone.check_position()
    writer.process.send_signal(signal.SIGCONT)
    writer.finish()
    assert alone.position()["owner"] == stored["owner"]
    assert alone.position()["position"] == alone.event_count
    assert alone.check_all() == 0
    count("zookeeper: a writer whose session expired went on by itself, 0 repeats")


def test_a_writer_that_slept_while_it_was_replaced_appends_nothing(cluster, stream, count):
    shared = stream(seconds=7, session_ms=SESSION_MS)
    first = shared.start()
    first.wait_for(lambda it: len(it.said("stored")) >= 2, "position")
    expire(cluster, first)
    second = shared.start()
    second.wait_for(lambda it: len(it.said("stored")) >= 2, "position")
    appended = first.said("appending")[-1]
    first.process.send_signal(signal.SIGCONT)
    error = first.finish(code=7)
    assert f"(process {second.process.pid})" in error
    # The block in hand at most: it had said so already.
    assert first.said("appending")[-1] <= appended + BLOCK_EVENTS
    second.finish()
    repeats = shared.check_all()
    assert repeats <= interval_events()
    count(f"zookeeper: a writer that slept past its session and was replaced ended with 7, "
          f"{repeats} repeats")


def test_an_answer_that_is_lost_is_no_other_writer(cluster, stream, count):
    proxy = LossyProxy(cluster.zookeeper.bootstrap)
    try:
        lossy = stream(seconds=4, writers_zookeeper=proxy.address)
        lossy.start().finish()
    finally:
        proxy.close()
    assert proxy.lost >= 2
    assert lossy.check_all() == 0
    stored = lossy.position()
    assert (stored["position"], stored["totals"]) == (lossy.event_count, lossy.total_count)
    count(f"zookeeper: {proxy.lost} of {proxy.writes} writes whose answers were lost, 0 repeats")


def test_a_writer_waits_for_zookeeper_to_come_back(cluster, stream, full, count):
    """In the full test alone: the brokers need some time to come to terms with it."""
    if not full:
        pytest.skip("make test-full restarts ZooKeeper")
    waiting = stream(seconds=8)
    writer = waiting.start()
    writer.wait_for(lambda it: len(it.said("stored")) >= 2, "position")
    cluster.zookeeper.kill()
    appended = writer.said("appending")[-1]
    stored = writer.said("stored")[-1]
    # It goes on to its next position and waits there.
    held = writer.wait_until_still()
    assert held - stored <= interval_events()
    assert held >= appended
    cluster.zookeeper.start()
    writer.finish()
    assert waiting.check_all() == 0
    assert waiting.position()["position"] == waiting.event_count
    count(f"zookeeper: killed and restarted, a writer waited {held - stored} events behind its "
          "position and went on, 0 repeats")

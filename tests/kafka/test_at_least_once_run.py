"""The commands with positions beside the log, on a real Kafka with ZooKeeper: crashes, repeats and
those who drop them, and who may write."""

import random
import re
import subprocess

import pytest

from conftest import DAYS, ITEMS, STORES
from stream_runs import ended, killed, wait_for_line
from zookeeper_cluster import ZooKeeperCluster

EVENTS = STORES * ITEMS * DAYS
SLOWLY = ("--speed", "20d/s")


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    servers = ZooKeeperCluster(tmp_path_factory.mktemp("zookeeper"), 1)
    try:
        servers.start()
        yield servers
    finally:
        servers.stop()


@pytest.fixture(scope="module")
def bootstrap(cluster):
    return cluster.bootstrap


@pytest.fixture(scope="module")
def in_zookeeper(cluster):
    return ("--positions", f"zookeeper://{cluster.zookeeper.bootstrap}/tillstream")


@pytest.fixture(scope="module")
def expected(tillstream, runs, tmp_path_factory):
    """What a log without repeats adds up to."""
    log = tmp_path_factory.mktemp("log")
    tillstream.check("replay", "--data", runs.data, "--log", log, "-q")
    done = tillstream.check("consume", "--log", log, "-e", "--sink", "count")
    sums = done.stdout
    assert f'"events":{EVENTS},' in sums
    return sums


def dropped(said):
    found = re.search(r"dropped ([\d,]+) repeats", said)
    return int(found[1].replace(",", "")) if found else 0


def kill_and_finish(runs, positions, kills, chance):
    for kill in range(kills):
        days = min(DAYS, (kill + 1) * DAYS // kills + 1)
        process = runs.start(*positions, "--to", f"d_{days}", "--speed", "100d/s")
        try:
            process.wait(chance.uniform(0.3, 2.0))
        except subprocess.TimeoutExpired:
            pass
        killed(process)
    runs.replay(*positions)


def check_distinct(runs, expected, tillstream):
    """Everything is there and nothing twice, for one that drops repeats; how many there are."""
    done = tillstream.check("consume", *runs.where(), "-e", "--sink", "count", "--distinct")
    all_records, _ = runs.consume()
    assert done.stdout == expected
    assert "missing" not in done.stderr
    assert dropped(done.stderr) == all_records["events"] - EVENTS
    totals, _ = runs.on(f"{runs.topic}-days").consume("--distinct")
    assert totals["totals"] == STORES * DAYS
    return all_records["events"] - EVENTS


@pytest.mark.parametrize("mode", ["zookeeper", "idempotent"])
def test_a_generator_that_is_killed_loses_nothing(runs, in_zookeeper, expected, tillstream, mode,
                                                  full, count):
    runs = runs.on(f"killed-{mode}")
    positions = in_zookeeper if mode == "zookeeper" else ("--positions", "idempotent")
    kills = 20 if full else 4
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    kill_and_finish(runs, positions, kills, random.Random(seed))
    repeats = check_distinct(runs, expected, tillstream)
    assert [store["position"] for store in runs.positions()] == [ITEMS * DAYS] * STORES
    again = runs.replay(*positions)
    assert "everything was there already" in again.stderr
    assert "at least once: a crash repeats" in again.stderr
    assert check_distinct(runs, expected, tillstream) == repeats
    count(f"{mode}: a generator killed {kills} times, {EVENTS:,} events and {repeats:,} repeats, "
          "which consume --distinct drops")


def test_a_group_drops_repeats_across_its_own_restarts(runs, in_zookeeper, count):
    runs = runs.on("grouped")
    kill_and_finish(runs, in_zookeeper, 3, random.Random(3))
    events, repeats, rounds = 0, 0, 0
    while events < EVENTS:
        sums, said = runs.consume("--distinct", "-g", "report", "-c", str(EVENTS // 7))
        events += sums["events"]
        repeats += dropped(said)
        rounds += 1
        assert sums["events"] > 0, f"round {rounds}: {events} of {EVENTS}"
    assert events == EVENTS
    all_records, _ = runs.consume()
    assert repeats <= all_records["events"] - EVENTS
    count(f"consume --distinct: a group in {rounds} goes, {repeats:,} repeats dropped")


def test_a_second_generator_of_a_store_takes_over_and_the_first_ends(runs, in_zookeeper, expected,
                                                                     tillstream):
    runs = runs.on("shared")
    first = runs.start(*in_zookeeper, *SLOWLY)
    wait_for_line(first.stderr, "streaming")
    second = runs.start("--store", "CA_1", *in_zookeeper, *SLOWLY)
    wait_for_line(second.stderr, "streaming")
    code, _, err = ended(first)
    assert code == 7, err
    message = [line for line in err.splitlines() if line.startswith("error: ")]
    assert len(message) == 1, err
    assert re.fullmatch(
        r"error: zookeeper: /tillstream/shared/CA_1: another writer took the stream over \(process "
        rf"{second.pid} on .*\); it goes on from the stored position, so leave it to that one, or "
        r"stop it first", message[0]), err
    second.terminate()
    assert ended(second)[0] == 143
    runs.replay(*in_zookeeper)
    check_distinct(runs, expected, tillstream)


def test_a_zookeeper_that_is_away_is_one_line(runs, cluster, full):
    if not full:
        pytest.skip("make test-full waits for the deadline of 30 s")
    runs = runs.on("away")
    done = runs.replay("--positions", "zookeeper://127.0.0.1:1/tillstream", code=5)
    assert ("error: zookeeper: no server answered within 30 s (127.0.0.1:1); check the address, and "
            "that the servers run\n") in done.stderr
    # Nothing was written.
    runs.replay("--positions", f"zookeeper://{cluster.zookeeper.bootstrap}/tillstream")


def test_what_positions_cannot_be_is_a_usage_error(runs):
    runs = runs.on("usage")
    for where, message in [
            ("zookeeper", '"zookeeper" is not known; write transaction, idempotent or '
                          "zookeeper://HOST:PORT,.../PATH"),
            ("zookeeper://zk:port/a", '"zookeeper://zk:port/a" has a server that is no host and '
                                      "port; write zookeeper://HOST:PORT,.../PATH")]:
        done = runs.replay("--positions", where, code=2)
        assert done.stderr.startswith(f"error: --positions: {message}"), done.stderr


def test_ways_of_keeping_positions_do_not_mix_unnoticed(runs, in_zookeeper):
    runs = runs.on("mixed")
    runs.replay("--to", "d_3")
    assert "was not written at least once" in runs.replay("--positions", "idempotent",
                                                          code=7).stderr
    assert "has records (offset 0) but no position" in runs.replay(*in_zookeeper, code=7).stderr
    runs.replay()
    assert runs.assert_complete() == EVENTS

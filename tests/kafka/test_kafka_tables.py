"""consume --sink postgres: from Kafka: what is committed is there once, whatever is killed: the
generators, the consumer, the stream itself."""

import pathlib
import random
import signal
import subprocess
import sys

import pytest
from kafka.admin import KafkaAdminClient

from stream_runs import COMMAND_SECONDS, ended, kill_while_they_run, killed

sys.path.append(str(pathlib.Path(__file__).parents[1] / "sinks"))

from dataset_rows import Dataset  # noqa: E402
from postgres_server import PostgresServer  # noqa: E402
from tables import assert_rows  # noqa: E402

COMMIT_OFTEN = ("--commit", "2000,50ms")
LIVE = ("--speed", "60d/s", "--commit", "1000000,100ms")


@pytest.fixture(scope="module")
def postgres():
    with PostgresServer() as server:
        yield server.start()


@pytest.fixture(scope="module")
def expected(runs):
    dataset = Dataset(runs.data)
    return dataset.sales(), dataset.store_days()


def consume_arguments(runs, database, *options):
    return ["consume", *runs.where(), *database.sink(), *options]


def fill(runs, database, *options, code=0):
    """To the end that the topic has now."""
    return runs.tillstream.check(*consume_arguments(runs, database, "-e", *options), code=code,
                                 timeout=COMMAND_SECONDS)


def test_generators_that_were_killed_leave_rows_once(runs, postgres, expected, full, count):
    kills = 20 if full else 2
    seed = random.randrange(1 << 32)
    chance = random.Random(seed)
    database = postgres.new_database("committed")
    stream = kill_while_they_run(runs, "tables-killed", kills, chance, *COMMIT_OFTEN)[-1]
    fill(stream, database)
    assert_rows(database, *expected, f"seed {seed}")
    count(f"Kafka to PostgreSQL: generators killed {kills} times, {len(expected[0]):,} rows once")


def test_a_consumer_of_a_live_stream_is_killed(runs, postgres, expected, full, count):
    wanted = 30 if full else 3
    seed = random.randrange(1 << 32)
    chance = random.Random(seed)
    runs, database = runs.on("tables-live"), postgres.new_database("live")
    runs.replay("--to", "d_3")
    replay, kills = runs.start(*LIVE), 0
    while replay.poll() is None and kills < wanted:
        consumer = subprocess.Popen([runs.tillstream.path,
                                     *consume_arguments(runs, database)],
                                    stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                    stderr=subprocess.PIPE, text=True)
        try:
            consumer.wait(chance.uniform(0.3, 1.2))
        except subprocess.TimeoutExpired:
            pass
        assert not killed(consumer)
        kills += 1
    code, _, err = ended(replay)
    assert code == 0, err
    fill(runs, database)
    assert_rows(database, *expected, f"seed {seed}")
    count(f"Kafka to PostgreSQL: kill -9 of the consumer {kills} times, {len(expected[0]):,} rows "
          f"once (seed {seed})")


def test_repeats_of_a_stream_at_least_once_are_dropped_across_starts(runs, postgres, expected):
    runs, database = runs.on("tables-repeats"), postgres.new_database("repeats")
    for _ in range(2):
        replay = runs.start("--positions", "idempotent", *LIVE)
        try:
            replay.wait(2)
        except subprocess.TimeoutExpired:
            pass
        killed(replay)
        fill(runs, database, "--distinct", "-c", "1000")
    runs.replay("--positions", "idempotent")
    fill(runs, database, "--distinct")
    assert_rows(database, *expected)


def test_a_topic_that_was_written_anew_is_refused(runs, postgres, expected):
    runs, database = runs.on("tables-anew"), postgres.new_database("anew")
    # Other transactions, so that the same events have other offsets.
    runs.replay("--commit", "500,10s", "--to", "d_50")
    fill(runs, database)
    admin = KafkaAdminClient(bootstrap_servers=runs.bootstrap)
    admin.delete_topics([runs.topic, f"{runs.topic}-days", f"{runs.topic}-positions"])
    admin.close()
    runs.replay("--commit", "100000,10s")
    done = fill(runs, database, code=7)
    assert ": another record than the one that was read there; the topic was written anew" in (
        done.stderr)
    assert database.number("SELECT count(*) FROM sales") == len(expected[0]) // 300 * 49


def test_ctrl_c_commits_what_was_taken(runs, postgres):
    runs, database = runs.on("tables-stopped"), postgres.new_database("stopped")
    runs.replay("--to", "d_20")
    consumer = subprocess.Popen([runs.tillstream.path, *consume_arguments(runs, database, "-v")],
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True)
    try:
        consumer.wait(2)
    except subprocess.TimeoutExpired:
        pass
    code, _, err = ended(consumer, signal.SIGINT)
    assert code == 130, err
    assert "rows of sales and" in err
    fill(runs, database)
    assert database.number("SELECT count(*) FROM sales") == 19 * 3 * 200

"""consume --sink postgres: from Kafka: what is committed is there once, whatever is killed: the
generators, the consumer, the stream itself."""

import io
import json
import pathlib
import random
import re
import signal
import struct
import subprocess
import sys
import urllib.request

import fastavro
import pytest
from kafka import KafkaProducer
from kafka.admin import KafkaAdminClient, NewTopic

from stream_runs import (COMMAND_SECONDS, ended, kill_command_after, kill_while_they_run,
                         killed)

sys.path.append(str(pathlib.Path(__file__).parents[1] / "sinks"))

from dataset_rows import Dataset  # noqa: E402
from postgres_server import PostgresServer  # noqa: E402
from tables import assert_rows  # noqa: E402

SOURCE = pathlib.Path(__file__).parents[2]
COMMIT_OFTEN = ("--commit", "2000,50ms")
LIVE = ("--speed", "60d/s", "--commit", "1000000,100ms")
LONG = ("--speed", "8d/s", "--commit", "1000000,100ms")


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
    replay, kills = runs.start(*(LONG if full else LIVE)), 0
    while replay.poll() is None and kills < wanted:
        kill_command_after(runs.tillstream, chance.uniform(0.3, 1.2),
                           *consume_arguments(runs, database))
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


# A topic that others wrote.


class ForeignTopic:
    """A topic of one partition with records of our schema, and no run and no totals."""

    def __init__(self, runs, topic):
        self.runs = runs.on(topic)
        text = (SOURCE / "schemas" / "sales_record.avsc").read_text(encoding="utf-8")
        self._schema = fastavro.parse_schema(json.loads(text))
        request = urllib.request.Request(
            f"{runs.registry}/subjects/{topic}-value/versions",
            data=json.dumps({"schema": text}).encode(),
            headers={"Content-Type": "application/vnd.schemaregistry.v1+json"})
        with urllib.request.urlopen(request, timeout=COMMAND_SECONDS) as answer:
            self._id = json.load(answer)["id"]
        admin = KafkaAdminClient(bootstrap_servers=runs.bootstrap)
        admin.create_topics([NewTopic(topic, 1, 1, topic_configs={
            "retention.ms": "-1", "message.timestamp.after.max.ms": str(2**63 - 1)})])
        admin.close()

    def write(self, *records):
        """Each a date in ms and what differs from an ordinary sale."""
        producer = KafkaProducer(bootstrap_servers=self.runs.bootstrap)
        for timestamp, changes in records:
            sale = {"item_id": "I", "dept_id": "D", "cat_id": "C", "store_id": "S", "state_id": "T",
                    "day": 1, "sold": 2, "sell_price": 1.5, **changes}
            payload = io.BytesIO(struct.pack(">bI", 0, self._id))
            payload.seek(0, io.SEEK_END)
            fastavro.schemaless_writer(payload, self._schema, sale)
            producer.send(self.runs.topic, payload.getvalue(), timestamp_ms=timestamp)
        producer.close()


def test_a_topic_without_a_run_and_totals_is_filled_too(runs, postgres):
    topic, database = ForeignTopic(runs, "tables-foreign"), postgres.new_database("foreign")
    topic.write((0, {}), (86_400_000, {"item_id": "Äpfel|x", "sell_price": None}))
    done = fill(topic.runs, database)
    assert 'warning: no topic "tables-foreign-days": store_days stays empty' in done.stderr
    assert database.sql("SELECT item, day, date, sold, price FROM sales ORDER BY date") == [
        ["I", "1", "1970-01-01", "2", "1.50"], ["Äpfel", "x", "1", "1970-01-02", "2", ""]]


@pytest.mark.parametrize("timestamp, changes, message", [
    (0, {"item_id": "a\0b"}, r'item_id: "a\\x00b", needed UTF-8 without a zero byte'),
    (300_000_000_000_000, {},
     "its date is 3472222 days from 1970, needed one of the years 1 to 9999"),
], ids=["zero", "date"])
def test_a_record_that_no_row_can_be_stops_it_or_is_skipped(runs, postgres, request, timestamp,
                                                            changes, message):
    name = request.node.callspec.id
    topic, database = ForeignTopic(runs, f"tables-{name}"), postgres.new_database(f"bad_{name}")
    topic.write((0, {}), (0, {}), (timestamp, changes), (0, {}))
    done = fill(topic.runs, database, code=4)
    assert re.search(rf"^error: tables-{name}-0 offset 2: {message}; --on-error skip goes on behind "
                     "it$", done.stderr, re.MULTILINE), done.stderr
    assert database.number("SELECT count(*) FROM sales") == 2
    done = fill(topic.runs, database, "--on-error", "skip")
    assert "warning: skipped 1: " in done.stderr
    assert database.number("SELECT count(*) FROM sales") == 3

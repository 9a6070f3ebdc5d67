"""Clients that other people wrote read what we streamed: the same events, the same sums. None is
given a schema. One of the generators was killed, so that there are aborted events, which a client
with isolation.level=read_committed must not show."""

import io
import json
import re
import subprocess

import fastavro
import pytest
from confluent_kafka import Consumer
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer
from confluent_kafka.serialization import MessageField, SerializationContext
from kafka import KafkaConsumer, TopicPartition

from cluster import BROKER_JVM, java
from conftest import DAYS, ITEMS, STORES
from stream_runs import killed, wait_for_line

EVENTS = STORES * ITEMS * DAYS
TOOL_SECONDS = 120
FRAME_BYTES = 5


class Sums:
    """What `consume --sink count` adds up, by hand."""

    def __init__(self):
        self.events = self.units = self.day_sum = self.zero_events = self.unpriced_events = 0

    def add(self, sale):
        self.events += 1
        self.units += sale["sold"]
        self.day_sum += sale["day"]
        self.zero_events += sale["sold"] == 0
        self.unpriced_events += sale["sell_price"] is None

    def assert_equal(self, ours):
        assert vars(self) == {name: ours[name] for name in vars(self)}


@pytest.fixture(scope="module")
def stream(runs):
    """The runs on a topic with a whole stream, and what our consumer adds up."""
    runs = runs.on("peers")
    process = runs.start("--speed", "100d/s", "--commit", "1000000,1s")
    wait_for_line(process.stderr, "streaming")
    killed(process)
    runs.replay()
    runs.assert_complete()
    return runs, runs.consume()[0]


def test_confluent_kafka_with_its_avro_deserializer(stream):
    runs, ours = stream
    deserialize = AvroDeserializer(SchemaRegistryClient({"url": runs.registry}))
    context = SerializationContext(runs.topic, MessageField.VALUE)
    consumer = Consumer({"bootstrap.servers": runs.bootstrap, "group.id": "confluent",
                         "auto.offset.reset": "earliest", "enable.partition.eof": True})
    consumer.subscribe([runs.topic])
    sums, ended, last = Sums(), set(), {}
    while len(ended) < STORES:
        for message in consumer.consume(1000, timeout=1):
            if message.error():
                ended.add(message.partition())
                continue
            sale = deserialize(message.value(), context)
            sums.add(sale)
            assert message.key().decode() == f"{sale['item_id']}_{sale['store_id']}"
            # Days are in order within a partition, and so are the records' times.
            place = (sale["day"], message.timestamp()[1])
            assert place >= last.get(message.partition(), place)
            last[message.partition()] = place
    consumer.close()
    sums.assert_equal(ours)


def test_kafka_python_with_fastavro(stream):
    runs, ours = stream
    registry = SchemaRegistryClient({"url": runs.registry})
    schemas = {}

    def decode(value):
        schema_id = int.from_bytes(value[1:FRAME_BYTES], "big")
        if schema_id not in schemas:
            schemas[schema_id] = fastavro.parse_schema(
                json.loads(registry.get_schema(schema_id).schema_str))
        return fastavro.schemaless_reader(io.BytesIO(value[FRAME_BYTES:]), schemas[schema_id])

    consumer = KafkaConsumer(bootstrap_servers=runs.bootstrap, isolation_level="read_committed",
                             enable_auto_commit=False)
    partitions = [TopicPartition(runs.topic, i) for i in range(STORES)]
    consumer.assign(partitions)
    consumer.seek_to_beginning()
    ends = consumer.end_offsets(partitions)
    sums = Sums()
    while any(consumer.position(partition) < ends[partition] for partition in partitions):
        for batch in consumer.poll(timeout_ms=200).values():
            for record in batch:
                sums.add(decode(record.value))
    consumer.close()
    sums.assert_equal(ours)


def test_kcat(stream):
    runs, ours = stream
    done = subprocess.run(
        ["kcat", "-b", runs.bootstrap, "-C", "-t", runs.topic, "-e", "-q", "-X",
         "isolation.level=read_committed", "-f", "%p %T %k %S\n"],
        capture_output=True, text=True, timeout=TOOL_SECONDS, check=True)
    lines = done.stdout.splitlines()
    assert len(lines) == ours["events"]
    assert re.fullmatch(r"[0-2] 1296259200000 \w+_(CA|TX|WI)_1 \d+", lines[0]), lines[0]
    for partition in range(STORES):
        times = [int(line.split()[1]) for line in lines if line.startswith(f"{partition} ")]
        assert len(times) == ITEMS * DAYS
        assert times == sorted(times)


def test_kafkas_console_consumer_and_group_tool(stream):
    runs, ours = stream
    group = "console"
    done = subprocess.run(
        [*java(*BROKER_JVM), "org.apache.kafka.tools.consumer.ConsoleConsumer", "--bootstrap-server",
         runs.bootstrap, "--topic", runs.topic, "--from-beginning", "--isolation-level",
         "read_committed", "--group", group, "--max-messages", str(ours["events"]),
         "--formatter-property", "print.key=true", "--formatter-property", "print.value=false"],
        capture_output=True, text=True, timeout=TOOL_SECONDS, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    keys = done.stdout.split()
    assert len(keys) == ours["events"]
    assert len(set(keys)) == STORES * ITEMS

    runs.consume("-g", "ours")
    shown = subprocess.run(
        [*java(*BROKER_JVM), "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand",
         "--bootstrap-server", runs.bootstrap, "--describe", "--group", "ours"],
        capture_output=True, text=True, timeout=TOOL_SECONDS, check=False)
    assert shown.returncode == 0, shown.stderr[-3000:]
    rows = [line.split() for line in shown.stdout.splitlines() if line.startswith("ours ")]
    assert len(rows) == STORES, shown.stdout
    # What it calls lag are offsets: the mark behind the last event is one.
    assert all(row[5] in ("0", "1") for row in rows), shown.stdout

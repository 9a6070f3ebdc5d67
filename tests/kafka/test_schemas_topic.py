"""The topic `_schemas` between an embedded log and a real Kafka broker, as files, both ways."""

import json
import pathlib
import re
import shutil
import sys
import time

import pytest
from kafka import KafkaConsumer, KafkaProducer, TopicPartition

import foreign_log
from broker import Broker

sys.path.append(str(pathlib.Path(__file__).parents[1] / "registry"))

import servers
from api import Registry, config, mode, versions

MONEY = '{"type":"record","name":"Money","namespace":"m","fields":[{"name":"cents","type":"long"}]}'
SALE = '{"type":"record","name":"Sale","namespace":"m","fields":[{"name":"price","type":"Money"}]}'
REFERENCE = [{"name": "m.Money", "subject": "money", "version": 1}]
NOOP = ({"keytype": "NOOP", "magic": 0}, None)
READ_SECONDS = 60


def key(subject, version):
    return {"keytype": "SCHEMA", "subject": subject, "version": version, "magic": 1}


def value(subject, version, schema_id, schema, deleted=False, **more):
    return {"subject": subject, "version": version, "id": schema_id, **more, "schema": schema,
            "deleted": deleted}


def setting(kind, subject=None):
    """Confluent's newest leaves a subject out that is null, older ones write it."""
    named = {} if subject is None else {"subject": subject}
    return {"keytype": kind, **named, "magic": 0}


def mode_of(name, subject=None):
    return setting("MODE", subject), {"subject": subject, "mode": name}


# As Confluent's registry writes them, its newest fields among them.
THEIRS = [
    NOOP,
    ({"keytype": "CONFIG", "subject": None, "magic": 0}, {"compatibilityLevel": "FULL"}),
    (key("money", 1), value("money", 1, 3, MONEY, md5="q2a3c1VzM4sRbM0zY3nZcw==",
                            schemaType="AVRO", references=[], metadata=None, ruleSet=None)),
    (key("sale", 1), value("sale", 1, 7, SALE, references=REFERENCE, metadata={
        "properties": {"owner": "till"}, "tags": {}, "sensitive": []}, schemaTags=None)),
    (key("events", 1), value("events", 1, 8, 'syntax = "proto3"; message M {}',
                             schemaType="PROTOBUF")),
    (key("old", 1), value("old", 1, 9, '"int"', deleted=None)),
    ({"keytype": "DELETE_SUBJECT", "subject": "old", "magic": 0}, {"subject": "old", "version": 1}),
    (key("older", 1), value("older", 1, 10, '"float"', deleted=True)),
    ({"keytype": "CLEAR_SUBJECT", "subject": "older", "magic": 0}, {"subject": "older"}),
    (setting("CONFIG", "money"), {"subject": "money", "compatibilityLevel": "NONE", "alias": None,
                                  "normalize": None, "compatibilityGroup": None}),
    (setting("CONFIG", "sale"), {"subject": "sale", "defaultMetadata": None}),
    mode_of("READONLY", "sale"),
    mode_of("FORWARD", "money"),
    ({"keytype": "CONTEXT", "tenant": "default", "context": ".", "magic": 0},
     {"tenant": "default", "context": "."}),
    # Written again and again: a compaction takes these out.
    *[(setting("CONFIG"), {"compatibilityLevel": "FULL_TRANSITIVE"})] * 20,
    NOOP,
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("kafka")


@pytest.fixture(scope="module")
def own_log(tillstream, folder):
    """A log of ours whose `_schemas` has every kind of record that we write."""
    log = folder / "ours"
    server = servers.start_ours(tillstream.path, log, folder)
    registry = Registry(server.url, name="ours")
    registry.registered("gone", '"int"')
    registry.registered("money", MONEY)
    registry.registered("sale", SALE, references=REFERENCE)
    registry.set_level("money", "NONE")
    registry.set_level(None, "FULL")
    registry.set_mode("sale", "READONLY")
    registry.deleted(config("money"))
    registry.deleted(mode("sale"))
    registry.deleted("/subjects/gone")
    registry.deleted("/subjects/gone", permanent="true")
    servers.stop_ours(server)
    return log


def offsets(bootstrap, topic, end=None):
    """The records of a topic up to its end."""
    consumer = KafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False)
    partition = TopicPartition(topic, 0)
    consumer.assign([partition])
    consumer.seek_to_beginning(partition)
    last = consumer.end_offsets([partition])[partition]
    records, deadline = [], time.monotonic() + READ_SECONDS
    while consumer.position(partition) < last:
        assert time.monotonic() < deadline, f"{topic}: {len(records)} records, {last} needed"
        for batch in consumer.poll(timeout_ms=200).values():
            records += batch
    consumer.close()
    return records


def produce(bootstrap, topic):
    producer = KafkaProducer(bootstrap_servers=bootstrap, acks="all", linger_ms=0)
    for record_key, record_value in THEIRS:
        raw = None if record_value is None else json.dumps(record_value).encode()
        # One at a time, as a registry does: a batch each.
        producer.send(topic, key=json.dumps(record_key).encode(), value=raw).get(READ_SECONDS)
    producer.close()


def wait_until_compacted(bootstrap, topic):
    deadline = time.monotonic() + READ_SECONDS
    while len(offsets(bootstrap, topic)) == len(THEIRS):
        assert time.monotonic() < deadline, "nothing was compacted"


@pytest.fixture(scope="module")
def broker(folder, own_log):
    """Has seen THEIRS in two topics, one of which it compacted; then `_schemas` was put there as
    files."""
    (folder / "broker").mkdir()
    broker = Broker(folder / "broker")
    try:
        broker.start()
        broker.create("theirs", cleanup_policy="compact")
        broker.create("compacted", cleanup_policy="compact", min_cleanable_dirty_ratio=0,
                      segment_ms=1)
        broker.create("_schemas", cleanup_policy="compact")
        produce(broker.bootstrap, "theirs")
        produce(broker.bootstrap, "compacted")
        wait_until_compacted(broker.bootstrap, "compacted")
        broker.stop()
        broker.adopt("_schemas", foreign_log.segments(own_log, "_schemas", 0))
        broker.start()
        yield broker
    finally:
        broker.stop()


def test_a_broker_takes_our_topic_over(broker, own_log, count):
    there = offsets(broker.bootstrap, "_schemas")
    ours = list(foreign_log.records(own_log, "_schemas", 0))
    assert [(record.offset, record.key, record.value, record.timestamp) for record in there] == [
        (record.offset, record.key, record.value, record.timestamp) for record in ours]
    kinds = [json.loads(record.key)["keytype"] for record in there]
    assert set(kinds) == {"SCHEMA", "CONFIG", "MODE", "DELETE_SUBJECT"}
    for record in there:
        assert record.value is None or isinstance(json.loads(record.value), dict)
    count(f"_schemas: a Kafka broker took {len(there)} records over as files")


def test_a_registry_goes_on_in_the_topic_that_the_broker_took_over(broker):
    before = offsets(broker.bootstrap, "_schemas")
    producer = KafkaProducer(bootstrap_servers=broker.bootstrap, acks="all")
    sent = producer.send("_schemas", key=json.dumps(NOOP[0]).encode()).get(READ_SECONDS)
    producer.close()
    assert sent.offset == before[-1].offset + 1


def brought_back(broker, topic, log):
    """An embedded log whose `_schemas` are the segment files of the broker's topic."""
    (log / "_schemas-0").mkdir(parents=True)
    for path in foreign_log.segments(broker.logs, topic, 0):
        shutil.copy(path, log / "_schemas-0")
    return log


def test_a_compacted_topic_is_refused_as_what_it_is(broker, tillstream, folder):
    """The embedded log has every offset; a compacted topic comes over REST instead."""
    log = brought_back(broker, "compacted", folder / "compacted")
    done = tillstream.check("schema", "list", "--log", log, code=4)
    assert re.search(r"_schemas-0/0+\.log: byte \d+: batch at offset \d+: ", done.stderr)


def test_what_confluent_s_registry_wrote_is_read_and_served(broker, tillstream, folder, count):
    log = brought_back(broker, "theirs", folder / "back")
    listed = json.loads(tillstream.check("schema", "list", "--log", log, "--json").stdout)
    assert [(row["subject"], row["version"], row["id"]) for row in listed] == [
        ("events", 1, 8), ("money", 1, 3), ("sale", 1, 7)]
    server = servers.start_ours(tillstream.path, log, folder)
    try:
        registry = Registry(server.url, name="ours", strict=True)
        sale = registry.body("/schemas/ids/7")
        assert json.loads(sale["schema"]) == json.loads(SALE) and sale["references"] == REFERENCE
        assert registry.body("/schemas/ids/8")["schemaType"] == "PROTOBUF"
        assert registry.body("/config")["compatibilityLevel"] == "FULL_TRANSITIVE"
        assert registry.body(config("money"))["compatibilityLevel"] == "NONE"
        assert registry.get(config("sale")).status == 404
        assert registry.body(mode("sale"))["mode"] == "READONLY"
        # A mode of theirs that we do not have: nothing is written.
        assert registry.register("money", '"string"').status == 422
        assert registry.items(versions("old"), deleted="true") == [1]
        assert registry.get(versions("older"), deleted="true").status == 404
        assert registry.registered("new", '"string"') == 11
    finally:
        servers.stop_ours(server)
    count(f"_schemas: {len(THEIRS)} records as Confluent's registry writes them, read and served")

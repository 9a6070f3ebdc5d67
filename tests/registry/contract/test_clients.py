"""Real clients' own calls: confluent-kafka and @kafkajs/confluent-schema-registry."""

import json
import struct
import uuid

import pytest
from confluent_kafka.schema_registry import Schema, SchemaRegistryClient, SchemaRegistryError

import clients
from schemas import BASE, COMPATIBLE, RETYPED, sales

ROWS = [
    {"item_id": "HOBBIES_1_001", "dept_id": "HOBBIES_1", "cat_id": "HOBBIES", "store_id": "CA_1",
     "state_id": "CA", "day": 1, "sold": 3, "sell_price": 9.5},
    {"item_id": "FOODS_3_827", "dept_id": "FOODS_3", "cat_id": "FOODS", "store_id": "WI_3",
     "state_id": "WI", "day": 1941, "sold": 0, "sell_price": None},
    {"item_id": "Crème_1", "dept_id": "", "cat_id": "?", "store_id": "TX_2", "state_id": "TX",
     "day": -1, "sold": 2**31 - 1, "sell_price": 0.25},
]


@pytest.fixture
def confluent(registry):
    configuration = {"url": registry.url}
    if registry.user:
        configuration["basic.auth.user.info"] = registry.user
    return SchemaRegistryClient(configuration)


def test_confluent_kafka_makes_all_its_calls(confluent, subject):
    base = Schema(BASE, "AVRO")
    schema_id = confluent.register_schema(subject, base)
    assert confluent.register_schema(subject, base) == schema_id
    assert json.loads(confluent.get_schema(schema_id).schema_str) == sales()
    assert confluent.lookup_schema(subject, base).version == 1
    assert confluent.test_compatibility(subject, Schema(COMPATIBLE, "AVRO")) is True
    assert confluent.test_compatibility(subject, Schema(RETYPED, "AVRO")) is False
    assert confluent.get_latest_version(subject).schema_id == schema_id
    assert confluent.get_versions(subject) == [1]
    assert subject in confluent.get_subjects()
    confluent.set_compatibility(subject, "FULL")
    assert confluent.get_compatibility(subject) == "FULL"
    assert confluent.delete_subject(subject) == [1]


def test_confluent_kafka_gets_the_errors_that_it_expects(confluent, subject):
    confluent.register_schema(subject, Schema(BASE, "AVRO"))
    with pytest.raises(SchemaRegistryError) as refused:
        confluent.register_schema(subject, Schema(RETYPED, "AVRO"))
    assert refused.value.http_status_code == 409
    assert refused.value.error_code in (409, 40901)
    with pytest.raises(SchemaRegistryError) as unknown:
        confluent.get_latest_version(subject + "-absent")
    assert (unknown.value.http_status_code, unknown.value.error_code) == (404, 40401)


@pytest.mark.parametrize("reader", clients.ALL, ids=lambda client: client.name)
@pytest.mark.parametrize("writer", clients.ALL, ids=lambda client: client.name)
def test_what_a_client_writes_a_client_reads_without_a_schema(registry, writer, reader):
    topic = f"contract-{uuid.uuid4().hex[:10]}"
    subject = f"{topic}-value"
    schema_id = registry.registered(subject, BASE)
    try:
        values = writer.encode(registry, topic, ROWS)
        assert {struct.unpack(">bI", value[:5]) for value in values} == {(0, schema_id)}
        assert reader.decode(registry, values) == ROWS
    finally:
        registry.remove(subject)

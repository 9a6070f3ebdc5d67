"""Reads an embedded log with other people's code only: kafka-python for the batches, fastavro for
the values, json for the schemas. Nothing here knows how Tillstream writes them."""

import io
import json
import pathlib
import struct

import fastavro
from kafka.record.memory_records import MemoryRecords

# Byte 0 of a framed value, then the schema's id, four bytes, big-endian.
MAGIC = 0
FRAME = struct.Struct(">bI")


def segments(log, topic, partition):
    return sorted(pathlib.Path(log, f"{topic}-{partition}").glob("*.log"))


def partitions(log, topic):
    """The numbers of a topic's partitions that stand in the log."""
    numbers = []
    for folder in pathlib.Path(log).iterdir():
        name, _, number = folder.name.rpartition("-")
        if name == topic and number.isdigit():
            numbers.append(int(number))
    return sorted(numbers)


def records(log, topic, partition):
    """Yields the records of a partition; every CRC is checked, offsets must follow each other."""
    expected = 0
    for path in segments(log, topic, partition):
        assert int(path.stem) == expected, f"{path}: begins at {expected}"
        content = path.read_bytes()
        batches = MemoryRecords(content)
        unfinished = len(content) - batches.valid_bytes()
        assert unfinished == 0, f"{path}: {unfinished} bytes behind the last batch"
        while batches.has_next():
            batch = batches.next_batch()
            assert batch.validate_crc(), f"{path}: bad CRC in the batch at offset {expected}"
            for record in batch:
                assert record.offset == expected, f"{path}: offset {record.offset}, not {expected}"
                expected += 1
                yield record


def schemas(log):
    """Schema id -> parsed schema, from the records of _schemas in Confluent's JSON."""
    found = {}
    for record in records(log, "_schemas", 0):
        key = json.loads(record.key)
        if key["keytype"] != "SCHEMA" or record.value is None:
            continue
        value = json.loads(record.value)
        assert (value["subject"], value["version"]) == (key["subject"], key["version"])
        found[value["id"]] = fastavro.parse_schema(json.loads(value["schema"]))
    return found


def decode(value, known_schemas):
    """The dictionary that a framed value holds."""
    magic, schema_id = FRAME.unpack_from(value)
    assert magic == MAGIC
    rest = io.BytesIO(value[FRAME.size:])
    decoded = fastavro.schemaless_reader(rest, known_schemas[schema_id], None)
    assert not rest.read(), "bytes behind the record"
    return decoded

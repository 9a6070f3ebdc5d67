"""Writes a partition of an embedded log with other people's code only: kafka-python's batches."""

import pathlib

from kafka.record.memory_records import MemoryRecordsBuilder

MAGIC = 2
NO_COMPRESSION = 0
BATCH_BYTES = 1 << 20


def write(log, topic, records):
    """A new topic with one partition that holds the (timestamp, key, value) records in one batch. The
    segment has no indexes: they are hints, and readers do without."""
    builder = MemoryRecordsBuilder(MAGIC, NO_COMPRESSION, BATCH_BYTES)
    for timestamp, key, value in records:
        assert builder.append(timestamp, key, value) is not None, "the batch is full"
    builder.close()
    folder = pathlib.Path(log, f"{topic}-0")
    folder.mkdir(parents=True)
    (folder / f"{0:020}.log").write_bytes(builder.buffer())

"""The C++ programs of this folder: the tests that need a broker, and the writer of a fixed stream."""

import os
import pathlib
import re
import subprocess
import time

from kafka import KafkaConsumer, TopicPartition

PROGRAMS = pathlib.Path(os.environ.get("TILLSTREAM_KAFKA_TESTS", "build/release/tests/kafka"))
TESTS_SECONDS = 200
WRITER_SECONDS = 120
READ_SECONDS = 60
# For brokers: timed out transactions are ended as often as this, instead of every ten seconds.
PROMPT = {"transaction.abort.timed.out.transaction.cleanup.interval.ms": 200}


def tests_passed(program, **environment):
    """Runs a gtest program; how many of its tests passed, which must be all."""
    done = subprocess.run([PROGRAMS / program], capture_output=True, text=True,
                          timeout=TESTS_SECONDS, check=False, env={**os.environ, **environment})
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
    return int(re.search(r"\[  PASSED  \] (\d+) tests", done.stdout)[1])


def promises_kept(servers):
    """Runs kafka_server_test; how many promises that is."""
    return tests_passed("kafka_server_test", TILLSTREAM_KAFKA_SERVERS=servers)


class Stream:
    """A stream of stream_writer.cc: event k has the value k, and so have the totals."""

    def __init__(self, servers, topic, *, blocks, block_events, sync_blocks):
        self.servers, self.topic = servers, topic
        self.event_count, self.total_count = blocks * block_events, blocks
        self._command = [PROGRAMS / "kafka_stream_writer", servers, topic, "1", str(blocks),
                         str(block_events), str(sync_blocks)]

    def start(self):
        return subprocess.Popen(self._command, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                text=True)

    def finish(self, process):
        out, err = process.communicate(timeout=WRITER_SECONDS)
        assert process.returncode == 0, out + err

    def values(self, topic, count, isolation="read_committed"):
        """The values that kafka-python finds. A commit is confirmed a moment before it is visible,
        so `count` are waited for; there may be more."""
        consumer = KafkaConsumer(bootstrap_servers=self.servers.split(","),
                                 enable_auto_commit=False, isolation_level=isolation)
        partition = TopicPartition(topic, 1)
        consumer.assign([partition])
        consumer.seek_to_beginning(partition)
        values, deadline = [], time.monotonic() + READ_SECONDS
        while (len(values) < count
               or consumer.position(partition) < consumer.end_offsets([partition])[partition]):
            if time.monotonic() > deadline:
                break
            for batch in consumer.poll(timeout_ms=200).values():
                values += [int(record.value) for record in batch]
        consumer.close()
        return values

    def check(self, context):
        """Every event and every total once and in order; returns how many more an uncommitted read
        shows."""
        events = self.values(self.topic, self.event_count)
        assert len(events) == self.event_count, context
        assert events == list(range(self.event_count)), context
        totals = self.values(f"{self.topic}-days", self.total_count)
        assert totals == list(range(self.total_count)), context
        uncommitted = self.values(self.topic, self.event_count, "read_uncommitted")
        return len(uncommitted) - self.event_count

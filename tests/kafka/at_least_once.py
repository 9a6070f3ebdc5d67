"""position_writer.cc and what its stream looks like from outside: the topic as confluent-kafka reads
it, the position as kazoo finds it. Nothing here is Tillstream's."""

import json
import re
import struct
import subprocess
import time

from confluent_kafka import Consumer, TopicPartition
from kazoo.client import KazooClient

from programs import PROGRAMS

WRITER_SECONDS = 180
WAIT_SECONDS = 60
LOOK_AGAIN_SECONDS = 0.05
STILL_SECONDS = 2


class Tail:
    """Partition 0 of a topic, read on with each call."""

    def __init__(self, servers, topic):
        self._consumer = Consumer({
            "bootstrap.servers": servers, "group.id": "tail", "enable.auto.commit": False,
            "isolation.level": "read_uncommitted", "enable.partition.eof": False})
        self._partition = TopicPartition(topic, 0, 0)
        self._assigned = False
        self.next_offset = 0
        self.count, self.present = 0, 0  # Records, and the events 0 to present-1 that they are.
        self.headless, self.gaps = 0, []

    def read(self):
        """Reads to the end as it is now; how many events are there without a gap."""
        if not self._assigned:
            self._consumer.assign([self._partition])
            self._assigned = True
        end = self._consumer.get_watermark_offsets(self._partition, timeout=WAIT_SECONDS)[1]
        deadline = time.monotonic() + WAIT_SECONDS
        while self.next_offset < end:
            assert time.monotonic() < deadline, f"{self.next_offset} of {end} records came"
            for message in self._consumer.consume(100_000, 0.1):
                assert message.error() is None, message.error()
                self._take(message)
        return self.present

    def _take(self, message):
        self.next_offset = message.offset() + 1
        self.count += 1
        headers = dict(message.headers() or [])
        if "sequence" not in headers:
            self.headless += 1
            return
        sequence = struct.unpack(">q", headers["sequence"])[0]
        assert sequence == int(message.value()), f"offset {message.offset()}"
        if sequence > self.present:
            self.gaps.append((message.offset(), self.present, sequence))
        self.present = max(self.present, sequence + 1)

    @property
    def repeats(self):
        return self.count - self.present

    def close(self):
        self._consumer.close()


class Writer:
    """One process of position_writer.cc."""

    def __init__(self, command, output):
        self._path = output
        with open(output, "w", encoding="utf-8") as out:
            self.process = subprocess.Popen(command, stdout=out, stderr=subprocess.PIPE, text=True)

    def said(self, word):
        """The first numbers of the lines that begin with a word."""
        text = self._path.read_text(encoding="utf-8")
        return [int(number) for number in re.findall(rf"^{word} (\d+)", text, re.MULTILINE)]

    def wait_for(self, condition, what, look_again=LOOK_AGAIN_SECONDS):
        deadline = time.monotonic() + WAIT_SECONDS
        while not condition(self):
            assert self.process.poll() is None, f"ended before {what}: {self.process.stderr.read()}"
            assert time.monotonic() < deadline, f"no {what}"
            time.sleep(look_again)

    def wait_appending(self, position):
        self.wait_for(lambda writer: writer.said("appending")[-1:] > [position],
                      f"event {position}")

    def wait_until_still(self):
        """Waits until it appends nothing for longer than between two positions; the position."""
        seen = [(0, time.monotonic())]

        def is_still(writer):
            appending = writer.said("appending")[-1]
            if appending != seen[-1][0]:
                seen.append((appending, time.monotonic()))
            return time.monotonic() - seen[-1][1] > STILL_SECONDS

        self.wait_for(is_still, "rest")
        return seen[-1][0]

    def finish(self, code=0):
        err = self.process.communicate(timeout=WRITER_SECONDS)[1]
        assert self.process.returncode == code, f"exit code {self.process.returncode}: {err}"
        return err

    def kill(self):
        self.process.kill()
        self.process.communicate()


class Stream:
    """A stream of a topic of its own."""

    def __init__(self, servers, zookeeper, folder, topic, *, blocks, block_events, rate,
                 session_ms=10_000, writers_zookeeper=None):
        """`writers_zookeeper`: where the writers find what is at `zookeeper`, if elsewhere."""
        self.event_count, self.block_events = blocks * block_events, block_events
        self.total_count = blocks
        self.topic, self.rate = topic, rate
        self.znode = f"/tests/run/{topic}/CA_1"
        positions = "idempotent" if zookeeper is None else (
            f"zookeeper://{writers_zookeeper or zookeeper}/tests/run")
        self._command = [PROGRAMS / "kafka_position_writer", servers, topic, positions, str(blocks),
                         str(block_events), str(rate), str(session_ms)]
        self._folder, self._starts = folder, 0
        self._keeper = None
        if zookeeper is not None:
            self._keeper = KazooClient(hosts=zookeeper)
            self._keeper.start(timeout=WAIT_SECONDS)
        self.events, self.totals = Tail(servers, topic), Tail(servers, f"{topic}-days")

    def start(self):
        self._starts += 1
        return Writer(self._command, self._folder / f"{self.topic}-{self._starts}.out")

    def position(self):
        """What the znode says; None when it is not there."""
        if self._keeper.exists(self.znode) is None:
            return None
        return json.loads(self._keeper.get(self.znode)[0])

    def check_position(self):
        """That the position is not ahead of the topics, and a total not of its events; returns how
        many events the next writer will repeat."""
        stored = self.position() or {"position": 0, "totals": 0}
        totals = self.totals.read()
        events = self.events.read()
        assert stored["position"] <= events, f"ahead of {events}: {stored}"
        assert stored["totals"] <= totals, f"ahead of {totals}: {stored}"
        assert totals * self.block_events <= events, f"{totals} totals of {events} events"
        return events - stored["position"]

    def check_all(self):
        """Every event and total is there, in order, repeats aside; the number of those."""
        assert self.events.read() == self.event_count
        assert self.totals.read() == self.total_count
        for tail in (self.events, self.totals):
            assert tail.headless == 0
            assert tail.gaps == []
        return self.events.repeats

    def close(self):
        self.events.close()
        self.totals.close()
        if self._keeper is not None:
            self._keeper.stop()
            self._keeper.close()

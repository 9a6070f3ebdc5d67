"""Datasets with the logs of their events, and consumers that fill tables."""

import time

import lib
from dataset_rows import Dataset


class Stream:
    """A dataset, and the log of its events."""

    def __init__(self, tillstream, folder, stores, items, days, *options):
        self.tillstream, self.data, self.log = tillstream, folder / "data", folder / "log"
        lib.synth(tillstream, self.data, stores, items, days)
        self.options = options
        self.dataset = Dataset(self.data)
        self.events = stores * items * days

    def replay(self, *options):
        self.tillstream.check(*lib.replay(self.data, self.log, "-q", *self.options, *options))
        return self

    def consume_arguments(self, sink, *options):
        return ["consume", "--log", str(self.log), *sink, *map(str, options)]

    def consume(self, sink, *options, code=0):
        """To the end of the log."""
        return self.tillstream.check(*self.consume_arguments(sink, "-e", *options), code=code)


def wait_for_sales(database, consumer, rows):
    """Until so many rows are committed, while the consumer runs."""
    end = time.monotonic() + lib.DEADLINE_SECONDS
    while True:
        there = database.server.psql("SELECT count(*) FROM sales", database.name)
        if there.returncode == 0 and int(there.stdout) >= rows:
            return
        assert consumer.process.poll() is None, consumer.stderr
        assert time.monotonic() < end, f"not {rows} rows in time: {there.stdout}{there.stderr}"

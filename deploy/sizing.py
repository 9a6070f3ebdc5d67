#!/usr/bin/env python3
"""How large a server must be for the compose files: the table of README.md.

    sizing.py             prints it
    sizing.py SPEED...    for other speeds, in days of the dataset a second
    sizing.py --update    writes it into README.md

cores = events/s x (generators + brokers + consumer, ns of CPU an event) / 1e9; of a server's
processors at most half is to be busy, so that brokers that were away can catch up.
"""

import math
import pathlib
import sys

SERIES = 30_490  # Events of a day of M5.
HISTORY_EVENTS = 59_181_090
SPEEDS = (1, 2, 5, 10, 20)
FASTEST_EVENTS = 800_000  # A second; what three brokers and the generators did on two cores.

# Nanoseconds of CPU an event, measured on two cores with brokers and clients together.
PRODUCER_NS = 544  # librdkafka, three brokers, event time, lz4, transactions of a million.
BROKERS_NS = 1_933  # All three together, for the same.
READER_NS = 600  # librdkafka, one reader of all events.
# How much more than librdkafka alone our own reading, encoding and decoding may take: the bars of
# the benchmarks.
GENERATOR_FACTOR, CONSUMER_FACTOR = 1.2, 1 / 0.85
BUSY_MAX = 0.5

# MiB. Measured: a generator of one store, the registry, a broker beside its heap (less than this).
# Bounds: what librdkafka holds at most for a client. The rest is estimated.
GENERATORS, GENERATOR_MIB, CLIENT_BUFFERS_MIB = 10, 64, 64
BROKERS, HEAP_MIB, BESIDE_HEAP_MIB = 3, 1024, 400
REGISTRY_MIB, CONSUMER_MIB, UI_MIB, SYSTEM_MIB = 25, 24, 512, 512
# Of events that consumers may want again soon: they are read from memory then.
PAGE_CACHE_SECONDS = 600
EVENT_BYTES = 10  # Compressed, zstd; measured on the embedded log.
REPLICAS = 3

SERVER_CPUS = (2, 4, 8, 16, 32)
SERVER_GIB = (8, 16, 32, 64)

README = pathlib.Path(__file__).with_name("README.md")
BEGIN, END = "<!-- sizing: begin; sizing.py --update writes this -->\n", "<!-- sizing: end -->\n"


def cores(events):
    """(generators, brokers, consumer) that this many events a second keep busy."""
    return tuple(events * ns / 1e9 for ns in (PRODUCER_NS * GENERATOR_FACTOR, BROKERS_NS,
                                              READER_NS * CONSUMER_FACTOR))


def memory_gib(events):
    clients = (GENERATORS + 1) * CLIENT_BUFFERS_MIB + GENERATORS * GENERATOR_MIB + CONSUMER_MIB
    brokers = BROKERS * (HEAP_MIB + BESIDE_HEAP_MIB)
    cache = events * PAGE_CACHE_SECONDS * EVENT_BYTES * REPLICAS / 2**20
    return (clients + brokers + cache + REGISTRY_MIB + UI_MIB + SYSTEM_MIB) / 1024


def server(needed, sizes):
    """The smallest that has it."""
    return next((size for size in sizes if size >= needed), math.ceil(needed))


def row(name, events):
    parts = cores(events)
    return (f"| {name} | {events:,} | " + " | ".join(f"{part:.2f}" for part in parts) +
            f" | {sum(parts):.2f} | {server(sum(parts) / BUSY_MAX, SERVER_CPUS)}"
            f" | {memory_gib(events):.1f} | {server(memory_gib(events), SERVER_GIB)} |\n")


def table(speeds):
    lines = ["| speed | events/s | generators | brokers | consumer | cores busy | vCPU"
             " | GiB used | GiB |\n", "|---|---|---|---|---|---|---|---|---|\n"]
    lines += [row(f"{speed:g}d/s", round(speed * SERIES)) for speed in speeds]
    lines.append(row("fastest seen", FASTEST_EVENTS))
    disk = HISTORY_EVENTS * EVENT_BYTES * REPLICAS / 1e9
    lines.append(f"\nDisk for the whole history, {REPLICAS} copies: {disk:.1f} GB.\n")
    return "".join(lines)


def updated(page):
    before, _, rest = page.partition(BEGIN)
    assert END in rest, f"{README}: the marks are not there"
    return before + BEGIN + table(SPEEDS) + END + rest.partition(END)[2]


def main():
    if sys.argv[1:] == ["--update"]:
        README.write_text(updated(README.read_text(encoding="utf-8")), encoding="utf-8")
    else:
        print(table([float(speed) for speed in sys.argv[1:]] or SPEEDS), end="")


if __name__ == "__main__":
    main()

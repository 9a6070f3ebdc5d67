"""Codec and size of a commit: what they cost the client, the brokers and the disk."""

from kafka_rows import Measured, middle, name_of
from measure import spread

CODECS = ("none", "lz4", "zstd")
COMMITS = (10_000, 100_000, 1_000_000)
# The longest that --commit takes, so that the number of events decides.
COMMIT_MS = 20_000


def trade(bench, report):
    """Every codec with every size, `pairs` rounds of all; the loop and replay."""
    clients = {"producev loop": bench.loop, "replay -b": bench.replay_to_kafka}
    cases = [(name, codec, commit) for codec in CODECS for commit in COMMITS for name in clients]
    runs = {case: [] for case in cases}
    for _ in range(bench.pairs):
        for case in cases:
            name, codec, commit = case
            runs[case].append(clients[name](commit=(commit, COMMIT_MS),
                                            properties=[f"compression.codec={codec}"]))
    for (name, codec, commit), found in runs.items():
        report.parts.append((
            name_of(bench.brokers), codec, f"{commit:,}", name,
            f"{spread(each.rate for each in found).text(2)}",
            f"{middle(found, Measured.cost):.0f}", f"{middle(found, Measured.broker_cost):.0f}",
            f"{middle(found, lambda each: each.disk_bytes / each.events):.1f}",
            f"{middle(found, lambda each: each.others):.1f}"))
    report.parts_head = ("brokers", "codec", "commit, events", "client", "M events/s",
                         "client, ns an event", "brokers, ns an event", "bytes on disk an event",
                         "cores others used")
    report.parts_are = "Codec and size of a commit"

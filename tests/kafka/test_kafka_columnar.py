"""consume --sink duckdb: and parquet: from Kafka: what is committed is there once, whatever is
killed: the generators, the consumer."""

import pathlib
import random
import sys

import pytest

from stream_runs import COMMAND_SECONDS, ended, kill_command_after, kill_while_they_run

sys.path.append(str(pathlib.Path(__file__).parents[1] / "columnar"))

import columnar  # noqa: E402

COMMIT_OFTEN = ("--commit", "2000,50ms")
COMMIT = ("--commit", "1000000,100ms")
# What was taken is kept about once a second.
KILL_SECONDS = 0.8, 2.5
ROUNDS_MAX = 12


@pytest.fixture(params=("duckdb", "parquet"))
def sink(request, runs, tmp_path):
    """Both kinds, each in a place of its own."""
    return columnar.SINKS[request.param](runs.tillstream, tmp_path / "target")


def words(runs, sink, *options):
    return ["consume", *runs.where(), "--sink", f"{sink.kind}:{sink.target}", *options]


def fill(runs, sink):
    """To the end that the topic has now."""
    return runs.tillstream.check(*words(runs, sink, "-e"), timeout=COMMAND_SECONDS)


def rows(sink):
    if not sink.target.exists() or (sink.kind == "parquet" and not sink.files):
        return 0
    with sink.open() as tables:
        return tables.execute("SELECT count(*) FROM sales").fetchone()[0]


def test_generators_that_were_killed_leave_rows_once(runs, sink, full, count):
    kills = 20 if full else 2
    seed = random.randrange(1 << 32)
    stream = kill_while_they_run(runs, f"{sink.kind}-killed", kills, random.Random(seed),
                                 *COMMIT_OFTEN)[-1]
    fill(stream, sink)
    sink.assert_rows(runs.data, f"seed {seed}")
    count(f"Kafka to {sink.kind}: generators killed {kills} times, every row once")


def test_a_consumer_of_a_live_stream_is_killed(runs, sink, full, count):
    wanted = 30 if full else 3
    seed = random.randrange(1 << 32)
    chance = random.Random(seed)
    kills = rounds = kept = 0
    while kills < wanted or kept == 0:
        rounds += 1
        assert rounds <= ROUNDS_MAX, "no start but the last ones came as far as the tables"
        # On a busy machine no start of a round may come as far as the tables: longer, then.
        patience = 1 if kept > 0 else rounds
        sink.target = sink.target.with_name(f"target-{rounds}")
        stream = runs.on(f"{sink.kind}-live-{rounds}")
        stream.replay("--to", "d_3")
        replay = stream.start("--speed", "20d/s" if full else "60d/s", *COMMIT)
        for _ in range(wanted):
            if replay.poll() is not None:
                break
            kill_command_after(runs.tillstream, patience * chance.uniform(*KILL_SECONDS),
                               *words(stream, sink))
            kills += 1
            if sink.kind == "parquet":
                sink.assert_consistent(f"kill {kills}, seed {seed}")
        code, _, err = ended(replay)
        assert code == 0, err
        kept += rows(sink)
        fill(stream, sink)
        sink.assert_rows(runs.data, f"round {rounds}, seed {seed}")
    count(f"Kafka to {sink.kind}: kill -9 of the consumer {kills} times in {rounds} streams, every "
          f"row once (seed {seed})")

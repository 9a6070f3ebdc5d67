"""`tillstream forecast` on a real broker: the same forecasts as on the embedded log, each once for a
read_committed reader, whenever the process is killed, and one that was replaced writes nothing."""

import collections
import contextlib
import json
import random
import signal
import subprocess
import time

import pytest

from stream_runs import COMMAND_SECONDS, ended

EVERY = ("--every", "week")


def arguments(runs, snapshot, *options):
    return ["forecast", "--data", str(runs.data), *runs.where(), "--snapshot", str(snapshot), "-e",
            *EVERY, *options]


def lines(tillstream, topic, *where):
    """How often each record is there, by its JSON."""
    done = tillstream.check("consume", *where, "-t", topic, "-e", "--format", "json",
                            timeout=COMMAND_SECONDS)
    return collections.Counter(done.stdout.splitlines())


def published(runs, topic):
    where = ("-b", runs.bootstrap, "--registry", runs.registry)
    return {name: lines(runs.tillstream, topic + name, *where) for name in ("-forecasts", "-scores")}


@pytest.fixture(scope="module")
def on_the_log(tillstream, runs, tmp_path_factory):
    """What an uninterrupted run publishes on the embedded log."""
    log = tmp_path_factory.mktemp("embedded") / "log"
    tillstream.check("replay", "--data", runs.data, "--log", log, "-q")
    tillstream.check("forecast", "--data", runs.data, "--log", log, "-e", *EVERY)
    return {name: lines(tillstream, "sales" + name, "--log", log)
            for name in ("-forecasts", "-scores")}


def assert_once(found, expected, context):
    for name, wanted in expected.items():
        twice = [json.loads(line)["origin_day"] for line, count in found[name].items() if count > 1]
        assert twice == [], f"{context}: {name} twice, from origins {sorted(set(twice))}"
        assert found[name] == wanted, f"{context}: {name}"


def test_killed_at_any_time_every_forecast_is_there_once(tillstream, runs, on_the_log, full, count,
                                                         tmp_path):
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    wanted, kills, number = (50 if full else 4), 0, 0
    while kills < wanted:
        stream = runs.on(f"forecast-{number}")
        snapshot = tmp_path / f"{number}.snapshot"
        number += 1
        stream.replay("-q")
        code = None
        while code != 0:
            process = subprocess.Popen([tillstream.path, *arguments(stream, snapshot, "-q")],
                                       stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                       stderr=subprocess.PIPE, text=True)
            if kills < wanted:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(chance.uniform(0.1, 2.5))
                if process.poll() is None:
                    process.kill()
                    kills += 1
            code, _, err = ended(process)
            assert code in (0, -signal.SIGKILL), f"seed {seed}: {code} {err}"
        assert_once(published(runs, stream.topic), on_the_log, f"seed {seed}, {stream.topic}")
    count(f"kafka: forecast: {kills} random kills in {number} streams, every forecast and score once "
          f"(seed {seed})")


def test_a_second_one_takes_over_and_the_first_ends(tillstream, runs, on_the_log, tmp_path):
    stream = runs.on("forecast-two")
    stream.replay("--to", "d_200", "-q")
    command = arguments(stream, tmp_path / "first.snapshot")
    command.remove("-e")
    first = subprocess.Popen([tillstream.path, *command], stdin=subprocess.DEVNULL,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        end = time.monotonic() + COMMAND_SECONDS
        while not tillstream.run("consume", "-b", runs.bootstrap, "--registry", runs.registry, "-t",
                                 stream.topic + "-forecasts", "-e", "-c", 1).stdout:
            assert time.monotonic() < end and first.poll() is None
        tillstream.check(*arguments(stream, tmp_path / "second.snapshot"), timeout=COMMAND_SECONDS)
        stream.replay("-q")
        code, _, err = ended(first)
    finally:
        first.kill()
    assert code == 7, err
    tillstream.check(*arguments(stream, tmp_path / "second.snapshot"), timeout=COMMAND_SECONDS)
    assert_once(published(runs, stream.topic), on_the_log, "taken over")

"""--metrics: what a running replay and a consumer serve, against what position show says; /healthz in
each of its states, provoked for real."""

import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import threading

import pytest

from scraping import Served, served, wait_until

sys.path.append(str(pathlib.Path(__file__).parent / "crash"))
from supervised import generators  # noqa: E402

STORES, ITEMS, DAYS = 3, 100, 400
STORE_EVENTS = ITEMS * DAYS
DOCUMENTED = re.compile(r"^\| `(tillstream_\w+)` \| (\w+) \|", re.M)


@pytest.fixture(scope="module")
def data(tillstream, tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    tillstream.check("synth", "--out", folder, "--stores", STORES, "--items", ITEMS, "--days", DAYS,
                     "-q")
    return folder


def replay(data, log, *options):
    return ["replay", "--data", data, "--log", log, *options]


def positions(tillstream, log, *options):
    shown = json.loads(tillstream.check("position", "show", "--log", log, "--json", *options).stdout)
    return {row["store"]: row for row in shown}


def written(command):
    """Store -> durable events, as /metrics has them."""
    values, _ = command.metrics()
    return {dict(labels)["store"]: int(value) for (name, labels), value in values.items()
            if name == "tillstream_replay_position_events"}


def test_a_paced_replay_and_its_consumer_tell_what_position_show_tells(
        tillstream, data, source, tmp_path, count):
    log = tmp_path / "log"
    with served(tillstream, *replay(data, log, "--speed", "30d/s", "--sync", "64KiB,50ms")) as run:
        run.wait_for_state("ok")
        wait_until(lambda: (log / "sales-2").exists(), "the topic")
        with served(tillstream, "consume", "--log", log, "-g", "watch", "--sink", "count") as reader:
            wait_until(lambda: min(written(run).values(), default=0) > 0, "events")
            compared = 0
            while compared < 5:
                before = written(run)
                shown = positions(tillstream, log)
                for store, row in shown.items():
                    wait_until(lambda: written(run)[store] >= row["position"], "what is shown")
                    assert before[store] <= row["position"]
                compared += 1
            wait_until(lambda: run.value("tillstream_replay_written_lag_seconds", store="CA_1") < 5,
                       "little lag")
            assert reader.value("tillstream_consume_partitions") == STORES

            # In a pause nothing moves: equal to the event.
            run.process.send_signal(signal.SIGUSR1)
            wait_until(lambda: run.value("tillstream_replay_paused") == 1, "the pause")
            wait_until(lambda: all(run.value("tillstream_replay_queue_events", store=store) == 0
                                   for store in shown), "everything is durable")
            wait_until(lambda: written(run) == {
                store: row["position"] for store, row in positions(tillstream, log).items()},
                "the positions shown")
            shown = positions(tillstream, log)
            for store, row in shown.items():
                assert run.value("tillstream_replay_next_day", store=store) == row["next_day"]
                assert 0 < row["position"] < STORE_EVENTS
                here = {"topic": "sales", "partition": str(row["partition"])}
                wait_until(lambda: reader.value("tillstream_consume_position_offset", **here)
                           == row["position"], "the reader")
                wait_until(lambda: reader.value("tillstream_consume_lag_records", **here) == 0,
                           "no lag")
                wait_until(lambda: reader.value("tillstream_consume_end_offset", **here)
                           == row["position"], "the end")
            wait_until(lambda: all(row["lag"] == 0 for row in
                                   positions(tillstream, log, "-g", "watch").values()), "the group")
            total = sum(row["position"] for row in shown.values())
            assert reader.value("tillstream_consume_read_records_total") == total
            assert run.health() == (200, {"state": "ok"})
            # Nothing new is no stall.
            assert reader.health() == (200, {"state": "ok"})

            documented = dict(DOCUMENTED.findall(
                (source / "docs" / "operating.md").read_text(encoding="utf-8")))
            types = {**run.metrics()[1], **reader.metrics()[1]}
            assert {name: documented.get(name) for name in types} == types

            run.process.send_signal(signal.SIGUSR2)
            assert run.end()[0] == 0, run.said
            wait_until(lambda: reader.value("tillstream_consume_read_records_total")
                       == STORES * STORE_EVENTS, "all events")
            assert reader.end(signal.SIGTERM)[0] == 143, reader.said
    count(f"metrics: position, lag and counts of a paced replay and its reader equal position show, "
          f"{len(types)} metrics of the documented types")


def test_a_generator_that_stands_still_is_a_stall_until_it_goes_on(tillstream, data, tmp_path):
    command = replay(data, tmp_path / "log", "--processes", "--speed", "40d/s", "--sync",
                     "64KiB,50ms", "--stalled-after", 2)
    with served(tillstream, *command) as run:
        wait_until(lambda: min(written(run).values(), default=0) > 0, "events")
        run.wait_for_state("ok")
        running = generators(run.process.pid)
        assert len(running) == STORES
        # They have nothing of the server: its port is free when it ends.
        for pid in running.values():
            links = [os.readlink(link) for link in pathlib.Path(f"/proc/{pid}/fd").iterdir()]
            assert not [link for link in links if link.startswith("socket:")], links
        store, pid = sorted(running.items())[1]
        os.kill(pid, signal.SIGSTOP)
        stalled = run.wait_for_state("stalled")
        assert re.fullmatch(rf"store {store}: no progress for \d+ s; d_\d+ is due",
                            stalled["reason"]), stalled
        assert len(stalled["reasons"]) == 1, stalled
        os.kill(pid, signal.SIGCONT)
        run.wait_for_state("ok")
        assert run.value("tillstream_replay_generators", state="running") == STORES
        os.kill(pid, signal.SIGKILL)
        wait_until(lambda: run.value("tillstream_replay_errors_total", store=store,
                                     reason="process died") == 1, "the death")
        run.wait_for_state("ok")
        assert run.end()[0] == 0, run.said


def test_a_replay_that_catches_up_is_slow_and_not_stalled(tillstream, data, tmp_path):
    log = tmp_path / "log"
    with served(tillstream, *replay(data, log, "--speed", "1d/s", "--sync", "0,0s")) as run:
        wait_until(lambda: min(written(run).values(), default=0) > 0, "a day")
        assert run.end(signal.SIGINT)[0] == 130, run.said
    # As if it had been stopped an hour ago.
    clock = log / "sales.clock.json"
    stored = json.loads(clock.read_text(encoding="utf-8"))
    assert "wall_ms" in stored, stored
    stored["wall_ms"] -= 3_600_000
    clock.write_text(json.dumps(stored), encoding="utf-8")
    command = replay(data, log, "--speed", "1d/s", "--catch-up", "--sync", "0,0s", "--threads", 1)
    with served(tillstream, *command) as run:
        slow = run.wait_for_state("slow")
        assert re.fullmatch(r"store \w+: \d+ s behind", slow["reason"]), slow
        assert run.end(signal.SIGINT)[0] == 130, run.said


class SlowPipe:
    """Reads what a command prints a piece at a time, or not at all, or all of it."""

    PIECE_BYTES = 32 << 10
    PAUSE_SECONDS = 0.05

    def __init__(self, stream):
        self.is_stopped, self.is_fast = threading.Event(), threading.Event()
        self._turn = threading.Condition()
        self._thread = threading.Thread(target=self._read, args=(stream.fileno(),))
        self._thread.start()

    def _read(self, descriptor):
        while os.read(descriptor, self.PIECE_BYTES):
            with self._turn:
                if not self.is_fast.is_set():
                    self._turn.wait(self.PAUSE_SECONDS)
                self._turn.wait_for(lambda: not self.is_stopped.is_set())

    def stop(self):
        self.is_stopped.set()

    def finish(self):
        with self._turn:
            self.is_stopped.clear()
            self.is_fast.set()
            self._turn.notify_all()

    def join(self):
        self.finish()
        self._thread.join()


def test_a_consumer_is_slow_behind_a_slow_pipe_and_stalled_behind_one_that_nobody_reads(
        tillstream, data, tmp_path):
    log = tmp_path / "log"
    tillstream.check(*replay(data, log, "-q"))
    consumer = Served(tillstream, ["consume", "--log", log, "--format", "json", "--stalled-after", 3],
                      stdout=subprocess.PIPE)
    pipe = SlowPipe(consumer.process.stdout)
    try:
        slow = consumer.wait_for_state("slow")
        assert re.fullmatch(r"sales-\d: \d+ s behind", slow["reason"]), slow
        pipe.stop()
        stalled = consumer.wait_for_state("stalled")
        assert re.fullmatch(r"sales-\d: no progress for \d+ s; [\d,]+ records to read",
                            stalled["reason"]), stalled
        pipe.finish()
        consumer.wait_for_state("ok")
        wait_until(lambda: consumer.value("tillstream_consume_read_records_total")
                   == STORES * STORE_EVENTS, "all events")
        assert consumer.end(signal.SIGTERM)[0] == 143, consumer.said
    finally:
        consumer.process.kill()
        pipe.join()
        consumer.end()


def test_an_address_that_is_none_or_in_use_ends_the_command_with_one_line(tillstream, data, tmp_path):
    log = tmp_path / "log"
    with served(tillstream, *replay(data, log, "--speed", "1d/s")) as run:
        run.wait_for_state("ok")
        used = re.search(r"http://(\S+)/metrics", run.said)[1]
        for command in (replay(data, tmp_path / "other"), ["consume", "--log", log]):
            for address, code, message in (
                    (used, 5, f"error: --metrics: {used}: address already in use\n"),
                    ("9464", 2, 'error: --metrics: "9464" is not an address; write HOST:PORT\n')):
                done = tillstream.check(*command, "--metrics", address, code=code)
                assert (done.stdout, done.stderr) == ("", message)
        assert not (tmp_path / "other").exists()
        assert run.get("/nothing")[0] == 404

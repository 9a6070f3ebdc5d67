"""The clock of a run: who begins it, who pauses it, who takes it over; with a generator process a
store and in one process."""

import contextlib
import os
import re
import signal
import time

import pytest

import lib
from supervised import (clock_of, generators, lines_with, processes, wait_for_generators,
                        wait_until)


def test_a_supervisor_that_gets_no_store_leaves_the_clock_alone(tillstream, small, work):
    log = work / "log"
    with lib.child([tillstream.path, *lib.replay(small, log, "--speed", "5d/s", "-v")]) as holder:
        assert holder.wait_for_lines("durable: ", 1)
        begun = clock_of(log)
        done = tillstream.check(*processes(small, log, "--speed", "50d/s", "-q"), code=7)
        assert re.fullmatch(
            rf"error: log: sales-0: another writer holds it \(process {holder.process.pid} on \S+\); "
            r"wait for its end, or stop it; all 2 stores are held\n", done.stderr), done.stderr
        assert clock_of(log) == begun
        holder.send(signal.SIGTERM)
        assert holder.wait() == 143


@pytest.mark.parametrize("mode", ["processes", "one process"])
def test_a_pause_moves_the_clock_and_writes_nothing(tillstream, small, work, mode):
    oracle = lib.make_oracle(tillstream, small, work / "oracle")
    log = work / "log"
    options = ("-v", "--speed", "20d/s")
    make = processes if mode == "processes" else lib.replay
    with lib.child([tillstream.path, *make(small, log, *options)]) as child:
        assert child.wait_for_lines("durable: CA_1", 3)
        begun = clock_of(log)
        child.send(signal.SIGUSR1)
        assert child.wait_for_lines("paused; SIGUSR2 goes on", 1)
        wait_until(lambda: "paused_ms" in clock_of(log), "the stored clock stands still")
        paused = clock_of(log)
        assert paused["wall_ms"] == begun["wall_ms"]
        if mode == "processes":
            # A generator that is started now is paused too.
            pid = generators(child.process.pid)["TX_1"]
            os.kill(pid, signal.SIGKILL)
            wait_until(lambda: generators(child.process.pid).get("TX_1", pid) != pid, "a new one")
        # Several days would be due in that time.
        positions = lib.durable_positions(child.stderr)
        wait_until(lambda: time.time() * 1000 > paused["paused_ms"] + 1500, "a while")
        now = lib.durable_positions(child.stderr)
        # What was written before the pause may become durable in it: two days at most.
        assert all(now[store] - position <= 10 for store, position in positions.items()), (positions,
                                                                                        now)
        child.send(signal.SIGUSR2)
        assert child.wait_for_lines("goes on", 2), child.stderr
        wait_until(lambda: "paused_ms" not in clock_of(log), "the stored clock goes on")
        assert clock_of(log)["wall_ms"] >= begun["wall_ms"] + 1500
        assert child.wait() == 0, child.stderr[-3000:]
    lib.assert_same(log, oracle, "paused")


@pytest.mark.parametrize("mode", ["processes", "one process"])
def test_a_pause_ends_with_a_durable_stop(tillstream, small, work, mode):
    log = work / "log"
    make = processes if mode == "processes" else lib.replay
    with lib.child([tillstream.path, *make(small, log, "-v", "--speed", "20d/s")]) as child:
        assert child.wait_for_lines("durable: CA_1", 2)
        child.send(signal.SIGUSR1)
        wait_until(lambda: "paused_ms" in clock_of(log), "the stored clock stands still")
        child.send(signal.SIGTERM)
        assert child.wait() == 143, child.stderr
    assert "paused_ms" not in clock_of(log)


@pytest.mark.parametrize("mode", ["processes", "one process"])
def test_a_pause_whose_owner_is_gone_is_told_of_and_taken_over(tillstream, small, work, mode):
    log = work / "log"
    with lib.child([tillstream.path, *lib.replay(small, log, "-v", "--speed", "50d/s")]) as child:
        assert child.wait_for_lines("durable: CA_1", 2)
        child.send(signal.SIGUSR1)
        wait_until(lambda: "paused_ms" in clock_of(log), "the stored clock stands still")
        child.kill()
    paused = clock_of(log)
    make = processes if mode == "processes" else lib.replay
    command = [tillstream.path, *make(small, log, "-q", "--store", "CA_1")]
    waiting = "warning: clock: the run is paused; waits until it goes on; SIGUSR2 ends the pause\n"
    with lib.child([*command, "--speed", "9d/s"]) as child, lib.child(
            [tillstream.path, *lib.replay(small, log, "-q", "--store", "TX_1", "--speed", "9d/s")
             ]) as other:
        assert child.wait_for_lines(waiting.strip(), 1), child.stderr
        assert other.wait_for_lines(waiting.strip(), 1), other.stderr
        assert clock_of(log) == paused
        child.send(signal.SIGUSR2)
        assert child.wait() == 0 and child.stderr == waiting
        moved = clock_of(log)
        assert "paused_ms" not in moved and moved["wall_ms"] > paused["wall_ms"]
        # Who only waits sees that it goes on.
        assert other.wait() == 0 and other.stderr == waiting


def test_the_generators_go_on_when_the_clock_could_be_stored(tillstream, small, work):
    oracle = lib.make_oracle(tillstream, small, work / "oracle")
    log = work / "log"
    with lib.child([tillstream.path, *processes(small, log, "-v", "--speed", "50d/s")]) as child:
        assert child.wait_for_lines("durable: CA_1", 2)
        child.send(signal.SIGUSR1)
        wait_until(lambda: "paused_ms" in clock_of(log), "the stored clock stands still")
        in_the_way = log / "sales.clock.json.tmp"
        in_the_way.mkdir()
        child.send(signal.SIGUSR2)
        assert child.wait_for_lines("warning: clock: not stored: ", 1), child.stderr
        assert len(lines_with(child, "goes on")) == 1
        in_the_way.rmdir()
        assert child.wait() == 0, child.stderr[-3000:]
        told = lines_with(child, "warning: ")
        assert len(told) == 1 and told[0].endswith("is a directory; tries again"), told
    lib.assert_same(log, oracle, "went on late")


def test_generators_that_are_started_together_have_one_clock(tillstream, small, work):
    log = work / "log"
    tillstream.check(*lib.replay(small, log, "--to", "d_1", "-q"))
    with contextlib.ExitStack() as stack:
        ran = [stack.enter_context(lib.child(
            [tillstream.path, *lib.replay(small, log, "--store", store, "--to", "d_5", "--speed",
                                          "20d/s")])) for store in ("CA_1", "TX_1")]
        assert [child.wait() for child in ran] == [0, 0]
        assert sum(len(lines_with(child, "clock: joins the run's, which goes at 20d/s"))
                   for child in ran) == 1


def test_a_pause_at_full_speed_ends_when_it_is_told_to(tillstream, medium, work):
    oracle = lib.make_oracle(tillstream, medium, work / "oracle")
    log = work / "log"
    with lib.child([tillstream.path, *processes(medium, log)]) as child:
        wait_for_generators(child, 1)
        child.send(signal.SIGUSR1)
        assert child.wait_for_lines("paused; SIGUSR2 goes on", 1) or child.process.poll() == 0
        child.send(signal.SIGUSR2)
        assert child.wait() == 0, child.stderr[-3000:]
    lib.assert_same(log, oracle, "paused at full speed")


def test_catch_up_keeps_the_schedule_and_without_it_a_new_one_begins(tillstream, small, work):
    for make in (processes, lib.replay):
        log = work / "log"
        lib.clear(log)
        tillstream.check(*make(small, log, "--speed", "50d/s", "--to", "d_11", "-q"))
        begun = clock_of(log)
        done = tillstream.check(*make(small, log, "--speed", "50d/s", "--to", "d_21", "--catch-up"))
        assert "clock: joins the run's, which goes at 50d/s" in done.stderr
        assert clock_of(log) == begun
        done = tillstream.check(*make(small, log, "--speed", "50d/s", "--to", "d_31", "-q"))
        assert clock_of(log)["wall_ms"] > begun["wall_ms"]
        assert clock_of(log)["simulated_ms"] - begun["simulated_ms"] == 20 * 86_400_000

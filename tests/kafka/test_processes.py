"""replay --processes on a real broker, and generators that are started by hand: exactly once under
kills, and a generator that was replaced writes nothing."""

import contextlib
import os
import pathlib
import random
import re
import signal
import time

from conftest import DAYS, ITEMS, STORES
from stream_runs import COMMAND_SECONDS, ended, wait_for_line

EVENTS = STORES * ITEMS * DAYS
# A run takes five seconds, with many transactions.
PACED = ("--speed", "60d/s", "--commit", "2000,50ms")
SLOWLY = ("--speed", "20d/s", "--commit", "1000000,200ms")


def generators(supervisor):
    """Store -> process id, of the generators that run."""
    found = {}
    with contextlib.suppress(OSError):
        children = pathlib.Path(f"/proc/{supervisor}/task/{supervisor}/children").read_text()
        for pid in map(int, children.split()):
            with contextlib.suppress(OSError):
                words = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")
                if "--supervised" in words:
                    found[words[words.index("--supervised") + 1].split(",")[3]] = pid
    return found


def wait_until(condition, what):
    end = time.monotonic() + COMMAND_SECONDS
    while not condition():
        assert time.monotonic() < end, what
        time.sleep(0.01)


def assert_once(runs, context):
    assert runs.assert_complete(context) == EVENTS, context
    assert runs.consume()[0]["events"] == EVENTS, context


def kill_while_it_runs(process, wanted, chance, victims):
    """Kills what `victims` gives, at random moments, while the process runs; returns how many."""
    kills = 0
    while kills < wanted and process.poll() is None:
        pids = victims()
        if pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(chance.choice(pids), signal.SIGKILL)
                kills += 1
        with contextlib.suppress(Exception):
            process.wait(chance.uniform(0, 0.8))
    return kills


def test_killed_generators_and_supervisors_go_on_exactly_once(runs, full, count):
    wanted = 50 if full else 4
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    kills = {"generators": 0, "the supervisor": 0}
    number = 0
    while min(kills.values()) < wanted:
        stream = runs.on(f"processes-{number}")
        number += 1
        code = None
        while code != 0:
            process = stream.start("--processes", "--give-up", 1000, *PACED)
            wants_supervisor = kills["the supervisor"] < wanted and chance.random() < 0.7
            if wants_supervisor:
                with contextlib.suppress(Exception):
                    process.wait(chance.uniform(0.2, 3))
                # One that has ended is a zombie still, whose number nobody else has.
                if process.poll() is None:
                    process.kill()
                    kills["the supervisor"] += 1
            else:
                kills["generators"] += kill_while_it_runs(
                    process, wanted - kills["generators"], chance,
                    lambda pid=process.pid: sorted(generators(pid).values()))
            code, _, err = ended(process)
            # The generators of one that was killed may still end while the next begins.
            assert code in (0, -signal.SIGKILL), f"seed {seed}: {code}\n{err[-3000:]}"
        assert_once(stream, f"seed {seed}, {stream.topic}")
    count(f"kafka: {kills['generators']} random kills of generators and {kills['the supervisor']} of "
          f"the supervisor in {number} streams, every event once (seed {seed})")


def test_a_generator_that_wakes_up_after_its_replacement_writes_nothing(runs):
    runs = runs.on("woken")
    process = runs.start("--processes", *SLOWLY)
    wait_until(lambda: len(generators(process.pid)) == STORES, "generators")
    wait_until(lambda: all(store["position"] > 0 for store in runs.positions()), "positions")
    old = generators(process.pid)["CA_1"]
    os.kill(old, signal.SIGSTOP)
    # A replacement on another machine, as one would start it by hand.
    replacement = runs.start("--store", "CA_1", "--to", "d_200", "--commit", "1000000,200ms")
    code, _, err = ended(replacement)
    assert code == 0, err
    position = next(store["position"] for store in runs.positions() if store["store"] == "CA_1")
    assert position == 199 * ITEMS
    os.kill(old, signal.SIGCONT)
    wait_until(lambda: "CA_1" not in generators(process.pid), "the old one has ended")
    assert [store["position"] for store in runs.positions() if store["store"] == "CA_1"] == [position]
    code, _, err = ended(process)
    assert code == 7, err
    told = [line for line in err.splitlines() if line.startswith("error: ")]
    assert len(told) == 1, err
    assert re.fullmatch(
        rf"error: store CA_1: process {old} ended with exit code 7: kafka: woken-0: another writer "
        rf"took the stream over \(process {replacement.pid} on .*\); it goes on from the committed "
        r"position, so leave it to that one, or stop it first; not started again", told[0]), err
    # The others are at their end; the store goes on by itself.
    runs.replay("--store", "CA_1")
    assert_once(runs, "woken")


def test_generators_started_by_hand_in_parallel_are_one_run(runs):
    runs = runs.on("by-hand")
    stores = ["CA_1", "TX_1", "WI_1"]
    started = [runs.start("--store", store) for store in stores]
    for process in started:
        code, _, err = ended(process)
        assert code == 0, err
    assert_once(runs, "by hand")


def test_a_second_supervisor_takes_the_run_over(runs):
    runs = runs.on("two")
    first = runs.start("--processes", *SLOWLY)
    wait_until(lambda: len(generators(first.pid)) == STORES, "generators")
    wait_until(lambda: all(store["position"] > 0 for store in runs.positions()), "positions")
    second = runs.start("--processes", *SLOWLY)
    code, _, err = ended(first)
    assert code == 7, err
    assert err.count("; not started again") == STORES, err
    code, _, err = ended(second, signal.SIGTERM)
    assert code == 143, err
    assert "the same command goes on from there" in err
    runs.replay("--processes")
    assert_once(runs, "two supervisors")


def test_a_stop_is_committed_and_a_pause_stops_the_stored_clock(runs):
    runs = runs.on("paused")
    process = runs.start("--processes", *SLOWLY)
    wait_for_line(process.stderr, "streaming")
    wait_until(lambda: all(store["position"] > 0 for store in runs.positions()), "positions")
    process.send_signal(signal.SIGUSR1)
    wait_for_line(process.stderr, "paused; SIGUSR2 goes on")
    # What is written is committed a moment later, then nothing moves.
    before = None
    def stands():
        nonlocal before
        last, before = before, [store["position"] for store in runs.positions()]
        return last == before
    wait_until(stands, "positions stand still")
    process.send_signal(signal.SIGUSR2)
    wait_for_line(process.stderr, "goes on")
    wait_until(lambda: all(store["position"] > was
                           for store, was in zip(runs.positions(), before)), "it goes on")
    code, _, err = ended(process, signal.SIGINT)
    assert code == 130, err
    runs.replay("--processes")
    assert_once(runs, "paused")


def test_where_positions_are_kept_is_told_once(runs):
    runs = runs.on("told-once")
    done = runs.replay("--processes", "--positions", "idempotent", "--to", "d_3")
    assert done.stderr.count("positions: those of the last records, at least once") == 1, done.stderr

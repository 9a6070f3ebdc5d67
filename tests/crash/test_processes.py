"""replay --processes: a generator process a store under a supervisor. Whatever is killed, stopped or
told to stop, the log ends with the bytes of a plain run."""

import contextlib
import ctypes
import fcntl
import json
import os
import pathlib
import pty
import re
import shlex
import signal
import struct
import termios
import time

import pytest

import lib
from supervised import alive, generators, lines_with, processes, wait_until

# A run of `medium` takes four seconds at this pace.
SPEED = "100d/s"
SYNC = ("--sync", "64KiB,50ms", "--segment-bytes", 1 << 18)
STORES_OF_MEDIUM = 10
# In the table at the end.
RESTARTS = re.compile(r"^\S+ +done +d_\d+ +[\d,]+ +(\d+)", re.MULTILINE)


def test_the_log_is_that_of_a_plain_run(tillstream, medium, work):
    for options in ((), ("--max-skew", 0), ("--plan", "topic"),
                    ("--codec", "none", "--segment-bytes", 1 << 16)):
        lib.clear(work / "oracle")
        lib.clear(work / "log")
        oracle = lib.make_oracle(tillstream, medium, work / "oracle", *options)
        done = tillstream.check(*processes(medium, work / "log", *options))
        lib.assert_same(work / "log", oracle, f"{options}")
        assert "400,000 events durable, d_1 to d_400; wrote 400,000 in" in done.stderr
        again = tillstream.check(*processes(medium, work / "log", *options))
        assert "everything was there already" in again.stderr


def test_the_summary_has_every_store(tillstream, medium, work):
    done = tillstream.check(*processes(medium, work / "log", "--speed", "400d/s", "--json"))
    summary = json.loads(done.stdout)
    assert summary["done"] and summary["events_durable"] == 400_000
    assert len(summary["stores"]) == STORES_OF_MEDIUM
    for store in summary["stores"]:
        assert store["state"] == "done" and store["restarts"] == 0, store
        assert store["events_written"] == 40_000
        assert 0 <= store["lag_seconds_p50"] <= store["lag_seconds_p99"] <= store["lag_seconds_max"]
    # Also of a replay in one process.
    one = json.loads(tillstream.check(*lib.replay(medium, work / "one", "--speed", "400d/s",
                                                  "--json")).stdout)
    for store in one["stores"]:
        assert 0 <= store["lag_seconds_p50"] <= store["lag_seconds_p99"] <= store["lag_seconds_max"]


def kill_generators(child, wanted, rng, what):
    """Kills random generators until so many were killed or the run is over; returns how many."""
    kills = 0
    while kills < wanted and child.process.poll() is None:
        running = generators(child.process.pid)
        if running:
            pid = rng.choice(sorted(running.values()))
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
                kills += 1
        child.wait_for_end(rng.uniform(0, 0.3))
    assert child.process.poll() in (None, 0), f"{what}\n{child.stderr[-3000:]}"
    return kills


def test_generators_killed_at_random_moments_resume_by_themselves(
        tillstream, medium, work, full, rng, seed, count):
    oracle = lib.make_oracle(tillstream, medium, work / "oracle", *SYNC)
    log = work / "log"
    wanted, kills, runs, told = (50 if full else 10), 0, 0, 0
    while kills < wanted:
        lib.clear(log)
        # A generator that dies before it has written a day comes nearer to being given up.
        command = processes(medium, log, "--speed", SPEED, "--give-up", 1000, *SYNC)
        with lib.child([tillstream.path, *command]) as child:
            kills += kill_generators(child, wanted - kills, rng, f"seed {seed}")
            assert child.wait() == 0, child.stderr[-3000:]
            restarts = sum(map(int, RESTARTS.findall(child.stderr)))
            assert restarts == child.stderr.count("was killed by signal 9; starts again in ")
            told += restarts
        lib.assert_same(log, oracle, f"generators killed (seed {seed})")
        runs += 1
    # One that was at its end anyway is not started again.
    assert wanted / 2 < told <= kills
    count(f"processes: {kills} random kills of generators in {runs} paced runs, all byte-identical "
          f"(seed {seed})")


def test_a_supervisor_killed_at_random_moments_leaves_no_orphans_and_goes_on(
        tillstream, medium, work, full, rng, seed, count):
    oracle = lib.make_oracle(tillstream, medium, work / "oracle", *SYNC)
    log = work / "log"
    wanted, kills, runs = (50 if full else 6), 0, 0
    command = [tillstream.path, *processes(medium, log, "--speed", SPEED, *SYNC)]
    while kills < wanted:
        lib.clear(log)
        over = False
        while not over:
            with lib.child(command) as child:
                if kills < wanted:
                    child.wait_for_end(rng.uniform(0, 1.5))
                    running = generators(child.process.pid).values()
                    over = child.kill() != -signal.SIGKILL
                    kills += not over
                    # The next one does not wait for the generators of this one every time.
                    if rng.random() < 0.5:
                        wait_until(lambda: not any(map(alive, running)), f"no orphans (seed {seed})")
                else:
                    assert child.wait() == 0, child.stderr[-3000:]
                    over = True
        lib.assert_same(log, oracle, f"supervisors killed (seed {seed})")
        runs += 1
    count(f"processes: {kills} random kills of the supervisor in {runs} paced runs, no orphan, all "
          f"byte-identical (seed {seed})")


@pytest.mark.parametrize("number, code", [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_stops_all_of_them_durably(tillstream, medium, work, number, code):
    log = work / "log"
    command = [tillstream.path, *processes(medium, log, "-v", "--speed", SPEED)]
    oracle = lib.make_oracle(tillstream, medium, work / "oracle")
    with lib.child(command) as child:
        assert child.wait_for_lines("durable: ", 50)
        running = generators(child.process.pid)
        assert len(running) == STORES_OF_MEDIUM
        child.send(number)
        assert child.wait() == code, child.stderr[-3000:]
        assert not any(map(alive, running.values()))
        told = re.search(r"^sales: ([\d,]+) events durable, stopped at", child.stderr, re.MULTILINE)
        assert told, child.stderr[-3000:]
        assert child.stderr.splitlines()[-2] == "the same command goes on from there"
    rows = json.loads(tillstream.check("verify", "--data", medium, "--log", log, "--json").stdout)
    assert sum(row["events_equal"] for row in rows) == int(told[1].replace(",", ""))
    lib.resume(tillstream, processes(medium, log), log, oracle, "stopped")


@contextlib.contextmanager
def held_as_by_a_debugger(pid):
    """The main thread of a process does nothing, whatever signals it gets."""
    ptrace = ctypes.CDLL(None, use_errno=True).ptrace
    ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
    attach, detach, wait_for_any_thread = 16, 17, 0x40000000
    if ptrace(attach, pid, None, None) != 0:
        pytest.skip(f"ptrace: {os.strerror(ctypes.get_errno())}")
    os.waitpid(pid, wait_for_any_thread)
    try:
        yield
    finally:
        ptrace(detach, pid, None, None)


def test_a_second_signal_ends_them_at_once(tillstream, medium, work):
    log = work / "log"
    with lib.child([tillstream.path, *processes(medium, log, "-v", "--speed", "1d/s")]) as child:
        assert child.wait_for_lines("durable: CA_1", 1)
        running = generators(child.process.pid)
        with held_as_by_a_debugger(running["CA_1"]):
            child.send(signal.SIGINT)
            wait_until(lambda: len(generators(child.process.pid)) == 1, "the others have stopped")
            child.send(signal.SIGINT)
            assert child.wait() == 130
        wait_until(lambda: not alive(running["CA_1"]), "the last one has ended")


def test_a_generator_that_stands_still_is_continued_for_a_stop(tillstream, small, work):
    log = work / "log"
    with lib.child([tillstream.path, *processes(small, log, "-v", "--speed", "20d/s")]) as child:
        assert child.wait_for_lines("durable: CA_1", 2)
        os.kill(generators(child.process.pid)["CA_1"], signal.SIGSTOP)
        child.send(signal.SIGTERM)
        assert child.wait(8) == 143, child.stderr
        assert not lines_with(child, "warning: ") and not lines_with(child, "error: ")


def test_closed_standard_descriptors_are_no_ones(tillstream, small, work):
    oracle = lib.make_oracle(tillstream, small, work / "oracle")
    log = work / "log"
    command = shlex.join(map(str, [tillstream.path, *processes(small, log)]))
    done = lib.subprocess.run(["sh", "-c", f"exec {command} <&- >&-"], capture_output=True,
                              text=True, timeout=lib.DEADLINE_SECONDS, check=False)
    assert done.returncode == 0 and "warning: " not in done.stderr, done.stderr
    lib.assert_same(log, oracle, "without stdin and stdout")


def test_a_generator_that_stands_still_is_replaced(tillstream, small, work):
    oracle = lib.make_oracle(tillstream, small, work / "oracle")
    log = work / "log"
    with lib.child([tillstream.path, *processes(small, log, "-v", "--speed", "20d/s")]) as child:
        assert child.wait_for_lines("durable: CA_1", 2)
        pid = generators(child.process.pid)["CA_1"]
        os.kill(pid, signal.SIGSTOP)
        # The other store goes on to its end meanwhile; this one's lock refuses everybody.
        assert child.wait_for_lines("durable: TX_1 position 300", 1)
        refused = tillstream.check(*lib.replay(small, log, "--store", "CA_1"), code=7)
        assert f"another writer holds it (process {pid} on " in refused.stderr
        assert alive(pid)
        assert child.wait() == 0, child.stderr[-3000:]
        assert (f"warning: store CA_1: process {pid} has been stopped for 10 s; kills and replaces "
                "it") in child.stderr
    lib.assert_same(log, oracle, "stopped and replaced")


def test_a_generator_that_is_stopped_by_hand_is_started_again(tillstream, small, work):
    oracle = lib.make_oracle(tillstream, small, work / "oracle")
    log = work / "log"
    with lib.child([tillstream.path, *processes(small, log, "-v", "--speed", "20d/s")]) as child:
        assert child.wait_for_lines("durable: CA_1", 2)
        pid = generators(child.process.pid)["CA_1"]
        os.kill(pid, signal.SIGTERM)
        assert child.wait() == 0, child.stderr[-3000:]
        assert (f"warning: store CA_1: process {pid} ended with exit code 143; starts again in 0.1 "
                "s") in child.stderr
    lib.assert_same(log, oracle, "a generator was stopped")


def test_a_second_supervisor_is_refused_and_told_who_is_there(tillstream, small, work):
    log = work / "log"
    with lib.child([tillstream.path, *processes(small, log, "--speed", "5d/s", "-v")]) as child:
        assert child.wait_for_lines("durable: ", 1)
        second = tillstream.check(*processes(small, log), code=7)
        assert re.fullmatch(
            rf"error: log: topic sales: another supervisor runs its generators \(process "
            rf"{child.process.pid} on \S+\); wait for its end, or stop it",
            second.stderr.splitlines()[-1]), second.stderr
        assert child.process.poll() is None
        child.send(signal.SIGTERM)
        assert child.wait() == 143


def test_a_store_that_dies_again_and_again_is_given_up_and_the_others_finish(
        tillstream, small, work):
    log = work / "log"
    oracle = lib.make_oracle(tillstream, small, work / "oracle")
    tillstream.check(*lib.replay(small, log, "--to", "d_20", "-q"))
    segment = log / "sales-0" / "00000000000000000000.log"
    content = bytearray(segment.read_bytes())
    content[200] ^= 1
    segment.write_bytes(content)
    done = tillstream.check(*processes(small, log, "--give-up", 2), code=1)
    errors = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    assert len(errors) == 1, done.stderr
    assert re.match(r"error: store CA_1: given up after 2 deaths in a row without a day written; "
                    r"the last: process \d+ ended with exit code 4: log: sales-0/0+\.log: ",
                    errors[0]), done.stderr
    assert re.search(r"^CA_1 +given up ", done.stderr, re.MULTILINE), done.stderr
    assert re.search(r"^TX_1 +done ", done.stderr, re.MULTILINE), done.stderr
    tillstream.check(*lib.replay(small, log, "--repair", "-q"))
    lib.assert_same(log, oracle, "given up, then repaired")


def test_a_store_that_another_writer_holds_is_given_up_with_that_exit_code(
        tillstream, small, work):
    log = work / "log"
    with lib.child([tillstream.path, *lib.replay(small, log, "--store", "CA_1", "--speed", "1d/s",
                                                 "-v")]) as holder:
        assert holder.wait_for_lines("durable: ", 1)
        done = tillstream.check(*processes(small, log, "--give-up", 2, "--to", "d_3"), code=7)
        assert "store CA_1: given up after 2 deaths" in done.stderr
        assert "another writer holds it" in done.stderr
        assert re.search(r"^TX_1 +done ", done.stderr, re.MULTILINE), done.stderr
        holder.send(signal.SIGTERM)
        assert holder.wait() == 143


def shown_on_a_terminal(tillstream, data, log, lines, columns):
    """What a run shows on a terminal of that size."""
    master, terminal = pty.openpty()
    try:
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        command = [tillstream.path, *processes(data, log, "--speed", "40d/s")]
        process = lib.subprocess.Popen([str(word) for word in command], stderr=terminal,
                                       stdin=lib.subprocess.DEVNULL)
        os.close(terminal)
        seen = b""
        with contextlib.suppress(OSError):
            while chunk := os.read(master, 65536):
                seen += chunk
        assert process.wait(lib.DEADLINE_SECONDS) == 0
    finally:
        os.close(master)
    return seen.decode()


def test_the_table_is_redrawn_in_place_on_a_terminal(tillstream, small, work):
    shown = shown_on_a_terminal(tillstream, small, work / "log", 24, 80)
    assert re.search(r"store  process +day +position  events/s  lag s  restarts\r\n", shown), shown
    assert re.search(r"CA_1 +\d+ +d_\d+ +\d+ +\d+ +\d+\.\d{3} +0\r\n", shown), shown
    # Two stores, a head and a line below: three up, and all of it cleared.
    assert "\r\x1b[3A\x1b[J" in shown, shown


def test_the_table_is_cut_to_the_terminal(tillstream, small, work):
    shown = shown_on_a_terminal(tillstream, small, work / "narrow", 24, 20)
    rows = re.findall(r"(store  process[^\r]*)\r\n(CA_1[^\r]*)\r\n(TX_1[^\r]*)\r\n(d_[^\r]*)\r",
                      shown)
    assert rows and all(len(row) <= 20 for table in rows for row in table), shown
    # Four lines, where there are three: the last alone.
    shown = shown_on_a_terminal(tillstream, small, work / "low", 3, 80)
    assert "store  process" not in shown and re.search(r"\r\x1b\[Kd_\d+ ", shown), shown


def test_bad_input_is_told_in_one_line(tillstream, small, work):
    log = work / "log"
    for options, code, message in (
            (("--catch-up",), 2,
             "error: --catch-up: needs a --speed; at max there is no schedule to keep"),
            (("--store", "CA_2"), 2,
             'error: store "CA_2": not among the 2 stores of sales_train_evaluation.csv; did you '
             "mean CA_1"),
            (("--repair",), 2,
             "error: --repair, --processes: needed one of them; repair first, without processes"),
            (("--plan", "size"), 2,
             "error: --processes: under plan size stores share partitions of the embedded log, "
             "which have one writer each; leave --processes out, or use -b or another --plan"),
            (("--give-up", 0), 2, 'error: --give-up: "0" is not a whole number from 1 to 1000'),
            (("--from", "2031-01-01"), 2,
             'error: --from: "2031-01-01" is outside d_1 to d_60 (2011-01-29 to 2011-03-29)'),
            (("--supervised", "nobody"), 2,
             'error: --supervised: "nobody" is not what replay --processes gives')):
        done = tillstream.check(*processes(small, log, *options), code=code)
        assert done.stderr.splitlines()[-1] == message, done.stderr
        assert not log.exists()
    tillstream.check(*lib.replay(small, log, "--plan", "size", "--to", "d_3", "-q"))
    done = tillstream.check(*processes(small, log), code=2)
    assert "error: --processes: under plan size" in done.stderr
    done = tillstream.check(*processes(work / "nothing", log), code=3)
    assert done.stderr.splitlines()[-1].startswith("error: "), done.stderr
    assert "--supervised" not in tillstream.check("replay", "--help").stdout


def test_a_generator_whose_supervisor_is_not_there_ends_by_itself(tillstream, small, work):
    done = tillstream.run(*lib.replay(small, work / "log", "--supervised", "1,0,2,CA_1"))
    assert done.returncode in (2, 143), done.stderr
    assert "--supervised: descriptor 3: is no shared memory of" in done.stderr


def test_the_real_data_streams_from_ten_processes_within_bounds(
        tillstream, m5_dir, disk_work, full, count):
    if not full:
        pytest.skip("make test-full replays the real data")
    with lib.child([tillstream.path, *processes(m5_dir, disk_work / "log", "-v", "--speed",
                                                "10d/s")]) as child:
        begin = time.monotonic()
        peak = 0
        while len(lib.durable_positions(child.stderr)) < STORES_OF_MEDIUM:
            assert child.process.poll() is None, child.stderr
            assert time.monotonic() - begin < lib.DEADLINE_SECONDS
            peak = max(peak, memory_of(child))
        seconds = time.monotonic() - begin
        peak = max(peak, memory_of(child))
        child.send(signal.SIGTERM)
        assert child.wait() == 143
    assert peak <= 512 << 10
    # On a quiet machine two; bench/run.py judges that.
    assert seconds <= 30
    count(f"processes: ten on the real data stream after {seconds:.1f} s, {peak >> 10} MiB in all")


def memory_of(child):
    """KiB of the supervisor and its generators, shared pages by share."""
    total = 0
    for pid in [child.process.pid, *generators(child.process.pid).values()]:
        with contextlib.suppress(OSError):
            text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
            total += int(re.search(r"^Pss: +(\d+) kB", text, re.MULTILINE)[1])
    return total

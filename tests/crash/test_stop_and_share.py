"""A replay that is stopped is durable and goes on; two that would write the same partition do not;
one that goes on is followed while it writes."""

import json
import re
import signal
import subprocess

import pytest

import lib

SPEED = "20d/s"
HELD = (r"error: log: (\S+)-0: another writer holds it \(process {holder} on \S+\); "
        r"wait for its end, or stop it")
STOPPED = re.compile(r"^sales: ([\d,]+) events durable, stopped at d_\d+; wrote ([\d,]+) in",
                     re.MULTILINE)
GOING_ON = re.compile(r"^streaming|^going on at .*: ([\d,]+) of ([\d,]+) events to go",
                      re.MULTILINE)
SIGNALS = {signal.SIGINT: 130, signal.SIGTERM: 143}


def number_in(text):
    return int(text.replace(",", ""))


def events_in(tillstream, data, log):
    rows = tillstream.check("verify", "--data", data, "--log", log, "--json").stdout
    return {row["store"]: row["events_equal"] for row in json.loads(rows)}


def stop_and_check(tillstream, data, log, process, number, what):
    """Sends the signal; False when the replay had ended. What it wrote is durable, and what it
    reports as durable is exactly what the log holds."""
    process.send(number)
    code = process.wait()
    said = f"{what}: exit code {code}\n{process.stderr[-3000:]}"
    if code == 0 or STOPPED.search(process.stderr) is None:
        # The signal came behind the last event.
        assert code in (0, SIGNALS[number]), said
        tillstream.check("verify", "--data", data, "--log", log, "--complete")
        return False
    assert code == SIGNALS[number], said
    assert process.stderr.splitlines()[-2] == "the same command goes on from there", said
    told, wrote = map(number_in, STOPPED.search(process.stderr).groups())
    to_go, in_all = GOING_ON.search(process.stderr).groups(default="0")
    begun = number_in(in_all) - number_in(to_go)
    assert begun + wrote == told, said
    found = events_in(tillstream, data, log)
    assert sum(found.values()) == told, said
    for store, position in lib.durable_positions(process.stderr).items():
        assert found[store] == position, said
    return True


@pytest.mark.parametrize("number", SIGNALS, ids=lambda number: number.name)
def test_a_stopped_replay_is_durable_and_the_same_command_goes_on(
        tillstream, medium, work, number, full, rng, seed, count):
    options = ("-v", "--sync", "64KiB,50ms", "--segment-bytes", 1 << 18)
    oracle = lib.make_oracle(tillstream, medium, work / "oracle", *options)
    log = work / "log"
    command = [tillstream.path, *lib.replay(medium, log, *options)]
    wanted, stops = (100 if full else 8), 0
    while stops < wanted:
        lib.clear(log)
        while stops < wanted:
            with lib.child(command) as process:
                process.wait_for_lines("durable: ", rng.randrange(0, 400))
                what = f"{number.name} (seed {seed})"
                if not stop_and_check(tillstream, medium, log, process, number, what):
                    break
                stops += 1
        lib.resume(tillstream, command[1:], log, oracle, f"stopped with {number.name}")
    count(f"{number.name}: {stops}, exit code {SIGNALS[number]}, durable, all byte-identical "
          f"(seed {seed})")


@pytest.mark.parametrize("number", SIGNALS, ids=lambda number: number.name)
def test_a_paced_replay_that_is_stopped_goes_on_at_another_speed(tillstream, small, work, number):
    oracle = lib.make_oracle(tillstream, small, work / "oracle")
    log = work / "log"
    paced = [tillstream.path, *lib.replay(small, log, "-v", "--speed", SPEED)]
    for speed in (SPEED, "1d/s"):
        paced[-1] = speed
        with lib.child(paced) as process:
            assert process.wait_for_lines("durable: ", 2)
            assert stop_and_check(tillstream, small, log, process, number, speed)
    lib.resume(tillstream, lib.replay(small, log), log, oracle, "stopped twice")


def test_a_second_writer_is_refused_and_told_who_holds_the_log(tillstream, small, work):
    oracle = lib.make_oracle(tillstream, small, work / "oracle")
    log = work / "log"
    with lib.child([tillstream.path, *lib.replay(small, log, "-v", "--speed", SPEED)]) as first:
        assert first.wait_for_lines("durable: ", 2)
        message = HELD.format(holder=first.process.pid)
        for options in ((), ("--store", "CA_1"), ("--repair",)):
            second = tillstream.check(*lib.replay(small, log, *options), code=7)
            assert re.fullmatch(message, second.stderr.splitlines()[-1]), second.stderr
        assert first.process.poll() is None, first.stderr
        # The lock ends with its holder, however that ends.
        first.kill()
    lib.resume(tillstream, lib.replay(small, log), log, oracle, "the holder was killed")


def test_starts_at_the_same_moment_write_everything_once(
        tillstream, small, work, full, count):
    oracle = lib.make_oracle(tillstream, small, work / "oracle")
    log = work / "log"
    rounds, refused = (100 if full else 15), 0
    for i in range(rounds):
        lib.clear(log)
        # Even rounds: two for all stores, one of them may be refused. Odd ones: one for each store.
        stores = ([], []) if i % 2 == 0 else (["--store", "CA_1"], ["--store", "TX_1"])
        processes = [
            subprocess.Popen([tillstream.path, *map(str, lib.replay(small, log, *store))],
                             stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
            for store in stores]
        said = [process.communicate(timeout=lib.DEADLINE_SECONDS)[1] for process in processes]
        codes = sorted(process.returncode for process in processes)
        if i % 2 == 0:
            assert codes in ([0, 0], [0, 7]), said
            refused += codes[1] == 7
        else:
            assert codes == [0, 0], said
        lib.assert_same(log, oracle, f"round {i}")
    count(f"starts at the same moment: {rounds} pairs, {refused} refused with exit code 7, "
          "all byte-identical")


def lines_of(tillstream, log, *options):
    return tillstream.check("consume", "--log", log, "--format", "kcat", "-e", "-q",
                            *options).stdout.splitlines()


def test_a_follower_sees_every_event_once_and_in_order_while_it_is_written(
        tillstream, small, work, count):
    tillstream.check(*lib.replay(small, work / "oracle"))
    log = work / "log"
    followers = {
        "sales-0": ["-t", "sales", "-p", 0], "sales-1": ["-t", "sales", "-p", 1],
        "totals": ["-t", "sales-days", "-p", 1], "a store": ["-t", "sales", "--store", "TX_1"]}
    seen = {}
    with lib.child([tillstream.path, *lib.replay(small, log, "-v", "--speed", SPEED,
                                                 *lib.SMALL_SEGMENTS)]) as writer:
        assert writer.wait_for_lines("durable: ", 2)
        running = {name: subprocess.Popen(
            [tillstream.path, "consume", "--log", str(log), "--format", "kcat", *map(str, options)],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            for name, options in followers.items()}
        try:
            for name, process in running.items():
                wanted = len(lines_of(tillstream, work / "oracle", *followers[name]))
                seen[name] = [process.stdout.readline().rstrip("\n") for _ in range(wanted)]
                # Nothing comes behind the last event, and it goes on waiting for more.
                process.send_signal(signal.SIGINT)
                rest, said = process.communicate(timeout=lib.DEADLINE_SECONDS)
                assert process.returncode == 130, said
                assert rest == "", rest
            assert writer.wait() == 0, writer.stderr
        finally:
            for process in running.values():
                if process.poll() is None:
                    process.kill()
                    process.communicate()
    for name, options in followers.items():
        assert seen[name] == lines_of(tillstream, work / "oracle", *options), name
    events = sum(map(len, seen.values()))
    count(f"followers of a running replay: {len(followers)}, {events} events, each once and in "
          "order")

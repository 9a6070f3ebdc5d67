"""kill -9 at random moments, with two threads: the log ends with the bytes of an uninterrupted
run, however often that was."""

import time

import pytest

import lib

SYNC = ("--sync", "64KiB,50ms")
# The real run takes this long at most, and a start after a kill less.
REAL_DEADLINE_SECONDS = 300


def start_until_killed(command, seconds, deadline):
    """Whether the command was killed after `seconds`, since it had not ended."""
    with lib.child(command) as process:
        process.wait_for_end(seconds)
        if process.kill() == -9:
            return True
        assert process.wait(deadline) == 0, process.stderr[-3000:]
        return False


def kill_randomly(command, log, oracle, wanted, rng, deadline=lib.DEADLINE_SECONDS):
    """Runs the command again and again until it was killed so often; returns the number of runs
    from an empty log to its end, every one compared."""
    lib.clear(log)
    begin = time.monotonic()
    assert not start_until_killed(command, deadline, deadline)
    length = time.monotonic() - begin
    lib.assert_same(log, oracle, "not killed")
    kills = runs = 0
    while kills < wanted:
        lib.clear(log)
        moments = []
        while True:
            moment = rng.uniform(0, length)
            moments.append(f"{moment:.3f} s")
            if kills == wanted or not start_until_killed(command, moment, deadline):
                break
            kills += 1
        with lib.child(command) as last:
            assert last.wait(deadline) == 0, last.stderr[-3000:]
        lib.assert_same(log, oracle, "killed after " + ", ".join(moments))
        runs += 1
    return runs


def test_killed_at_random_moments_the_log_ends_byte_identical(
        tillstream, medium, work, disk_work, full, rng, seed, count):
    # On the disk most moments lie in a sync, in memory outside of one.
    places = (work, disk_work) if full else (work,)
    options = (*SYNC, "--segment-bytes", 1 << 18)
    oracle = lib.make_oracle(tillstream, medium, work / "oracle", *options)
    wanted = 200 // len(places) if full else 20
    for place in places:
        log = place / "log"
        command = [tillstream.path, *lib.replay(medium, log, "--threads", 2, *options)]
        runs = kill_randomly(command, log, oracle, wanted, rng)
        name = "in memory" if place == work else "on a disk"
        count(f"random kills, two threads, {name}: {wanted} in {runs} runs, all byte-identical "
              f"(seed {seed})")


@pytest.mark.parametrize("plan", ["size", "topic"])
def test_killed_under_another_plan_the_log_ends_byte_identical(
        tillstream, medium, work, full, rng, seed, count, plan):
    options = (*SYNC, "--segment-bytes", 1 << 18, "--plan", plan)
    oracle = lib.make_oracle(tillstream, medium, work / "oracle", *options)
    wanted = 50 if full else 5
    log = work / "log"
    command = [tillstream.path, *lib.replay(medium, log, "--threads", 2, *options)]
    runs = kill_randomly(command, log, oracle, wanted, rng)
    tillstream.check("verify", "--data", medium, "--log", log, "--complete")
    count(f"random kills under --plan {plan}: {wanted} in {runs} runs, all byte-identical "
          f"(seed {seed})")


def test_killed_at_random_moments_the_log_of_the_real_data_ends_byte_identical(
        tillstream, m5_dir, disk_work, full, rng, seed, count):
    if not full:
        pytest.skip("make test-full replays the real data")
    log = disk_work / "log"
    oracle_log = disk_work / "oracle"
    oracle = lib.make_oracle(tillstream, m5_dir, oracle_log, timeout=REAL_DEADLINE_SECONDS)
    lib.clear(oracle_log)
    command = [tillstream.path, *lib.replay(m5_dir, log, "--threads", 2)]
    runs = kill_randomly(command, log, oracle, 20, rng, REAL_DEADLINE_SECONDS)
    count(f"random kills on the real data: 20 in {runs} runs, all byte-identical (seed {seed})")

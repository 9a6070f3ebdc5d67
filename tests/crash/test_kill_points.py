"""kill -9 at system calls of a small run: whatever was being done, the same command ends with the
same bytes."""

import pytest

import lib

# What may differ between the start that dies and the one that goes on.
OTHER_SYNCS = (("--sync", "2KiB,60min"), ("--sync", "0,0ms"), ("--sync", "16MiB,60min"))


def command(tillstream, data, log, codec, *options):
    return [tillstream.path, *lib.replay(data, log, "-q", "--codec", codec, *lib.SMALL_SEGMENTS,
                                         "--threads", 1, *(options or lib.SYNC_OFTEN))]


@pytest.fixture(params=lib.CODECS)
def codec(request):
    lib.need_strace()
    return request.param


def test_killed_at_any_call_the_next_start_ends_byte_identical(
        tillstream, small, work, codec, count):
    log = work / "log"
    oracle = lib.make_oracle(tillstream, small, work / "oracle", "--codec", codec,
                             *lib.SMALL_SEGMENTS)
    dying = command(tillstream, small, log, codec)
    every = lib.points(dying)
    lib.assert_same(log, oracle, "a run under strace")
    for i, (call, k) in enumerate(every):
        lib.clear(log)
        what = f"--codec {codec}, killed at {call} {k}"
        assert lib.kill_at(dying, call, k), f"{what}: the call was not made"
        lib.assert_no_damage(tillstream, log, what)
        again = command(tillstream, small, log, codec, *OTHER_SYNCS[i % len(OTHER_SYNCS)])
        lib.resume(tillstream, again[1:], log, oracle, what)
    count(f"kill points, codec {codec}: {len(every)}, all byte-identical")


def test_killed_again_while_it_recovers_the_third_start_ends_byte_identical(
        tillstream, small, work, codec, full, rng, seed, count):
    log = work / "log"
    oracle = lib.make_oracle(tillstream, small, work / "oracle", "--codec", codec,
                             *lib.SMALL_SEGMENTS)
    dying = command(tillstream, small, log, codec)
    every = lib.points(dying)
    wanted, twice = (300 if full else 40), 0
    for _ in range(wanted):
        lib.clear(log)
        first = rng.choice(every)
        assert lib.kill_at(dying, *first)
        second = (rng.choice(every)[0], rng.randrange(1, 12))
        twice += lib.kill_at(dying, *second)
        lib.resume(tillstream, dying[1:], log, oracle,
                   f"--codec {codec}, killed at {first}, then at {second}")
    assert twice > 0
    count(f"double kills, codec {codec}: {wanted}, {twice} of them in the restart too, "
          f"all byte-identical (seed {seed})")


def tear(log, rng):
    """What a power cut can leave: the ends of logs cut anywhere, but totals never ahead of their
    events; indexes short, empty or gone."""
    for name in ("sales-0", "sales-1", "sales-days-0", "sales-days-1"):
        last = sorted((log / name).glob("*.log"))[-1]
        # The last segment of the totals begins long before the one of the events.
        size = rng.randrange(0, 100 if "days" in name else last.stat().st_size)
        with open(last, "r+b") as file:
            file.truncate(size)
        index = last.with_suffix(rng.choice((".index", ".timeindex")))
        if rng.random() < 0.5:
            index.unlink()
        else:
            index.write_bytes(index.read_bytes()[:rng.randrange(0, 9)])


def test_killed_at_any_call_of_a_recovery_the_next_start_ends_byte_identical(
        tillstream, small, work, codec, full, rng, seed, count):
    log = work / "log"
    again = command(tillstream, small, log, codec)
    oracle = lib.make_oracle(tillstream, small, work / "oracle", "--codec", codec,
                             *lib.SMALL_SEGMENTS)
    killed = 0
    for _ in range(5 if full else 1):
        state = rng.getstate()

        def torn_log():
            lib.clear(log)
            lib.make_oracle(tillstream, small, log, "--codec", codec, *lib.SMALL_SEGMENTS)
            rng.setstate(state)
            tear(log, rng)

        torn_log()
        every = lib.points(again)
        lib.assert_same(log, oracle, "recovery without a kill")
        for call, k in every if full else lib.spread(every, 40):
            torn_log()
            assert lib.kill_at(again, call, k)
            lib.resume(tillstream, again[1:], log, oracle,
                       f"--codec {codec}, killed in recovery at {call} {k} (seed {seed})")
            killed += 1
    count(f"kill points in recovery, codec {codec}: {killed}, all byte-identical (seed {seed})")

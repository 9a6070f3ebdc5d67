"""The consumer is killed, or the power is cut, while the stream comes: the tables are consistent at
every moment, and in the end every row is there once."""

import shutil
import time

import lib
import power

# The stream comes at a pace, so that the sinks keep what they have many times.
PACE = ("--speed", "200d/s", "--sync", "64KiB,50ms", "-q")
SECONDS_MAX = 1.0


def follow(sink, log):
    """The command that follows the end."""
    return [sink.tillstream.path, *(word for word in sink.words(log) if word != "-e")]


class Run:
    """A replay beside which a consumer is started again and again."""

    def __init__(self, sink, stream, work):
        self.sink = sink
        self.stream = stream
        self.log = work / "log"
        # So that there is a log to follow.
        stream.replay(self.log, "--to", "d_2")
        self.command = [sink.tillstream.path, *lib.replay(stream.data, self.log, *PACE)]

    def is_over(self, replay):
        return replay.process.poll() is not None


def test_killed_at_random_moments_every_row_is_there_once(sink, medium, work, full, rng, seed,
                                                          count):
    wanted = 30 if full else 4
    kills = rounds = 0
    while kills < wanted:
        rounds += 1
        run = Run(sink, medium, work)
        with lib.child(run.command) as replay:
            while kills < wanted and not run.is_over(replay):
                with lib.child(follow(sink, run.log)) as consumer:
                    consumer.wait_for_end(rng.uniform(0.05, SECONDS_MAX))
                    code = consumer.kill()
                    assert code == -9, f"ended by itself with {code}: {consumer.stderr[-2000:]}"
                kills += 1
                sink.assert_consistent(f"kill {kills} (seed {seed})")
            assert replay.wait(120) == 0, replay.stderr[-2000:]
        sink.fill(run.log)
        sink.assert_rows(medium.data, f"after {kills} kills (seed {seed})")
        shutil.rmtree(run.log)
        shutil.rmtree(sink.target) if sink.target.is_dir() else sink.target.unlink()
    count(f"{sink.kind}: {kills} kills at random moments in {rounds} runs, consistent after each, "
          f"every row once in the end (seed {seed})")


def test_after_power_cuts_every_row_is_there_once(sink, medium, work, full, rng, seed, count):
    power.need_disk(work, "columnar power cuts", count)
    wanted = 10 if full else 1
    rows = 0
    for cut in range(1, wanted + 1):
        what = f"{sink.kind}: power cut {cut} (seed {seed})"
        run = Run(sink, medium, work)
        after = work / "after.img"
        with lib.child(run.command) as replay:
            with power.new_disk(work) as (image, folder):
                sink.target = folder / "target"
                with lib.child(follow(sink, run.log)) as consumer:
                    consumer.wait_for_end(rng.uniform(0.3, 3 * SECONDS_MAX))
                    assert consumer.kill() == -9, consumer.stderr[-2000:]
                if rng.random() < 0.5:
                    power.write_some_back(folder, rng)
                power.cut(image, after)
            assert replay.wait(120) == 0, replay.stderr[-2000:]
        with power.mounted(after, work / "after") as folder:
            sink.target = folder / "target"
            rows += sink.assert_consistent(what)
            sink.fill(run.log)
            sink.assert_rows(medium.data, what)
        shutil.rmtree(run.log)
    count(f"{sink.kind}: {wanted} power cuts, {rows:,} rows were durable, consistent after each, "
          f"every row once in the end (seed {seed})")


def test_what_a_command_that_ended_has_kept_outlasts_a_power_cut(sink, small, work, count):
    """Nothing is left to the file system's leisure: once the command is over, all is durable."""
    power.need_disk(work, "columnar power cut at the end", count)
    after = work / "after.img"
    with power.new_disk(work) as (image, folder):
        sink.target = folder / "target"
        sink.fill(small.log)
        power.cut(image, after)
    with power.mounted(after, work / "after") as folder:
        sink.target = folder / "target"
        sink.assert_rows(small.data)
    count(f"{sink.kind}: a power cut right behind the end of the command, no row is missing")


def test_stopped_it_keeps_what_it_has_and_goes_on(sink, medium, work, rng):
    run = Run(sink, medium, work)
    with lib.child(run.command) as replay:
        for signal, code in ((2, 130), (15, 143)):
            with lib.child(follow(sink, run.log)) as consumer:
                assert consumer.wait_for_lines("filling sales", 1)
                consumer.wait_for_end(rng.uniform(0.2, SECONDS_MAX))
                begin = time.monotonic()
                consumer.send(signal)
                assert consumer.wait() == code, consumer.stderr[-2000:]
                assert time.monotonic() - begin < 30
                assert "rows of sales" in consumer.stderr
            assert sink.assert_consistent("stopped") > 0
        assert replay.wait(120) == 0
    sink.fill(run.log)
    sink.assert_rows(medium.data)

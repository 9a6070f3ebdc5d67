"""The power is cut at random moments: what was reported durable is there, the rest is written
again, byte-identical. With a fault planted, an fdatasync() that does nothing, events must be
missing."""

import json
import pathlib
import re
import shutil
import subprocess
import time

import pytest

import lib
import power

OPTIONS = ("--sync", "64KiB,50ms", "--segment-bytes", 1 << 17, "--threads", 2)
# What a file system that is gone answers, and then one that the kernel has given up.
GONE = re.compile(r"error: \S+: (input/output error|read-only file system)")
# A cut comes so long after a report at most.
DELAY_SECONDS_MAX = 0.02


@pytest.fixture(autouse=True)
def disk(work, count, request):
    power.need_disk(work, request.node.name, count)


class PowerCuts:
    """Runs that end in a power cut."""

    def __init__(self, tillstream, data, work, rng):
        self.tillstream = tillstream
        self.data = data
        self.work = work
        self.rng = rng
        self.oracle = lib.make_oracle(tillstream, data, work / "oracle", *OPTIONS)
        done = tillstream.check(*lib.replay(data, work / "counted", "-v", *OPTIONS))
        self.reports = len(lib.DURABLE_LINE.findall(done.stderr))
        assert self.reports > 100
        self.image = work / "after.img"

    def replay(self, log):
        return [self.tillstream.path, *lib.replay(self.data, log, "-v", *OPTIONS)]

    def run_until_cut(self, env=None):
        """Cuts the power behind a random report, and returns what was reported until then."""
        with power.new_disk(self.work) as (image, folder):
            with lib.child(self.replay(folder / "log"), env=env) as process:
                assert process.wait_for_lines("durable: ", self.rng.randrange(1, self.reports))
                time.sleep(self.rng.uniform(0, DELAY_SECONDS_MAX))
                process.kill()
                reported = lib.durable_positions(process.stderr)
            if env is None and self.rng.random() < 0.5:
                power.write_some_back(folder, self.rng)
            power.cut(image, self.image)
        assert reported
        return reported

    def fault(self, log, reported):
        """What is wrong with the log after a cut, in words; nothing when all that was reported is
        there and every byte is right but for unfinished ends."""
        if not log.exists():
            return "there is no log"
        checked = self.tillstream.run("log", "verify", "--log", log)
        if checked.returncode != 0:
            return f"log verify: {checked.stdout[-3000:]}{checked.stderr[-3000:]}"
        compared = self.tillstream.run("verify", "--data", self.data, "--log", log, "--json")
        if compared.returncode != 0:
            return f"verify: {compared.stdout[-3000:]}{compared.stderr[-3000:]}"
        equal = {row["store"]: row["events_equal"] for row in json.loads(compared.stdout)}
        missing = {store: position - equal[store] for store, position in reported.items()
                   if position > equal[store]}
        return f"reported durable and missing: {missing}" if missing else None

    def check_and_resume(self, log, reported, what):
        fault = self.fault(log, reported)
        assert fault is None, f"{what}: {fault}"
        lib.resume(self.tillstream, self.replay(log)[1:], log, self.oracle, what)


@pytest.fixture
def cuts(tillstream, medium, work, rng):
    return PowerCuts(tillstream, medium, work, rng)


def test_nothing_that_was_reported_durable_is_missing_after_a_power_cut(cuts, full, seed, count):
    wanted = 20 if full else 6
    reported_events = 0
    for i in range(wanted):
        reported = cuts.run_until_cut()
        with power.mounted(cuts.image, cuts.work / "after") as folder:
            what = f"cut {i + 1}, reported durable: {reported} (seed {seed})"
            cuts.check_and_resume(folder / "log", reported, what)
        reported_events += sum(reported.values())
    count(f"power cuts: {wanted}, none of {reported_events:,} events reported durable is missing, "
          f"all byte-identical in the end (seed {seed})")


def test_a_power_cut_finds_out_an_fdatasync_that_does_nothing(cuts, work, seed, count):
    library = work / "nosync.so"
    subprocess.run([shutil.which("cc") or "c++", "-x", "c", "-shared", "-fPIC", "-o", library,
                    pathlib.Path(__file__).with_name("nosync.c")], check=True, timeout=60)
    moments, found_out = 3, 0
    for _ in range(moments):
        reported = cuts.run_until_cut(lib.environment(LD_PRELOAD=str(library)))
        with power.mounted(cuts.image, cuts.work / "after") as folder:
            found_out += cuts.fault(folder / "log", reported) is not None
    assert found_out > 0, f"{moments} power cuts did not find it out (seed {seed})"
    count(f"power cuts without fdatasync (planted fault): {found_out} of {moments} found it out "
          f"(seed {seed})")


def test_a_disk_that_goes_away_ends_the_replay_and_what_it_reported_is_there(
        cuts, full, rng, seed, count):
    wanted = 20 if full else 4
    for i in range(wanted):
        with power.new_disk(cuts.work) as (image, folder):
            with lib.child(cuts.replay(folder / "log")) as process:
                assert process.wait_for_lines("durable: ", rng.randrange(1, cuts.reports - 20))
                power.shut_down(folder)
                assert process.wait() == 6, process.stderr[-3000:]
                last = process.stderr.splitlines()[-1]
                assert GONE.fullmatch(last), last
                reported = lib.durable_positions(process.stderr)
        with power.mounted(image, folder):
            what = f"shutdown {i + 1}, reported durable: {reported} (seed {seed})"
            cuts.check_and_resume(folder / "log", reported, what)
    count(f"disks gone while writing: {wanted}, exit code 6, nothing reported durable is missing "
          f"(seed {seed})")

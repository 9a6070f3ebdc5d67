"""Storage that fails: the replay says where and ends with exit code 6, reports nothing as durable
after the failure, and the next start ends byte-identical."""

import contextlib
import re

import pytest

import lib
import power

REASONS = {"EIO": "input/output error", "ENOSPC": "no space left on device"}
SUMMARY = re.compile(r"^sales: ([\d,]+) events durable; the same command goes on from there$",
                     re.MULTILINE)
QUICK_POINTS = 40


@pytest.fixture(params=("EIO", "ENOSPC"))
def errno(request):
    lib.need_strace()
    return request.param


@pytest.fixture
def run(tillstream, small, work):
    return FailingRun(tillstream, small, work)


class FailingRun:
    """A small run of one thread whose calls fail."""

    def __init__(self, tillstream, data, work):
        self.tillstream = tillstream
        self.data = data
        self.log = work / "log"
        options = lib.SMALL_SEGMENTS
        self.oracle = lib.make_oracle(tillstream, data, work / "oracle", *options)
        self.command = [tillstream.path, *lib.replay(data, self.log, "-v", *options,
                                                     *lib.SYNC_OFTEN, "--threads", 1)]

    def fail_at(self, call, when, errno):
        """Makes the call fail, checks how the replay ends, and goes on to the end."""
        lib.clear(self.log)
        what = f"{errno} at {call} {when}"
        done, trace = lib.traced(self.command, inject=f"{call}:error={errno}:when={when}")
        where = re.escape(str(self.log.parent))
        self.check_end(done, what, rf"error: {where}\S*: {REASONS[errno]}")
        self.check_trace(trace, what)
        lib.assert_no_damage(self.tillstream, self.log, what)
        lib.resume(self.tillstream, self.command[1:], self.log, self.oracle, what)

    def check_end(self, done, what, message):
        said = f"{what}: exit code {done.returncode}\n{done.stderr[-3000:]}"
        assert done.returncode == 6, said
        assert "durable, d_1" not in done.stderr, said
        errors = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
        assert len(errors) == 1, said
        assert re.fullmatch(message, errors[0]), said
        summary = SUMMARY.search(done.stderr)
        if summary is None:
            return
        # It may be more than was reported before: of a store whose total could not be written, the
        # events are durable.
        told = int(summary[1].replace(",", ""))
        compared = self.tillstream.check("verify", "--data", self.data, "--log", self.log)
        found = int(re.search(r"sales: ([\d,]+) events equal", compared.stderr)[1].replace(",", ""))
        assert sum(lib.durable_positions(done.stderr).values()) <= told <= found, said

    @staticmethod
    def check_trace(trace, what):
        failed = next(i for i, line in enumerate(trace) if "(INJECTED)" in line)
        after = trace[failed + 1:]
        told = [line for line in after if 'write(2<' in line and '"durable: ' in line]
        assert not told, f"{what}: reported durable after the failure: {told}"
        call, path = lib.CALL.match(trace[failed])[2], lib.CALL.match(trace[failed])[4]
        if call in ("fdatasync", "fsync"):
            again = [line for line in after if "sync(" in line and f"<{path}>" in line]
            assert not again, f"{what}: synced again after a failed sync: {again}"


def test_a_call_that_fails_once_ends_the_replay_and_the_next_start_ends_byte_identical(
        run, errno, full, count):
    calls = ("write", "fdatasync", "fsync", "rename", "ftruncate", "mkdir", "pwrite64")
    every = lib.points(run.command, calls)
    chosen = every if full else lib.spread(every, QUICK_POINTS)
    for call, k in chosen:
        run.fail_at(call, k, errno)
    count(f"{errno} once: {len(chosen)} of {len(every)} calls, exit code 6, nothing acknowledged, "
          "all byte-identical")


def test_a_call_that_fails_from_then_on_ends_the_replay_and_the_next_start_ends_byte_identical(
        run, errno, full, count):
    # Not of write(): messages are written, too. A disk that takes no byte more is below.
    every = lib.points(run.command, ("fdatasync", "fsync", "ftruncate", "pwrite64"))
    chosen = every if full else lib.spread(every, QUICK_POINTS // 2)
    for call, k in chosen:
        run.fail_at(call, f"{k}+", errno)
    count(f"{errno} from then on: {len(chosen)} of {len(every)} calls, exit code 6, nothing "
          "acknowledged, all byte-identical")


@contextlib.contextmanager
def tmpfs(folder, size_bytes, count):
    folder.mkdir(exist_ok=True)
    try:
        power.command("mount", "-t", "tmpfs", "-o", f"size={size_bytes}", "tillstream", folder)
    except power.NoDisk as reason:
        count(f"a full disk: skipped, {reason}")
        pytest.skip(str(reason))
    try:
        yield
    finally:
        power.command("umount", folder)


def test_a_full_disk_ends_the_replay_and_with_room_it_ends_byte_identical(
        tillstream, medium, work, full, rng, seed, count):
    options = ("--segment-bytes", 1 << 16, "--sync", "16KiB,60min")
    oracle = lib.make_oracle(tillstream, medium, work / "oracle", *options)
    page = 4096
    pages = sum((path.stat().st_size + page - 1) // page
                for path in (work / "oracle").rglob("*") if path.is_file())
    # A dozen sizes around the first files, where little fits, and any.
    sizes = [*range(2, 14), *(rng.randrange(14, pages) for _ in range(200 if full else 12))]
    log = work / "disk" / "log"
    command = lib.replay(medium, log, "-v", *options)
    for size in sizes:
        what = f"a disk of {size * page} bytes (seed {seed})"
        with tmpfs(work / "disk", size * page, count):
            done = tillstream.run(*command)
            said = f"{what}: exit code {done.returncode}\n{done.stderr[-3000:]}"
            assert done.returncode == 6, said
            last = done.stderr.splitlines()[-1]
            assert re.fullmatch(r"error: \S+: no space left on device", last), said
            lib.assert_no_damage(tillstream, log, what)
            reported = sum(lib.durable_positions(done.stderr).values())
            power.command("mount", "-o", "remount,size=64M", work / "disk")
            if reported > 0:
                compared = tillstream.check("verify", "--data", medium, "--log", log)
                equal = re.search(r"sales: ([\d,]+) events equal", compared.stderr)[1]
                assert reported <= int(equal.replace(",", "")), said
            lib.resume(tillstream, command, log, oracle, what)
    count(f"full disks: {len(sizes)} sizes, exit code 6, all byte-identical with room "
          f"(seed {seed})")

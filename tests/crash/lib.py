"""What the crash tests share: running the binary with deadlines, making system calls fail or kill
it, reading what it reported, and comparing log directories."""

import contextlib
import hashlib
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import threading

import pytest

CODECS = ("none", "lz4", "zstd")

# Every call that changes what a crash leaves.
WRITING_CALLS = ("write", "pwrite64", "fdatasync", "fsync", "rename", "renameat", "renameat2",
                 "ftruncate", "mkdir", "mkdirat")

# Segments as small as they may be, so that a small run rolls; a sync every few days, and never by
# time, so that every run makes the same calls.
SMALL_SEGMENTS = ("--segment-bytes", 4096)
SYNC_OFTEN = ("--sync", "2KiB,60min")

DEADLINE_SECONDS = 60


def synth(tillstream, out, stores, items, days, seed=1):
    tillstream.check("synth", "--out", out, "--stores", stores, "--items", items, "--days", days,
                     "--seed", seed, "-q")
    return out


def replay(data, log, *options):
    """Arguments of a replay."""
    return ["replay", "--data", data, "--log", log, *options]


def make_oracle(tillstream, data, log, *options, timeout=DEADLINE_SECONDS):
    """The content of the log that an uninterrupted run writes."""
    tillstream.check(*replay(data, log, "-q", *options), timeout=timeout)
    return content(log)


# ---- log directories


def content(log):
    """What two logs of the same run have in common: name -> digest of every segment and index file
    of every topic, and the identity without started_at. Lock files and the clock are left out,
    anything else that is found is part of it, so that no debris goes unseen."""
    found = {}
    log = pathlib.Path(log)
    for path in sorted(log.rglob("*")):
        name = path.relative_to(log).as_posix()
        if name.split("/")[0] == ".locks" or name.endswith(".clock.json") or path.is_dir():
            continue
        found[name] = digest(path)
    return found


def digest(path):
    if path.name.endswith(".run.json"):
        identity = json.loads(path.read_text(encoding="utf-8"))
        del identity["started_at"]
        return identity
    with open(path, "rb") as file:
        return (path.stat().st_size, hashlib.file_digest(file, "blake2b").hexdigest())


def difference(found, oracle):
    """The first difference of two content() results in words; nothing when they are equal."""
    for name in sorted(found.keys() | oracle.keys()):
        if name not in found:
            return f"{name} is missing"
        if name not in oracle:
            return f"{name} should not be there"
        if found[name] != oracle[name]:
            if name.endswith(".json"):
                return f"{name} differs"
            return f"{name}: {found[name][0]} bytes, {oracle[name][0]} expected"
    return None


def assert_same(log, oracle, what):
    found = difference(content(log), oracle)
    assert found is None, f"{what}: {found}"


def resume(tillstream, arguments, log, oracle, what):
    """Runs the command to its end and compares what it left with the oracle."""
    done = tillstream.run(*arguments, timeout=DEADLINE_SECONDS)
    assert done.returncode == 0, f"{what}: exit code {done.returncode}\n{done.stderr[-3000:]}"
    assert_same(log, oracle, what)
    return done


def assert_no_damage(tillstream, log, what):
    """A crash leaves unfinished ends, which is no damage."""
    if log.exists():
        done = tillstream.run("log", "verify", "--log", log)
        assert done.returncode == 0, f"{what}: {done.stdout[-3000:]}{done.stderr[-3000:]}"


def clear(log):
    if log.exists():
        shutil.rmtree(log)


# ---- what a replay reports


DURABLE_LINE = re.compile(r"^(?:debug: )?durable: (\S+) position (\d+)$", re.MULTILINE)


def durable_positions(stderr):
    """The last position that each store reported as durable (replay -v)."""
    return {store: int(position) for store, position in DURABLE_LINE.findall(stderr)}


# ---- processes


class Child:
    """A running command. Its stderr is read by a thread, so that it never waits for us."""

    def __init__(self, command, env=None, stdout=subprocess.DEVNULL):
        self.process = subprocess.Popen(
            [str(word) for word in command], stdin=subprocess.DEVNULL, stdout=stdout,
            stderr=subprocess.PIPE, text=True, env=env)
        self._lines = []
        self._changed = threading.Condition()
        self._ended = False
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self):
        for line in self.process.stderr:
            # A line that was cut by the end of the process says nothing.
            with self._changed:
                if line.endswith("\n"):
                    self._lines.append(line)
                self._changed.notify_all()
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    @property
    def stderr(self):
        with self._changed:
            return "".join(self._lines)

    def wait_for_lines(self, text, lines, deadline=DEADLINE_SECONDS):
        """Waits until so many lines with the text were seen; False when it ended before."""
        def seen():
            return sum(text in line for line in self._lines) >= lines
        with self._changed:
            assert self._changed.wait_for(lambda: seen() or self._ended, deadline), (
                f"no {lines} lines with {text!r} within {deadline} s")
            return seen()

    def send(self, signal_number):
        self.process.send_signal(signal_number)

    def kill(self):
        self.process.kill()
        return self.wait()

    def wait_for_end(self, seconds):
        """Waits so long, or until it has ended."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(seconds)

    def wait(self, deadline=DEADLINE_SECONDS):
        """The exit code; negative for a signal."""
        try:
            code = self.process.wait(deadline)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise
        self._reader.join()
        return code


@contextlib.contextmanager
def child(command, **options):
    """A Child that does not outlive the block."""
    running = Child(command, **options)
    try:
        yield running
    finally:
        if running.process.poll() is None:
            running.kill()
        if running.process.stdout:
            running.process.stdout.close()
        running.process.stderr.close()


# ---- strace


def need_strace():
    if shutil.which("strace") is None:
        pytest.skip("strace is not installed")


def strace(options, command, timeout=DEADLINE_SECONDS):
    words = ["strace", "-f", "-qq", *options, "--", *(str(word) for word in command)]
    return subprocess.run(words, capture_output=True, text=True, timeout=timeout,
                          stdin=subprocess.DEVNULL, check=False)


CALL = re.compile(r"^(\d+) +(\w+)\((?:(\d+)<([^>]*)>|\"([^\"]*)\")?")
STDERR = "2"


def traced(command, calls=WRITING_CALLS, inject=None):
    """The finished process and the lines of its trace, with the path of every descriptor."""
    with tempfile.NamedTemporaryFile("r", suffix=".trace") as trace:
        options = ["-o", trace.name, "-y", "-e", "trace=" + ",".join(calls)]
        if inject:
            options += ["-e", "inject=" + inject]
        done = strace(options, command)
        return done, trace.read().splitlines()


def points(command, calls=WRITING_CALLS):
    """(call, k) for every call but messages that a command makes, in order. strace counts the calls
    of each thread by themselves, so they must all come from one."""
    done, lines = traced(command, calls)
    assert done.returncode == 0, f"exit code {done.returncode}\n{done.stderr[-3000:]}"
    found = []
    number = {}
    threads = set()
    for line in lines:
        match = CALL.match(line)
        if match is None:
            continue
        thread, call, descriptor = match[1], match[2], match[3]
        threads.add(thread)
        number[call] = number.get(call, 0) + 1
        if (call, descriptor) != ("write", STDERR):
            found.append((call, number[call]))
    assert len(threads) == 1, "several threads make calls; k would not name one of them"
    return found


def spread(items, wanted):
    """About so many of the items, evenly, with both ends, and first and last of each call."""
    if len(items) <= wanted:
        return list(items)
    chosen = {round(i * (len(items) - 1) / (wanted - 1)) for i in range(wanted)}
    by_call = {}
    for i, (call, _) in enumerate(items):
        by_call.setdefault(call, []).append(i)
    for indexes in by_call.values():
        chosen |= {indexes[0], indexes[-1]}
    return [items[i] for i in sorted(chosen)]


def kill_at(command, call, k):
    """Kills the command with SIGKILL when it enters its k-th `call`. False: it never came there."""
    done = strace(["-o", "/dev/null", "-e", f"trace={call}",
                   "-e", f"inject={call}:signal=KILL:when={k}"], command)
    if done.returncode == -signal.SIGKILL:
        return True
    assert done.returncode == 0, f"exit code {done.returncode}\n{done.stderr[-3000:]}"
    return False


def environment(**changes):
    return {**os.environ, **changes}

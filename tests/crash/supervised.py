"""What the tests of replay --processes share: the generators of a supervisor, waiting, the clock of
a run."""

import contextlib
import json
import pathlib
import time

import lib


def processes(data, log, *options):
    return lib.replay(data, log, "--processes", *options)


def wait_until(condition, what, deadline=lib.DEADLINE_SECONDS):
    end = time.monotonic() + deadline
    while not condition():
        assert time.monotonic() < end, f"not within {deadline} s: {what}"
        time.sleep(0.005)


def command_of(pid):
    with contextlib.suppress(OSError):
        return pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")
    return []


def generators(supervisor):
    """Store -> process id, of the generators that run."""
    found = {}
    with contextlib.suppress(OSError):
        children = pathlib.Path(f"/proc/{supervisor}/task/{supervisor}/children").read_text()
        for pid in map(int, children.split()):
            words = command_of(pid)
            if "--supervised" in words:
                found[words[words.index("--supervised") + 1].split(",")[3]] = pid
    return found


def wait_for_generators(child, count):
    wait_until(lambda: len(generators(child.process.pid)) == count or
               child.process.poll() is not None, f"{count} generators")
    return generators(child.process.pid)


def alive(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def lines_with(child, text):
    return [line for line in child.stderr.splitlines() if text in line]


def clock_of(log):
    return json.loads((log / "sales.clock.json").read_text(encoding="utf-8"))

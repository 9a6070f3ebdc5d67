"""Runs programs and measures them: wall time, processor time, peak memory; medians and spreads."""

import json
import os
import pathlib
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass


class Failed(Exception):
    """A program did not do what it was run for; the message says which and what it printed."""


@dataclass
class Ran:
    """A program that has ended."""
    wall: float  # seconds
    cpu: float  # seconds, user and system, children included
    system: float  # seconds, the part of `cpu` that was the system's
    peak_kib: int  # resident at most, mapped pages included
    out: str

    def json(self):
        return json.loads(self.out)


def run(command, keep_output=True):
    """Runs a program to its end; Failed when its exit code is not 0."""
    command = [str(word) for word in command]
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        begin = time.monotonic()
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=err,
                                   stdout=out if keep_output else subprocess.DEVNULL)
        # wait4 and not wait: it is this one program's usage that is wanted.
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.monotonic() - begin
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        if process.returncode != 0:
            raise Failed(f"{' '.join(command)}: exit code {process.returncode}\n"
                         + err.read().decode(errors="replace")[-2000:])
        return Ran(wall, usage.ru_utime + usage.ru_stime, usage.ru_stime, usage.ru_maxrss,
                   out.read().decode())


@dataclass
class Spread:
    """The middle, the least and the most of some figures."""
    median: float
    least: float
    most: float
    count: int

    def scaled(self, factor):
        return Spread(self.median * factor, self.least * factor, self.most * factor, self.count)

    def text(self, digits):
        if self.count == 1:
            return f"{self.median:.{digits}f}"
        return f"{self.median:.{digits}f} ({self.least:.{digits}f} to {self.most:.{digits}f})"


def spread(figures):
    figures = list(figures)
    return Spread(statistics.median(figures), min(figures), max(figures), len(figures))


def interleaved(count, *measures):
    """Calls each measure in turn, `count` rounds: A B A B. Returns a list of results for each."""
    results = [[] for _ in measures]
    for _ in range(count):
        for measure, of_measure in zip(measures, results):
            of_measure.append(measure())
    return results


def ratios(ours, theirs):
    """Ours to theirs, each pair of neighbours for itself, since the machine drifts."""
    return spread(a / b for a, b in zip(ours, theirs))


def first_line(path, start):
    try:
        for line in pathlib.Path(path).read_text(encoding="utf-8").splitlines():
            if line.startswith(start):
                return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return "?"


def file_system_of(path):
    path = pathlib.Path(path).resolve()
    best, kind = "", "?"
    for line in pathlib.Path("/proc/mounts").read_text(encoding="utf-8").splitlines():
        _, point, of_point = line.split()[:3]
        if path.is_relative_to(point) and len(point) >= len(best):
            best, kind = point, of_point
    return kind


def commit_of(source):
    def git(*arguments):
        return subprocess.run(["git", "-C", str(source), *arguments], check=True, text=True,
                              capture_output=True).stdout.strip()
    try:
        changed = " with changes" if git("status", "--porcelain", "--untracked-files=no") else ""
        return git("rev-parse", "--short=10", "HEAD") + changed
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def machine(work):
    """One line on what the figures were measured on."""
    memory_kib = int(first_line("/proc/meminfo", "MemTotal").split()[0])
    return (f"{os.cpu_count()} cores ({first_line('/proc/cpuinfo', 'model name')}), "
            f"{memory_kib / 2**20:.0f} GiB, Linux {platform.release().split('-')[0]}, "
            f"{file_system_of(work)}, load {os.getloadavg()[0]:.1f} at the start")


def size_of(folder):
    """Bytes of all files below a folder, as their lengths say."""
    return sum(path.stat().st_size for path in pathlib.Path(folder).rglob("*") if path.is_file())


def remove(path):
    """Removes a folder or a file, if it is there."""
    path = pathlib.Path(path)
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


# Where things lie on one machine, and what writes the table.
PLACES = ("--build", "--data", "--work", "--update")


def command_of(name):
    """How to have the same rows of bench/NAME_bench.py again, without the places of this machine."""
    words, rest = [], iter(sys.argv[1:])
    for word in rest:
        option, has_value, _ = word.partition("=")
        if option not in PLACES:
            words.append(word)
        elif not has_value:
            next(rest, None)
    return " ".join([f"bench/{name}_bench.py", *words]) if words else f"make bench-{name}"


def say(text):
    print(text, file=sys.stderr, flush=True)

"""A process a store against one process with all of them, and how late days are at a pace."""

import contextlib
import json
import pathlib
import re
import subprocess
import threading
import time

from measure import Failed, interleaved, ratios, remove, spread
from table import Row

RATIO_MIN = 0.8
MEMORY_MIB_MAX = 512
STREAMING_SECONDS_MAX = 5
LAG_P99_MAX = 0.1
SAMPLE_SECONDS = 0.05


def generators_of(supervisor):
    with contextlib.suppress(OSError):
        return [int(pid) for pid in pathlib.Path(
            f"/proc/{supervisor}/task/{supervisor}/children").read_text().split()]
    return []


def share_of(pid):
    """KiB of memory, with shared pages by share."""
    with contextlib.suppress(OSError, TypeError):
        return int(re.search(r"^Pss: +(\d+) kB",
                             pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text(), re.M)[1])
    return 0


class Watched:
    """A replay --processes that is looked at while it runs."""

    def __init__(self, bench, log, *options):
        command = [bench.binary, "replay", "-v", "--json", "--processes", "--data", bench.data,
                   "--log", log, *options]
        self.begin = time.monotonic()
        self.process = subprocess.Popen([str(word) for word in command], text=True,
                                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE)
        self.streaming_after = None
        self.peak_kib = 0
        self._stores = set()
        self._said = []
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self):
        for line in self.process.stderr:
            self._said.append(line)
            found = re.match(r"durable: (\S+) ", line)
            if found and found[1] not in self._stores:
                self._stores.add(found[1])
                self.streaming_after = time.monotonic() - self.begin

    def watch_memory(self):
        while self.process.poll() is None:
            pid = self.process.pid
            self.peak_kib = max(self.peak_kib,
                                sum(share_of(each) for each in [pid, *generators_of(pid)]))
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(SAMPLE_SECONDS)

    def end(self, code=0):
        out = self.process.stdout.read()
        self.process.wait()
        self._reader.join()
        if self.process.returncode != code:
            raise Failed(f"replay --processes: exit code {self.process.returncode}\n"
                         + "".join(self._said)[-2000:])
        return json.loads(out)


def rate(summary):
    return summary["events_a_second"]


def processes(bench, report):
    """The same replay by ten processes and by one, in turn; then at a pace."""
    log = bench.work / "log-processes"
    peaks = []

    def together():
        bench.settle(log)
        run = Watched(bench, log)
        run.watch_memory()
        summary = run.end()
        peaks.append(run.peak_kib / 1024)
        if summary["events_durable"] != bench.events:
            raise Failed("replay --processes: not all events are durable")
        return rate(summary)

    def alone():
        bench.settle(log)
        return rate(bench.tillstream("replay", "-q", "--json", "--data", bench.data, "--log",
                                     log).json())

    many, one = interleaved(bench.disk_pairs, together, alone)
    share = ratios(many, one)
    report.rows.append(Row(
        "a process a store, speed max, zstd", f">= {RATIO_MIN} x one process",
        f"{spread(many).scaled(1e-6).text(2)} M events/s",
        f"one process: {spread(one).scaled(1e-6).text(2)} M events/s",
        f"{share.text(2)} x the speed", "loading not counted",
        share.median >= RATIO_MIN))
    report.rows.append(Row(
        "their memory, supervisor and generators (PSS)", f"<= {MEMORY_MIB_MAX} MiB",
        f"{max(peaks):.0f} MiB", "", "", "", max(peaks) <= MEMORY_MIB_MAX))
    paced(bench, report, log)
    remove(log)


def paced(bench, report, log):
    seconds = 3 if bench.quick else bench.paced_seconds
    bench.settle(log)
    run = Watched(bench, log, "--speed", "10d/s", "--to", f"d_{min(bench.days, 10 * seconds)}")
    summary = run.end()
    stores = summary["stores"]
    if any(store["restarts"] for store in stores):
        raise Failed("replay --processes: a generator has died")
    p99 = max(store["lag_seconds_p99"] for store in stores)
    report.rows.append(Row(
        f"10d/s for {seconds} s: how late days are durable", f"p99 < {LAG_P99_MAX * 1000:.0f} ms",
        f"p99 {p99 * 1000:.0f} ms, p50 {max(s['lag_seconds_p50'] for s in stores) * 1000:.0f} ms, "
        f"at most {max(s['lag_seconds_max'] for s in stores) * 1000:.0f} ms", "", "",
        "of the worst store each", p99 < LAG_P99_MAX))
    # The schedule is absolute: a drift would stand in the lag at the end.
    drift = max(store["lag_seconds"] for store in stores)
    report.rows.append(Row("the lag at its end: drift", "none", f"{drift * 1000:.0f} ms", "", "",
                           "", drift < LAG_P99_MAX))
    report.rows.append(Row(
        "start until all stores have durable events, at 10d/s", f"<= {STREAMING_SECONDS_MAX} s",
        f"{run.streaming_after:.1f} s", "", "", "plain CSV",
        run.streaming_after <= STREAMING_SECONDS_MAX))

#!/usr/bin/env python3
"""The PostgreSQL part of docs/benchmarks.md: consume --sink postgres: beside a bare loop of libpq's
binary COPY of the same rows into the same table, on a real server.

    bench/postgres_bench.py --build BUILD [--data DIR] [--days N] [--pairs N] [--quick]
                            [--markdown] [--update FILE]

BUILD was configured with TILLSTREAM_BENCH=ON and built. The server is Debian's as it comes, but for
its port and folder; it is this program's own. Data as run.py finds them. Needs about 20 GB of disk
for all days, in BUILD or where --work says.

Exit code 1 when a bar is missed or a program did not do its work.
"""

import os
import pathlib
import sys
import time

import rows
import sink_bench
from measure import Failed, interleaved, ratios, run, spread
from run import SOURCE
from sink_bench import MEMORY_MIB_MAX, SHARE_MIN
from table import POSTGRES_MARKS, Row

sys.path.insert(0, str(SOURCE / "tests" / "sinks"))

from postgres_server import PostgresServer  # noqa: E402

TICKS = os.sysconf("SC_CLK_TCK")
DATABASE = "bench"
# What the tests turn off, on again: a transaction is durable when it is committed.
SERVER = {"fsync": "on", "autovacuum": "on", "shared_buffers": "128MB", "max_wal_size": "1GB"}


def cpu_of(pid, with_ended_children):
    """User and system time of a process so far, in seconds."""
    try:
        text = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except FileNotFoundError:
        return 0.0
    fields = text.rpartition(")")[2].split()
    return sum(int(field) for field in fields[11:15 if with_ended_children else 13]) / TICKS


def cpu_of_server(pid):
    """That of the server, of its processes that run, and of the sessions that have ended."""
    children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="utf-8").split()
    return cpu_of(pid, True) + sum(cpu_of(child, False) for child in children)


class Bench(sink_bench.Bench):
    """The log, and the server."""

    def __init__(self, options):
        super().__init__(options)
        self.server = None

    def measured(self, command, seconds_of):
        """Runs a command on an empty database; seconds, and processor time of both sides."""
        self.server.sql(f"DROP DATABASE IF EXISTS {DATABASE}")
        self.server.sql(f"CREATE DATABASE {DATABASE}")
        self.server.sql("CHECKPOINT")
        if not self.quick:
            os.sync()
        server_before = cpu_of_server(self.server.pid)
        ran = run(command)
        self.wait_for_sessions()
        found = ran.json()
        rows.need_equal("rows of sales", self.server.number("SELECT count(*) FROM sales", DATABASE),
                        self.events)
        return {"seconds": seconds_of(ran, found), "cpu": ran.cpu, "peak_kib": ran.peak_kib,
                "copy_cpu": found.get("cpu", ran.cpu),
                "server_cpu": cpu_of_server(self.server.pid) - server_before}

    def wait_for_sessions(self):
        """Their time is counted when they have ended."""
        end = time.monotonic() + 60
        while self.server.number("SELECT count(*) FROM pg_stat_activity WHERE datname = "
                                 f"'{DATABASE}'"):
            if time.monotonic() > end:
                raise Failed("a session of the server does not end")

    def ours(self, log):
        """From the start of the process to its end."""
        ran = self.measured([self.binary, "consume", "-q", "-e", "--json", "--log", log, "--sink",
                             self.server.address(DATABASE)], lambda ran, _: ran.wall)
        self.note_peak("consume --sink postgres:", ran["peak_kib"])
        return ran

    def bare(self, into):
        """From the first row to the commit."""
        return self.measured([self.programs / "postgres_copy", self.server.address(DATABASE),
                              self.data, self.to, into], lambda _, found: found["seconds"])


def measure(bench, report):
    log = bench.work / "log"
    bench.replay(log)
    ours, parent, months = interleaved(bench.pairs, lambda: bench.ours(log),
                                       lambda: bench.bare("parent"), lambda: bench.bare("months"))

    def rate(runs):
        return spread(bench.events / ran["seconds"] / 1e6 for ran in runs)

    def cpu(runs, part):
        return spread(ran[part] for ran in runs).median / bench.events * 1e9

    share = ratios([bench.events / ran["seconds"] for ran in ours],
                   [bench.events / ran["seconds"] for ran in parent])
    report.rows.append(Row(
        "the zstd log into PostgreSQL, durable, with offsets", f">= {SHARE_MIN} x a bare COPY",
        f"{rate(ours).text(2)} M rows/s",
        f"libpq, binary COPY into the table: {rate(parent).text(2)} M rows/s",
        f"{share.text(2)} x the speed",
        f"{cpu(ours, 'cpu'):.0f} ns a row, the server {cpu(ours, 'server_cpu'):.0f}; bare "
        f"{cpu(parent, 'copy_cpu'):.0f}, the server {cpu(parent, 'server_cpu'):.0f}",
        share.median >= SHARE_MIN))
    direct = ratios([bench.events / ran["seconds"] for ran in months],
                    [bench.events / ran["seconds"] for ran in parent])
    report.rows.append(Row(
        "bare COPY into each month's partition", "",
        f"{rate(months).text(2)} M rows/s", "into the table, as above",
        f"{direct.text(2)} x the speed",
        f"{cpu(months, 'copy_cpu'):.0f} ns a row, the server {cpu(months, 'server_cpu'):.0f}"))
    peak = bench.peaks["consume --sink postgres:"] / 1024
    report.rows.append(Row("peak resident memory", f"<= {MEMORY_MIB_MAX} MiB", f"{peak:.0f} MiB",
                           met=peak <= MEMORY_MIB_MAX))


def measure_with_server(bench, report):
    # Not below BUILD, where the server's user may not be allowed to look.
    with PostgresServer(**SERVER) as bench.server:
        bench.server.start()
        version = bench.server.sql("SHOW server_version")[0][0]
        report.data += f"; PostgreSQL {version}"
        measure(bench, report)


def main():
    options = sink_bench.arguments(__doc__.splitlines()[0], "postgres",
                                   "where to make folders for the log and the server; default BUILD")
    return sink_bench.run_bench(options, Bench(options), "postgres", POSTGRES_MARKS,
                                measure_with_server)


if __name__ == "__main__":
    sink_bench.exit_with(main)

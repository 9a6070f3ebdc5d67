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

import argparse
import os
import pathlib
import sys
import time

import rows
from measure import Failed, commit_of, interleaved, machine, ratios, remove, run, say, spread
from run import SOURCE, find_data
from table import POSTGRES_MARKS, Report, Row, as_markdown, as_text, update

sys.path.insert(0, str(SOURCE / "tests" / "sinks"))

from postgres_server import PostgresServer  # noqa: E402

PAIRS = 3
MEMORY_MIB_MAX = 256
SHARE_MIN = 0.7
TICKS = os.sysconf("SC_CLK_TCK")
DATABASE = "bench"
# What the tests turn off, on again: a transaction is durable when it is committed.
SERVER = {"fsync": "on", "autovacuum": "on", "shared_buffers": "128MB", "max_wal_size": "1GB"}


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=pathlib.Path, required=True, help="the build folder")
    parser.add_argument("--data", type=pathlib.Path, help="folder of the dataset")
    parser.add_argument("--work", type=pathlib.Path,
                        help="where to make folders for the log and the server; default BUILD")
    parser.add_argument("--quick", action="store_true",
                        help="a small dataset, in seconds; nothing is judged")
    parser.add_argument("--days", type=int, default=10**6, help="of the dataset; default all")
    parser.add_argument("--pairs", type=int, default=PAIRS, help="rounds")
    parser.add_argument("--markdown", action="store_true", help="print Markdown")
    parser.add_argument("--update", type=pathlib.Path, metavar="FILE",
                        help="write the Markdown into FILE, between its marks")
    options = parser.parse_args()
    options.build = options.build.resolve()
    options.work = ((options.work or options.build).resolve()
                    / ("bench-postgres-quick" if options.quick else "bench-postgres"))
    if options.quick:
        options.pairs = 1
    options.disk_pairs, options.seed = options.pairs, 0
    return options


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


class Bench(rows.Bench):
    """The log, and the server."""

    def __init__(self, options):
        super().__init__(options)
        self.server = None
        self.to = 0

    def use_days(self, days):
        days = min(days, self.days)
        self.events = self.events // self.days * days
        self.to = days + 1

    def write_log(self):
        log = self.work / "log"
        ran = run([self.binary, "replay", "-q", "--json", "--data", self.data, "--log", log,
                   *(["--to", f"d_{self.to}"] if self.to <= self.days else [])])
        rows.need_equal("events of the log", ran.json()["events_durable"], self.events)
        return log

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
        self.peaks["consume --sink postgres:"] = max(
            self.peaks.get("consume --sink postgres:", 0), ran["peak_kib"])
        return ran

    def bare(self, into):
        """From the first row to the commit."""
        return self.measured([self.programs / "postgres_copy", self.server.address(DATABASE),
                              self.data, self.to, into], lambda _, found: found["seconds"])


def measure(bench, report):
    log = bench.write_log()
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


def command_of():
    words = [word for word in sys.argv[1:] if not word.startswith("--update")]
    return " ".join(["bench/postgres_bench.py", *words]) if len(words) > 2 else "make bench-postgres"


def main():
    options = arguments()
    remove(options.work)
    options.work.mkdir(parents=True)
    bench = Bench(options)
    try:
        data, description = find_data(bench, options)
        bench.use_data(data)
        bench.use_days(options.days)
        bench.peaks.clear()  # what making the data took is no row here
        report = Report(f"{description}, {bench.to - 1} days: {bench.events:,} events",
                        machine(options.work), commit_of(SOURCE), command_of(),
                        judged=not options.quick)
        # Not below BUILD, where the server's user may not be allowed to look.
        with PostgresServer(**SERVER) as bench.server:
            bench.server.start()
            version = bench.server.sql("SHOW server_version")[0][0]
            report.data += f"; PostgreSQL {version}"
            measure(bench, report)
    finally:
        remove(options.work)
    print(as_markdown(report) if options.markdown else as_text(report))
    if options.update:
        update(options.update, report, POSTGRES_MARKS)
    return 1 if report.judged and report.missed() else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failed as failed:
        sys.exit(f"bench: {failed}")

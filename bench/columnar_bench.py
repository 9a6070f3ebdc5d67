#!/usr/bin/env python3
"""The columnar part of docs/benchmarks.md: consume --sink duckdb: and parquet: beside DuckDB itself.

    bench/columnar_bench.py --build BUILD [--data DIR] [--days N] [--pairs N] [--quick]
                            [--markdown] [--update FILE]

BUILD was configured with TILLSTREAM_BENCH=ON and built; tools/duckdb.sh gets DuckDB's library, or
TILLSTREAM_DUCKDB names one. Data as run.py finds them. Needs about 10 GB of disk for all days, in
BUILD or where --work says.

Exit code 1 when a bar is missed or a program did not do its work.
"""

import os
import subprocess

import rows
import sink_bench
from measure import Failed, interleaved, ratios, remove, run, size_of, spread
from run import SOURCE
from sink_bench import MEMORY_MIB_MAX, SHARE_MIN
from table import COLUMNAR_MARKS, Row

MEMORY_SHARE_MAX = 0.25

# What one would write without Tillstream: a column a day becomes a row a day, with date and price.
UNPIVOT = """
COPY (SELECT s.store_id AS store, s.item_id AS item, s.dept_id AS dept, s.cat_id AS cat,
             s.state_id AS state, substr(s.d, 3)::INTEGER AS day, c.date::DATE AS date,
             s.sold::INTEGER AS sold, p.sell_price::DECIMAL(10,2) AS price
      FROM (UNPIVOT (FROM read_csv('{sales}')) ON COLUMNS('^d_[0-9]+$') INTO NAME d VALUE sold) s
      JOIN read_csv('{data}/calendar.csv') c ON c.d = s.d
      LEFT JOIN read_csv('{prices}', types = {{'sell_price': 'DECIMAL(10,2)'}}) p
             ON p.store_id = s.store_id AND p.item_id = s.item_id AND p.wm_yr_wk = c.wm_yr_wk
      {where}) TO '{target}' (FORMAT parquet, COMPRESSION zstd)
"""


def find_library():
    named = os.environ.get("TILLSTREAM_DUCKDB")
    if named:
        return named
    return subprocess.run([SOURCE / "tools" / "duckdb.sh"], check=True, text=True,
                          capture_output=True).stdout.strip()


def first_of(*paths):
    for path in paths:
        if path.exists():
            return path
    raise Failed(f"none of {', '.join(map(str, paths))}")


class Bench(sink_bench.Bench):
    """The log, and where tables are made."""

    def __init__(self, options):
        super().__init__(options)
        self.library = find_library()

    def fresh(self, name):
        """A path below the work folder where nothing is, after the disk has come to rest."""
        path = self.work / name
        remove(path)
        remove(self.work / f"{name}.wal")
        if not self.quick:
            os.sync()
        return path

    def consume(self, log, kind, target):
        """From the start of the process to its end."""
        ran = run([self.binary, "consume", "-q", "-e", "--json", "--log", log, "--duckdb",
                   self.library, "--sink", f"{kind}:{target}"])
        rows.need_equal("rows of sales", ran.json()["sales"], self.events)
        self.note_peak(f"consume --sink {kind}:", ran.peak_kib)
        return ran

    def sql(self, file, *statements):
        return run([self.programs / "duckdb_peer", self.library, "sql", file, *statements])

    def append(self, file):
        ran = run([self.programs / "duckdb_peer", self.library, "append", file, self.data, self.to])
        rows.need_equal("rows of sales", ran.json()["rows"], self.events)
        return ran

    def unpivot(self, target):
        """From the start of the process to its end, files as they lie there."""
        where = f"WHERE day < {self.to}" if self.to <= self.days else ""
        names = [self.data / f"sales_train_{kind}.csv{suffix}"
                 for kind in ("evaluation", "validation") for suffix in ("", ".gz")]
        prices = [self.data / f"sell_prices.csv{suffix}" for suffix in ("", ".gz")]
        return self.sql(":memory:", UNPIVOT.format(
            sales=first_of(*names), prices=first_of(*prices), data=self.data, where=where,
            target=target))


def rate(bench, runs, seconds):
    return spread(bench.events / seconds(ran) / 1e6 for ran in runs)


def cpu(bench, runs):
    return f"{spread(ran.cpu for ran in runs).median / bench.events * 1e9:.0f} ns a row"


def wall_of(ran):
    return ran.wall


def seconds_of(ran):
    return ran.json()["seconds"]


def duckdb_row(bench, report, log):
    ours, bare = interleaved(
        bench.pairs, lambda: bench.consume(log, "duckdb", bench.fresh("ours.duckdb")),
        lambda: bench.append(bench.fresh("bare.duckdb")))
    share = ratios([1 / ran.wall for ran in ours], [1 / seconds_of(ran) for ran in bare])
    report.rows.append(Row(
        "the zstd log into a DuckDB file, durable, with offsets", f">= {SHARE_MIN} x a bare loop",
        f"{rate(bench, ours, wall_of).text(2)} M rows/s",
        f"DuckDB's appender, by chunks: {rate(bench, bare, seconds_of).text(2)} M rows/s",
        f"{share.text(2)} x the speed", f"{cpu(bench, ours)}; bare, dataset loaded, "
        f"{cpu(bench, bare)}", share.median >= SHARE_MIN))
    # The bare loop's file is the table that COPY begins with.
    return bench.work / "bare.duckdb"


def parquet_row(bench, report, log, table):
    def copy():
        target = bench.fresh("copy.parquet")
        return bench.sql(table, f"COPY sales TO '{target}' (FORMAT parquet, COMPRESSION zstd)")

    ours, theirs = interleaved(
        bench.pairs, lambda: bench.consume(log, "parquet", bench.fresh("ours")), copy)
    share = ratios([1 / ran.wall for ran in ours], [1 / seconds_of(ran) for ran in theirs])
    sizes = size_of(bench.work / "ours"), (bench.work / "copy.parquet").stat().st_size
    report.rows.append(Row(
        "the zstd log into Parquet by store and month, durable, with offsets",
        f">= {SHARE_MIN} x DuckDB's COPY",
        f"{rate(bench, ours, wall_of).text(2)} M rows/s, {sizes[0] / 1e6:.0f} MB",
        f"COPY of a table to one file: {rate(bench, theirs, seconds_of).text(2)} M rows/s, "
        f"{sizes[1] / 1e6:.0f} MB", f"{share.text(2)} x the speed",
        f"{cpu(bench, ours)}; COPY, two threads, {cpu(bench, theirs)}",
        share.median >= SHARE_MIN))


def csv_row(bench, report):
    def ours():
        log, target = bench.fresh("log"), bench.fresh("ours")
        replayed = bench.replay(log)
        consumed = bench.consume(log, "parquet", target)
        return replayed, consumed

    both, theirs = interleaved(bench.pairs, ours,
                               lambda: bench.unpivot(bench.fresh("unpivot.parquet")))
    wall = [first.wall + second.wall for first, second in both]
    share = ratios([1 / seconds for seconds in wall], [1 / ran.wall for ran in theirs])
    peak = max(max(first.peak_kib, second.peak_kib) for first, second in both) / 1024
    their_peak = spread(ran.peak_kib / 1024 for ran in theirs).median
    report.rows.append(Row(
        "CSV to Parquet: replay, then consume", ">= 1 x DuckDB with UNPIVOT and joins",
        f"{spread(wall).text(1)} s", f"{spread(ran.wall for ran in theirs).text(1)} s",
        f"{share.text(2)} x the speed",
        f"{spread(a.cpu + b.cpu for a, b in both).median / bench.events * 1e9:.0f} ns a row; "
        f"DuckDB {cpu(bench, theirs)}", share.median >= 1))
    report.rows.append(Row(
        "peak resident memory of CSV to Parquet", f"<= {MEMORY_SHARE_MAX} x DuckDB's",
        f"{peak:.0f} MiB", f"{their_peak:.0f} MiB", f"{peak / their_peak:.2f} x", "",
        peak / their_peak <= MEMORY_SHARE_MAX))


def measure(bench, report):
    log = bench.work / "log"
    bench.replay(log)
    table = duckdb_row(bench, report, log)
    parquet_row(bench, report, log, table)
    remove(table)
    csv_row(bench, report)
    peak = bench.peaks["consume --sink parquet:"] / 1024
    report.rows.append(Row("peak resident memory, Parquet", f"<= {MEMORY_MIB_MAX} MiB",
                           f"{peak:.0f} MiB", met=peak <= MEMORY_MIB_MAX))
    report.rows.append(Row("the same of DuckDB, of which its own may be 512 MiB", "",
                           f"{bench.peaks['consume --sink duckdb:'] / 1024:.0f} MiB"))


def main():
    options = sink_bench.arguments(__doc__.splitlines()[0], "columnar")
    return sink_bench.run_bench(options, Bench(options), "columnar", COLUMNAR_MARKS, measure)


if __name__ == "__main__":
    sink_bench.exit_with(main)

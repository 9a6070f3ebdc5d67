#!/usr/bin/env python3
"""The benchmarks of docs/benchmarks.md: runs them, prints one table with the bars.

    bench/run.py --build BUILD [--data DIR] [--quick] [--only ROW,...] [--markdown] [--update FILE]

BUILD was configured with TILLSTREAM_BENCH=ON and built. Without --data, the M5 files are looked for
in $TILLSTREAM_M5_DIR and then in ../shared/data/m5; where they are not, a synthetic dataset of
the same shape is made. Needs about 15 GB of disk in BUILD, or where --work says.

Exit code 1 when a bar is missed or a program did not do its work.
"""

import argparse
import os
import pathlib
import random
import sys

import rows
from measure import Failed, commit_of, machine, remove, say
from table import Report, as_markdown, as_text, update

PAIRS = 5
DISK_PAIRS = 3
PACED_SECONDS = 30
SOURCE = pathlib.Path(__file__).resolve().parent.parent


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=pathlib.Path, required=True, help="the build folder")
    parser.add_argument("--data", type=pathlib.Path, help="folder of the dataset")
    parser.add_argument("--work", type=pathlib.Path,
                        help="where to make a folder for logs, on the disk to measure; default BUILD")
    parser.add_argument("--quick", action="store_true",
                        help="a small dataset, in seconds; nothing is judged")
    parser.add_argument("--only", default="", metavar="ROW,...",
                        help="of " + ", ".join(rows.ALL))
    parser.add_argument("--pairs", type=int, default=PAIRS,
                        help="rounds of rows without output to disk")
    parser.add_argument("--disk-pairs", type=int, default=DISK_PAIRS,
                        help="rounds of rows that write a full log")
    parser.add_argument("--paced-seconds", type=int, default=PACED_SECONDS,
                        help="how long the row \"processes\" streams at 10d/s; the bar is for 300")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6),
                        help="of the moments of kill -9")
    parser.add_argument("--markdown", action="store_true", help="print Markdown")
    parser.add_argument("--update", type=pathlib.Path, metavar="FILE",
                        help="write the Markdown into FILE, between its marks")
    options = parser.parse_args()
    wanted = [name for name in options.only.split(",") if name]
    for name in wanted:
        if name not in rows.ALL:
            parser.error(f"--only: \"{name}\" is no row; there are {', '.join(rows.ALL)}")
    options.only = wanted or list(rows.ALL)
    options.build = options.build.resolve()
    # A folder of our own: it is removed, and the quick run may come while the other is going on.
    options.work = ((options.work or options.build).resolve()
                    / ("bench-work-quick" if options.quick else "bench-work"))
    if options.quick:
        options.pairs = options.disk_pairs = 1
    return options


def command_of(options):
    """How to have the same rows again."""
    if options.quick:
        return "bench/run.py --quick"
    words = [f"--only {','.join(options.only)}"] if options.only != list(rows.ALL) else []
    if (options.pairs, options.disk_pairs) != (PAIRS, DISK_PAIRS):
        words.append(f"--pairs {options.pairs} --disk-pairs {options.disk_pairs}")
    if options.paced_seconds != PACED_SECONDS:
        words.append(f"--paced-seconds {options.paced_seconds}")
    return " ".join(["bench/run.py", *words]) if words else "make bench"


def find_data(bench, options):
    """The folder of the dataset and what it is."""
    if options.quick:
        return (bench.synthesize(stores=3, items=60, days=150),
                "synthetic, 3 stores, 60 items, 150 days")
    if options.data is not None:
        return options.data, "as given by --data"
    places = [os.environ.get("TILLSTREAM_M5_DIR"), SOURCE.parent / "shared" / "data" / "m5"]
    for place in places:
        if place and any(pathlib.Path(place).glob("sales_train_*.csv*")):
            return pathlib.Path(place), "M5, the real files"
    say("bench: the M5 files are not there: making a synthetic dataset of the same shape")
    return (bench.synthesize(stores=10, items=3049, days=1941),
            "synthetic, of the shape of M5 (10 stores, 3,049 items, 1,941 days); NOT the real "
            "files")


def main():
    options = arguments()
    remove(options.work)
    options.work.mkdir(parents=True)
    say(f"bench: seed {options.seed}")
    bench = rows.Bench(options)
    failures = 0
    try:
        data, description = find_data(bench, options)
        bench.use_data(data)
        report = Report(f"{description}: {bench.events:,} events", machine(options.work),
                        commit_of(SOURCE), command_of(options), judged=not options.quick)
        for name in options.only:
            say(f"bench: {name}")
            try:
                rows.ALL[name](bench, report)
            except Failed as failed:
                say(f"bench: {name}: {failed}")
                failures += 1
    finally:
        remove(options.work)
    report.memory = bench.memory_table()
    print(as_markdown(report) if options.markdown else as_text(report))
    if options.update:
        update(options.update, report)
    return 1 if failures or (report.judged and report.missed()) else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failed as no_data:
        sys.exit(f"bench: {no_data}")

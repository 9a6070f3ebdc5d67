#!/usr/bin/env python3
"""The Kafka part of docs/benchmarks.md: replay -b and consume -b beside bare loops of librdkafka and
beside Python, on real brokers; one table with the bars and the brokers' processor time.

    bench/kafka_bench.py --build BUILD [--data DIR] [--quick] [--only ROW,...] [--brokers 1,3]
                         [--markdown] [--update FILE]
    bench/kafka_bench.py --build BUILD --trade     # codec and size of a commit, instead of the rows

BUILD was configured with TILLSTREAM_BENCH=ON and built; runs with the Python of .venv. Starts one
broker, warms it, measures; then three. Data as run.py finds them; the first --days of them are
streamed in each run. Needs about 20 GB of disk in BUILD, or where --work says.

Exit code 1 when a bar is missed or a program did not do its work.
"""

import argparse
import pathlib
import sys

import kafka_rows
from brokers import Brokers
from kafka_trade import trade
from measure import Failed, command_of, commit_of, machine, remove, say
from run import SOURCE, find_data
from table import KAFKA_MARKS, Report, as_markdown, as_text, update

PAIRS = 3
# Most of the history: reading the files is a part of every run.
DAYS = 1000
# A cold broker spends half of its processor time on compilation in its first 8 million messages.
WARM_EVENTS = 30_000_000
# Python's row is once: it does not depend on the number of brokers.
PYTHON_BROKERS = 1


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=pathlib.Path, required=True, help="the build folder")
    parser.add_argument("--data", type=pathlib.Path, help="folder of the dataset")
    parser.add_argument("--work", type=pathlib.Path,
                        help="where to make a folder for the brokers; default BUILD")
    parser.add_argument("--quick", action="store_true",
                        help="a small dataset, one cold broker, in a minute; nothing is judged")
    parser.add_argument("--only", default="", metavar="ROW,...",
                        help="of " + ", ".join(kafka_rows.ALL))
    parser.add_argument("--trade", action="store_true",
                        help="codec and size of a commit instead of the rows")
    parser.add_argument("--brokers", default="1,3", help="sizes of clusters, one after the other")
    parser.add_argument("--heap", default="1g", help="of each broker")
    parser.add_argument("--days", type=int, default=DAYS, help="of the dataset in each run")
    parser.add_argument("--pairs", type=int, default=PAIRS, help="rounds of each row")
    parser.add_argument("--warm", type=int, default=WARM_EVENTS, metavar="EVENTS",
                        help="into each new cluster before the first figure")
    parser.add_argument("-X", dest="properties", action="append", default=[],
                        metavar="NAME=VALUE", help="a property of librdkafka, for every client")
    parser.add_argument("--markdown", action="store_true", help="print Markdown")
    parser.add_argument("--update", type=pathlib.Path, metavar="FILE",
                        help="write the Markdown into FILE, between its marks")
    options = parser.parse_args()
    wanted = [name for name in options.only.split(",") if name]
    for name in wanted:
        if name not in kafka_rows.ALL:
            parser.error(f"--only: \"{name}\" is no row; there are {', '.join(kafka_rows.ALL)}")
    options.only = wanted or list(kafka_rows.ALL)
    options.build = options.build.resolve()
    options.work = ((options.work or options.build).resolve()
                    / ("bench-kafka-quick" if options.quick else "bench-kafka"))
    if options.quick:
        options.pairs, options.warm, options.brokers, options.heap = 1, 0, "1", "384m"
    options.disk_pairs, options.seed = options.pairs, 0
    options.brokers = [int(count) for count in options.brokers.split(",")]
    return options


def warm(bench, events):
    """Brokers compile what they run often, so they have to run it before it counts."""
    sent = 0
    while sent < events:
        topic = bench.brokers.new_topic()
        bench.loop(commit=None if sent else kafka_rows.COMMIT_DEFAULT, keep_as=topic)
        bench.consume_loop(topic)
        bench.brokers.forget(topic)
        sent += bench.events


def measure_rows(bench, report, options):
    failures = 0
    for name in ["trade"] if options.trade else options.only:
        if name == "python" and bench.brokers.count != PYTHON_BROKERS:
            continue
        say(f"bench: {name}, {kafka_rows.name_of(bench.brokers)}")
        try:
            (trade if options.trade else kafka_rows.ALL[name])(bench, report)
        except Failed as failed:
            say(f"bench: {name}: {failed}")
            failures += 1
    return failures


def measure_all(bench, report, options):
    failures = 0
    for count in options.brokers:
        folder = options.work / f"brokers-{count}"
        say(f"bench: {count} broker{'s' if count > 1 else ''}")
        with Brokers(folder, count, options.heap) as brokers, bench.serve_registry():
            bench.brokers = brokers
            warm(bench, options.warm)
            failures += measure_rows(bench, report, options)
        remove(folder)
    if not options.trade:
        kafka_rows.memory(bench, report)
    return failures


def main():
    options = arguments()
    remove(options.work)
    options.work.mkdir(parents=True)
    bench = kafka_rows.KafkaBench(options)
    try:
        data, description = find_data(bench, options)
        bench.use_data(data)
        bench.use_days(options.days)
        bench.peaks.clear()  # what making the data took is no row here
        report = Report(
            f"{description}, {bench.to - 1} days: {bench.events:,} events a run",
            machine(options.work), commit_of(SOURCE), command_of("kafka"),
            judged=not options.quick)
        failures = measure_all(bench, report, options)
    finally:
        remove(options.work)
    print(as_markdown(report) if options.markdown else as_text(report))
    if options.update:
        update(options.update, report, KAFKA_MARKS)
    return 1 if failures or (report.judged and report.missed()) else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failed as no_data:
        sys.exit(f"bench: {no_data}")

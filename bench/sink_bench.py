"""What the benchmarks of the sinks of tables share: their options, the first days of a dataset as a log,
and the way from the measurements to the table."""

import argparse
import pathlib
import sys

import rows
from measure import Failed, command_of, commit_of, machine, remove, run
from run import SOURCE, find_data
from table import Report, as_markdown, as_text, update

PAIRS = 3
MEMORY_MIB_MAX = 256
SHARE_MIN = 0.7


def arguments(description, name, work_help="where to make a folder; default BUILD"):
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--build", type=pathlib.Path, required=True, help="the build folder")
    parser.add_argument("--data", type=pathlib.Path, help="folder of the dataset")
    parser.add_argument("--work", type=pathlib.Path, help=work_help)
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
                    / (f"bench-{name}-quick" if options.quick else f"bench-{name}"))
    if options.quick:
        options.pairs = 1
    options.disk_pairs, options.seed = options.pairs, 0
    return options


class Bench(rows.Bench):
    """The first days of the dataset."""

    def __init__(self, options):
        super().__init__(options)
        self.to = 0

    def use_days(self, days):
        days = min(days, self.days)
        self.events = self.events // self.days * days
        self.to = days + 1

    def replay(self, log):
        ran = run([self.binary, "replay", "-q", "--json", "--data", self.data, "--log", log,
                   *(["--to", f"d_{self.to}"] if self.to <= self.days else [])])
        rows.need_equal("events of the log", ran.json()["events_durable"], self.events)
        return ran

    def note_peak(self, name, peak_kib):
        self.peaks[name] = max(self.peaks.get(name, 0), peak_kib)


def run_bench(options, bench, name, marks, measure):
    """Measures into a report and shows it; the exit code."""
    remove(options.work)
    options.work.mkdir(parents=True)
    try:
        data, description = find_data(bench, options)
        bench.use_data(data)
        bench.use_days(options.days)
        bench.peaks.clear()  # what making the data took is no row here
        report = Report(f"{description}, {bench.to - 1} days: {bench.events:,} events",
                        machine(options.work), commit_of(SOURCE), command_of(name),
                        judged=not options.quick)
        measure(bench, report)
    finally:
        remove(options.work)
    print(as_markdown(report) if options.markdown else as_text(report))
    if options.update:
        update(options.update, report, marks)
    return 1 if report.judged and report.missed() else 0


def exit_with(main):
    try:
        sys.exit(main())
    except Failed as failed:
        sys.exit(f"bench: {failed}")

"""The table of figures, as plain text and as Markdown."""

import textwrap
from dataclasses import dataclass, field

# Between such lines of a file --update writes.
MARKS = ("<!-- figures: begin; bench/run.py --update writes what stands between these lines -->",
         "<!-- figures: end -->")
KAFKA_MARKS = ("<!-- Kafka figures: begin; bench/kafka_bench.py --update writes what stands between "
               "these lines -->", "<!-- Kafka figures: end -->")
POSTGRES_MARKS = ("<!-- PostgreSQL figures: begin; bench/postgres_bench.py --update writes what stands "
                  "between these lines -->", "<!-- PostgreSQL figures: end -->")
COLUMNAR_MARKS = ("<!-- columnar figures: begin; bench/columnar_bench.py --update writes what stands "
                  "between these lines -->", "<!-- columnar figures: end -->")


@dataclass
class Row:
    """One line of the table. `met` is None where there is no bar, or where it is not judged."""
    what: str
    bar: str
    ours: str
    peer: str = ""
    ratio: str = ""
    cpu: str = ""
    met: bool | None = None


@dataclass
class Report:
    """Everything that a run of the benchmarks has to say."""
    data: str
    machine: str
    commit: str
    command: str
    rows: list = field(default_factory=list)
    parts: list = field(default_factory=list)  # (what, figure): pieces, without a bar
    memory: list = field(default_factory=list)  # (command, MiB, whether no less can be seen)
    judged: bool = True
    parts_are: str = "Parts, one core, no output to disk"
    parts_head: tuple = ("part", "figure")

    def missed(self):
        return [row for row in self.rows if row.met is False]


HEAD = ("what", "bar", "ours", "the other", "ours to the other", "CPU", "")


def cells(row, judged):
    verdict = {True: "met", False: "MISSED", None: ""}[row.met] if judged else ""
    return (row.what, row.bar, row.ours, row.peer, row.ratio, row.cpu, verdict)


def memory_lines(report):
    return [(command, f"{'at most ' if is_floor else ''}{mib:.0f}")
            for command, mib, is_floor in report.memory]


def aligned(lines):
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip()
            for line in lines]


def wrapped(line, widths):
    """A row of the table as several, so that long cells stand in columns."""
    columns = [textwrap.wrap(cell, width) or [""] for cell, width in zip(line, widths)]
    height = max(len(column) for column in columns)
    return [tuple(column[i] if i < len(column) else "" for column in columns)
            for i in range(height)]


def as_text(report):
    widths = (30, 16, 22, 26, 22, 22, 6)
    lines = [HEAD] if report.rows else []
    for row in report.rows:
        lines += [tuple("" for _ in HEAD), *wrapped(cells(row, report.judged), widths)]
    out = [f"data: {report.data}", f"machine: {report.machine}",
           f"commit {report.commit}: {report.command}"]
    if lines:
        out += ["", *aligned(lines)]
    if report.memory:
        out += ["", "peak resident memory, MiB", *aligned(memory_lines(report))]
    if report.parts:
        out += ["", report.parts_are, *aligned([report.parts_head, *report.parts])]
    if not report.judged:
        out += ["", "small data: these figures are not judged"]
    elif report.missed():
        out += ["", f"missed: {'; '.join(row.what for row in report.missed())}"]
    elif any(row.met for row in report.rows):
        out += ["", "every bar is met"]
    return "\n".join(out)


def markdown_table(head, lines):
    return ["| " + " | ".join(head) + " |", "|" + "---|" * len(head),
            *("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |"
              for line in lines)]


def as_markdown(report):
    out = [f"Data: {report.data}. Machine: {report.machine}. "
           f"Commit {report.commit}. Command: `{report.command}`.", ""]
    if not report.judged:
        out += ["Small data: these figures are not judged.", ""]
    if report.rows:
        out += markdown_table(HEAD, [cells(row, report.judged) for row in report.rows])
    if report.memory:
        out += ["", "Peak resident memory of each command, in MiB:", ""]
        out += markdown_table(("command", "MiB"), memory_lines(report))
    if report.parts:
        out += ["", report.parts_are + ":", ""]
        out += markdown_table(report.parts_head, report.parts)
    return "\n".join(out)


def update(path, report, marks=MARKS):
    """Replaces what stands between two lines of a file."""
    first, last = marks
    text = path.read_text(encoding="utf-8")
    before, begin, rest = text.partition(first)
    _, end, after = rest.partition(last)
    if not begin or not end:
        raise ValueError(f"{path}: needed the lines \"{first}\" and \"{last}\"")
    path.write_text(f"{before}{first}\n\n{as_markdown(report)}\n\n{last}{after}",
                    encoding="utf-8")

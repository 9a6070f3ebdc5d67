"""What each row of the table does. docs/benchmarks.md says why."""

import dataclasses
import functools
import gzip
import io
import json
import os
import pathlib
import random
import resource
import shutil
import subprocess
import time

from forecasts import forecasts
from measure import Failed, interleaved, ratios, remove, run, size_of, spread
from processes import processes
from registry_load import RegistryServer
from table import Row
from watched import watched

MIB = 2**20
# Days of the slice that SQLite gets: the last ones, when most items have a price.
SLICE_DAYS = 100
MEMORY_MIB_MAX = 256


class Bench:
    """The programs, the dataset and the logs that the rows share."""

    def __init__(self, options):
        self.pairs = options.pairs
        self.disk_pairs = options.disk_pairs
        self.quick = options.quick
        self.paced_seconds = getattr(options, "paced_seconds", 0)  # only run.py streams at a pace
        self.random = random.Random(options.seed)
        self.seed = options.seed
        self.work = options.work
        self.binary = options.build / "src" / "tillstream"
        self.programs = options.build / "bench"
        self.data = None
        self.sales = None
        self.events = 0
        self.days = 0
        self.peaks = {}  # command -> KiB, the largest seen

    # The dataset.

    def synthesize(self, stores, items, days):
        folder = self.work / "synthetic"
        self.tillstream("synth", "--out", folder, "--stores", stores, "--items", items,
                        "--days", days)
        return folder

    def use_data(self, folder):
        """Takes a dataset into use, unpacked: what is measured is not gzip, unless it is said."""
        self.data = self.work / "data"
        self.data.mkdir()
        for path in sorted(folder.glob("*.csv*")):
            if path.suffix == ".gz":
                with gzip.open(path) as packed, open(self.data / path.stem, "wb") as plain:
                    shutil.copyfileobj(packed, plain, MIB)
            else:
                shutil.copyfile(path, self.data / path.name)
        names = ["sales_train_evaluation.csv", "sales_train_validation.csv"]
        self.sales = next((self.data / n for n in names if (self.data / n).exists()), None)
        if self.sales is None:
            raise Failed(f"{folder}: no sales file")
        with open(self.sales, encoding="utf-8") as sales:
            self.days = sum(name.startswith("d_") for name in next(sales).rstrip().split(","))
            self.events = self.days * sum(1 for _ in sales)

    @functools.cached_property
    def packed_sales(self):
        path = self.work / "sales.csv.gz"
        with open(self.sales, "rb") as plain, gzip.open(path, "wb", 6) as packed:
            shutil.copyfileobj(plain, packed, MIB)
        return path

    # The programs.

    def tillstream(self, *arguments, memory_as=None, keep_output=True):
        ran = run([self.binary, *arguments], keep_output)
        name = memory_as or arguments[0]
        self.peaks[name] = max(self.peaks.get(name, 0), ran.peak_kib)
        return ran

    def microbench(self, name, seconds=None):
        """The figures of one microbenchmark. Exactly one must have that name."""
        seconds = seconds if seconds is not None else (0.01 if self.quick else 0.5)
        ran = run([self.programs / "microbench", f"--data={self.data}", f"--sales={self.sales}",
                   f"--gzip={self.packed_sales}", f"--benchmark_filter=^{name}$",
                   f"--benchmark_min_time={seconds}", "--benchmark_format=json"])
        found = json.loads(ran.out)["benchmarks"]
        if len(found) != 1 or found[0].get("error_occurred"):
            raise Failed(f"microbench {name}: {found}")
        return found[0]

    def log(self, codec):
        return self.work / f"log-{codec}"

    def replay(self, codec):
        return self.tillstream("replay", "-q", "--json", "--data", self.data, "--log",
                               self.log(codec), "--codec", codec,
                               memory_as=f"replay --codec {codec}")

    def full_log(self, codec):
        """A log of the whole dataset, written when it is not there or not whole."""
        if self.replay(codec).json()["events_durable"] != self.events:
            raise Failed(f"replay --codec {codec}: not all events are durable")
        return self.log(codec)

    def settle(self, path):
        """Removes what stands where something is about to be written, and waits until the disk has
        nothing left to do from before."""
        remove(path)
        if not self.quick:
            os.sync()

    def memory_table(self):
        """(command, MiB), the largest first. A child begins as a copy of this process, whose own
        peak is therefore the least that can be measured."""
        floor = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return [(command, kib / 1024, kib <= floor) for command, kib in
                sorted(self.peaks.items(), key=lambda item: -item[1])]


def seconds_of(benchmark, which="cpu_time"):
    return benchmark[which] / {"ns": 1e9, "us": 1e6, "ms": 1e3, "s": 1}[benchmark["time_unit"]]


def need_equal(what, a, b):
    if a != b:
        raise Failed(f"{what}: {a} and {b}, needed the same")


# Rows without output to disk: one thread, so that processor time is the time it takes on a core of
# its own.

def parse(bench, report):
    ours, theirs = interleaved(bench.pairs, lambda: bench.microbench("ParseSales"),
                               lambda: bench.microbench("ParseSalesPlainly"))
    need_equal("units of the sales file", ours[0]["units"], theirs[0]["units"])
    size = bench.sales.stat().st_size
    speeds = [[size / seconds_of(run_) / 1e9 for run_ in runs] for runs in (ours, theirs)]
    ratio = ratios(*speeds)
    wall = spread(size / seconds_of(run_, "real_time") / 1e9 for run_ in ours)
    report.rows.append(Row(
        "parse the sales file, all checks, transposed; one core", ">= 0.8 GB/s, >= 3 x",
        f"{spread(speeds[0]).text(2)} GB/s",
        f"getline, from_chars: {spread(speeds[1]).text(2)} GB/s",
        f"{ratio.text(2)} x the speed", f"of CPU time; by the clock {wall.median:.2f} GB/s",
        spread(speeds[0]).median >= 0.8 and ratio.median >= 3))


def encode(bench, report):
    ours, theirs = interleaved(bench.pairs, lambda: bench.microbench("EncodeTable/none"),
                               lambda: bench.microbench("EncodePlainly"))
    need_equal("CRCs of the sampled batches", ours[0]["crcs"], theirs[0]["crcs"])
    costs = [[seconds_of(run_) / run_["records"] * 1e9 for run_ in runs] for runs in (ours, theirs)]
    wall = spread(seconds_of(run_, "real_time") / run_["records"] * 1e9 for run_ in ours)
    report.rows.append(Row(
        "encode (Avro, framing, CRC), no I/O; one core", "<= 40 ns a record",
        f"{spread(costs[0]).text(1)} ns", f"field by field: {spread(costs[1]).text(0)} ns",
        f"{ratios(costs[1], costs[0]).text(1)} x the speed",
        f"of CPU time; by the clock {wall.median:.1f} ns",
        spread(costs[0]).median <= 40))


def parts(bench, report):
    def gigabytes(name):
        return f"{bench.microbench(name)['bytes_per_second'] / 1e9:.1f} GB/s"

    def millions(name):
        return f"{bench.microbench(name)['items_per_second'] / 1e6:.1f} M records/s"

    report.parts += [
        ("CRC-32C, a batch of 230 kB in the cache", gigabytes("Crc/230000")),
        ("CRC-32C, 64 MiB from memory", gigabytes("Crc/67108864")),
        ("copy, 230 kB in the cache", gigabytes("Copy/230000")),
        ("copy, 64 MiB in memory", gigabytes("Copy/67108864")),
        ("inflate the sales file, text", gigabytes("InflateSales")),
        ("encode, lz4", millions("EncodeTable/lz4")),
        ("encode, zstd", millions("EncodeTable/zstd")),
        ("decode, none", millions("DecodeBatches/none")),
        ("decode, lz4", millions("DecodeBatches/lz4")),
        ("decode, zstd", millions("DecodeBatches/zstd")),
        ("of which decompression, lz4", millions("DecompressOnly/lz4")),
        ("of which decompression, zstd", millions("DecompressOnly/zstd")),
        ("decode by schema resolution, none", millions("DecodeGeneral")),
    ]


# Rows with a full log.

def dd(bench, size):
    """As many bytes as the log has, written and made durable by the system's own tool."""
    target = bench.work / "dd"
    bench.settle(target)
    blocks = max(1, round(size / MIB))
    ran = run(["dd", "if=/dev/zero", f"of={target}", "bs=1M", f"count={blocks}",
               "conv=fdatasync", "status=none"])
    remove(target)
    return ran


def replay_row(bench, report):
    """Three things in turn: dd, codec none, codec zstd. The last logs stay for the rows below."""
    sizes = {}

    def write(codec):
        bench.settle(bench.log(codec))
        ran = bench.replay(codec)
        need_equal("events", ran.json()["events_durable"], bench.events)
        sizes[codec] = size_of(bench.log(codec))
        return ran

    def of_dd():
        size = sizes["none"]
        remove(bench.log("none"))
        return dd(bench, size)

    none, plain, zstd = interleaved(bench.disk_pairs, lambda: write("none"), of_dd,
                                    lambda: write("zstd"))
    walls = [[ran.wall for ran in runs] for runs in (none, plain, zstd)]
    speed = ratios(walls[1], walls[0])  # of bytes a second: the inverse of the times'
    rate = spread(sizes["none"] / wall / 1e6 for wall in walls[0])
    rate_dd = spread(sizes["none"] / wall / 1e6 for wall in walls[1])
    report.rows.append(Row(
        f"full replay, durable, codec none ({sizes['none'] / 1e9:.2f} GB)", ">= 0.6 x dd",
        f"{spread(walls[0]).text(1)} s, {rate.median:.0f} MB/s, "
        f"{bench.events / spread(walls[0]).median / 1e6:.1f} M events/s",
        f"dd conv=fdatasync: {spread(walls[1]).text(1)} s, {rate_dd.median:.0f} MB/s",
        f"{speed.text(2)} x the speed", cpu_text(none, bench.events) + f"; dd {cpu(plain):.1f} s",
        speed.median >= 0.6))
    slower = ratios(walls[2], walls[0])
    report.rows.append(Row(
        "the same, zstd", "<= 0.45 GB, <= 1.3 x the time",
        f"{sizes['zstd'] / 1e9:.3f} GB, {spread(walls[2]).text(1)} s, "
        f"{bench.events / spread(walls[2]).median / 1e6:.1f} M events/s",
        f"codec none: {spread(walls[0]).text(1)} s", f"{slower.text(2)} x the time",
        cpu_text(zstd, bench.events), sizes["zstd"] <= 0.45e9 and slower.median <= 1.3))


def cpu(runs):
    return spread(ran.cpu for ran in runs).median


def cpu_text(runs, events):
    system = spread(ran.system for ran in runs).median
    return (f"{cpu(runs):.1f} s, {system:.1f} of them the system's; "
            f"{cpu(runs) / events * 1e9:.0f} ns a record")


def consume(bench, report):
    log = bench.full_log("zstd")

    def count():
        ran = bench.tillstream("consume", "-q", "-e", "--sink", "count", "--log", log)
        need_equal("events consumed", ran.json()["events"], bench.events)
        return ran

    runs = [count() for _ in range(bench.pairs)]
    rate = spread(bench.events / ran.cpu / 1e6 for ran in runs)
    wall = spread(bench.events / ran.wall / 1e6 for ran in runs)
    report.rows.append(Row(
        "consume the zstd log, CRC on, eight fields summed; one core", ">= 10 M records/s",
        f"{rate.text(1)} M records/s", "", "",
        f"of CPU time; by the clock {wall.median:.1f} M records/s",
        rate.median >= 10))


def totals(bench, report):
    """consume --totals, and the same published and durable."""
    log = bench.full_log("zstd")
    topic = "bench-totals"

    def add_up(*options):
        # Each time a topic of its own, since what is there is not published again.
        remove(log / f"{topic}-0")
        ran = bench.tillstream("consume", "-q", "-e", "--totals", "store,category", "--log", log,
                               *options, memory_as="consume --totals")
        events = sum(json.loads(line)["events"] for line in io.StringIO(ran.out))
        need_equal("events in totals", events, bench.events)
        # Our own memory is the least that a program's can come out as: it begins as a copy of us.
        return dataclasses.replace(ran, out="")

    plain, published = interleaved(bench.pairs, add_up,
                                   lambda: add_up("--totals-topic", topic))
    remove(log / f"{topic}-0")
    rate = spread(bench.events / ran.wall / 1e6 for ran in plain)
    peak = max(ran.peak_kib for ran in plain + published) / 1024
    report.rows.append(Row(
        "totals by store and category, a day each, JSON lines", ">= 5 M events/s, <= 256 MiB",
        f"{rate.text(1)} M events/s, {peak:.0f} MiB",
        f"published, durable: {spread(bench.events / ran.wall / 1e6 for ran in published).text(1)} "
        "M events/s", "", cpu_text(plain, bench.events),
        rate.median >= 5 and peak <= MEMORY_MIB_MAX))


def verify(bench, report):
    for codec in ("zstd", "none"):
        log = bench.full_log(codec)
        runs = [bench.tillstream("verify", "-q", "--complete", "--data", bench.data, "--log", log)
                for _ in range(min(bench.pairs, 3))]
        wall = spread(ran.wall for ran in runs)
        report.rows.append(Row(
            f"verify the full log, {codec}", "< 30 s", f"{wall.text(1)} s", "", "",
            cpu_text(runs, bench.events), wall.median < 30))


def reopen(bench, report):
    """kill -9 late in the run, then the time until all writers are open again."""
    for codec in ("zstd", "none"):
        share = bench.random.uniform(0.8, 0.97)
        whole = size_of(bench.full_log(codec))
        bench.settle(bench.log(codec))
        process = subprocess.Popen(
            [bench.binary, "replay", "-q", "--data", bench.data, "--log", bench.log(codec),
             "--codec", codec], stdout=subprocess.DEVNULL)
        while process.poll() is None and bytes_written(bench.log(codec)) < share * whole:
            time.sleep(0.002)
        process.kill()
        if process.wait() == 0 and not bench.quick:
            raise Failed("replay: ended before it was killed")
        opened = run([bench.programs / "open_log", bench.log(codec)])
        found = opened.json()
        again = run([bench.programs / "open_log", bench.log(codec)]).json()
        bench.full_log(codec)
        report.rows.append(Row(
            f"open after kill -9 at {share * 100:.0f} % of the full log, {codec}", "< 1 s",
            f"{found['seconds']:.2f} s for {found['writers']} writers, slowest "
            f"{found['slowest']:.2f} s, {found['repairs']} cut",
            f"opened once more: {again['seconds']:.2f} s", "", f"{found['cpu']:.2f} s",
            found["seconds"] < 1))


def bytes_written(log):
    try:
        return sum(path.stat().st_size for path in pathlib.Path(log).glob("sales-*/*.log"))
    except FileNotFoundError:
        return 0


def sqlite(bench, report):
    """A slice of days, durable: the log beside SQLite with two ways of being durable."""
    days = min(SLICE_DAYS, bench.days)
    first, last = bench.days - days + 1, bench.days
    part = ["--from", f"d_{first}", "--to", f"d_{last + 1}"] if last < bench.days else [
        "--from", f"d_{first}"]

    def replay():
        bench.settle(bench.log("slice"))
        # A run of no days costs what comes before the first event.
        ran = run([bench.binary, "replay", "-q", "--json", "--data", bench.data, "--log",
                   bench.log("slice"), *part])
        idle = run([bench.binary, "replay", "-q", "--json", "--data", bench.data, "--log",
                    bench.log("slice"), *part])
        found = ran.json()
        return {"events": found["events_written"], "seconds": found["seconds"],
                "cpu": ran.cpu - idle.cpu, "bytes": size_of(bench.log("slice"))}

    def insert(synchronous):
        folder = bench.work / "sqlite"
        bench.settle(folder)
        folder.mkdir()
        ran = run([bench.programs / "sqlite_store", folder / "sales.db", bench.data, first,
                   last + 1, synchronous])
        remove(folder)
        return ran.json()

    log, normal, full = interleaved(bench.disk_pairs, replay, lambda: insert("NORMAL"),
                                    lambda: insert("FULL"))
    remove(bench.log("slice"))

    def rates(runs):
        return [r["events"] / r["seconds"] / 1e6 for r in runs]

    def cost(runs):
        return spread(r["cpu"] / r["events"] * 1e9 for r in runs).median

    for runs, name in ((normal, "NORMAL"), (full, "FULL")):
        need_equal("events", log[0]["events"], runs[0]["events"])
        report.rows.append(Row(
            f"SQLite, WAL, synchronous={name}, {days} days durable", "",
            f"zstd log: {spread(rates(log)).text(2)} M events/s, {log[0]['bytes'] / 1e6:.0f} MB",
            f"{spread(rates(runs)).text(2)} M events/s, {runs[0]['bytes'] / 1e6:.0f} MB",
            f"{ratios(rates(log), rates(runs)).text(1)} x the speed",
            f"{cost(log):.0f} ns an event; SQLite {cost(runs):.0f} ns"))


def memory(bench, report):
    """The commands that no other row has run; then the largest of all."""
    log = {codec: bench.full_log(codec) for codec in ("none", "zstd")}
    bench.tillstream("check", bench.data)
    for codec, folder in log.items():
        for name, command in (
                ("consume --format json", ["consume", "-q", "-e", "--format", "json"]),
                ("log verify", ["log", "verify", "-q"]),
                ("position show", ["position", "show"]), ("schema list", ["schema", "list"])):
            if codec == "none" and name == "consume --format json":
                continue  # The reader is the same, and it takes a minute.
            bench.tillstream(*command, "--log", folder, memory_as=name, keep_output=False)
        bench.tillstream("consume", "-q", "-e", "--sink", "count", "--log", folder)
        bench.tillstream("log", "dump", "--records", folder / "sales-0", memory_as="log dump",
                         keep_output=False)
        bench.tillstream("verify", "-q", "--data", bench.data, "--log", folder)
    if not bench.quick:
        bench.tillstream("synth", "-q", "--out", bench.work / "synthetic-memory", "--stores", 10,
                         "--items", 3049, "--days", 1941)
        remove(bench.work / "synthetic-memory")
    command, peak, _ = bench.memory_table()[0]
    report.rows.append(Row(
        "peak resident memory, every command", f"<= {MEMORY_MIB_MAX} MiB",
        f"{peak:.0f} MiB ({command})", "", "", "", peak <= MEMORY_MIB_MAX))


def registry(bench, report):
    """The schema registry's server: its processor time a request, asked by wrk on 64 connections."""
    seconds = 1 if bench.quick else 5
    with RegistryServer(bench) as server:
        rows = [("lookup by id", server.lookup_by_id), ("lookup by posting", server.lookup_by_posting),
                ("registration of what is there", server.register)]
        for name, script in rows:
            runs = [server.load(script, seconds) for _ in range(bench.pairs)]
            cost = spread(cpu * 1e6 / requests for cpu, requests in runs)
            rate = spread(requests / seconds for _, requests in runs)
            is_lookup = script == server.lookup_by_id
            report.rows.append(Row(
                f"registry: server CPU per {name}, {RegistryServer.CONNECTIONS} connections",
                "<= 100 us" if is_lookup else "", f"{cost.text(1)} us", "", "",
                f"{rate.median:,.0f} requests/s beside wrk on the same cores",
                cost.median <= 100 if is_lookup else None))


ALL = {"parse": parse, "encode": encode, "replay": replay_row, "consume": consume, "totals": totals,
       "verify": verify, "reopen": reopen, "sqlite": sqlite, "memory": memory, "registry": registry,
       "processes": processes, "forecasts": forecasts, "watched": watched, "parts": parts}

"""What each row of the Kafka table does. docs/benchmarks.md says why."""

import contextlib
import os
import pathlib
import sys
from dataclasses import dataclass

from brokers import machine_cpu
from measure import Ran, interleaved, ratios, run, spread
from registry_load import RegistryServer
from rows import Bench, need_equal
from table import Row

PEERS = pathlib.Path(__file__).resolve().parent / "peers"
SCHEMA = PEERS.parents[1] / "schemas" / "sales_record.avsc"
# Half a minute of Python.
PYTHON_DAYS = 100
MEMORY_MIB_MAX = 512
STORE_ID = 4  # column of the sales file
# replay's --commit when nothing is said, and what the loops get for it.
COMMIT_DEFAULT = (1_000_000, 1000)
# Threads that produce. More of them than cores cost librdkafka twice the time, so the loop has these.
THREADS = os.cpu_count()
# What the loop's one queue holds, for each partition; with replay's 1 MiB for all it waits most of
# the time.
READ_AHEAD_KIB = 2048
# Messages that wait for a broker: of all producers together, as replay bounds its own.
QUEUE_KIB = 64 * 1024


@dataclass
class Measured:
    """One run of a client beside the brokers."""
    ran: Ran
    events: int
    seconds: float  # from the first event to the last commit
    cpu: float  # the client's processor seconds in it
    brokers: float  # all brokers' processor seconds meanwhile
    others: float  # cores that anybody else kept busy meanwhile
    disk_bytes: int = 0  # of the topic on one broker

    @property
    def rate(self):
        return self.events / self.seconds / 1e6

    def cost(self):
        """ns of the client an event."""
        return self.cpu / self.events * 1e9

    def broker_cost(self):
        return self.brokers / self.events * 1e9


class KafkaBench(Bench):
    """The programs, the dataset, a registry; the brokers change."""

    def __init__(self, options):
        super().__init__(options)
        self.peers = self.programs / "peers"
        self.properties = options.properties
        self.to = 0
        self.stores = 0
        self.brokers = None
        self.registry = None
        self.settings = {}  # of a producer, as the loop says them

    def use_days(self, days):
        """Takes the first days into use; `events` is then the number of theirs."""
        with open(self.sales, encoding="utf-8") as sales:
            next(sales)
            self.stores = len({line.split(",", 5)[STORE_ID] for line in sales})
        days = min(days, self.days)
        self.events = self.events // self.days * days
        self.to = days + 1

    @contextlib.contextmanager
    def only_days(self, days):
        """Fewer days for a while, for what is slow."""
        saved = self.events, self.to
        days = min(days, self.to - 1)
        self.events, self.to = self.events // (self.to - 1) * days, days + 1
        try:
            yield
        finally:
            self.events, self.to = saved

    def serve_registry(self):
        self.registry = RegistryServer(self)
        return self.registry

    # The clients. Each writes a topic of its own.

    def _measure(self, command, memory_as=None):
        before, machine_before = self.brokers.cpu(), machine_cpu()
        ran = run(command)
        brokers = self.brokers.cpu() - before
        others = (machine_cpu() - machine_before - brokers - ran.cpu) / ran.wall
        if memory_as:
            self.peaks[memory_as] = max(self.peaks.get(memory_as, 0), ran.peak_kib)
        return ran, brokers, max(0, others)

    def _written(self, topic, measured, keep):
        need_equal("events", measured.events, self.events)
        measured.disk_bytes = self.brokers.topic_bytes(topic)
        if not keep:
            self.brokers.forget(topic)
        return measured

    def loop(self, commit=COMMIT_DEFAULT, properties=(), keep_as=None):
        """producev in a loop; `commit` None is without transactions."""
        topic = keep_as or self.brokers.new_topic()
        policy = ",".join(map(str, commit)) if commit else "none"
        ran, brokers, others = self._measure(
            [self.peers / "producev_loop", self.brokers.servers, topic, self.data, self.to,
             f"threads={min(self.stores, THREADS)}", f"commit={policy}",
             f"queue.kib={QUEUE_KIB // self.stores}", *self.properties, *properties])
        found = ran.json()
        self.settings = found["settings"]
        return self._written(topic, Measured(ran, found["events"], found["seconds"], found["cpu"],
                                             brokers, others), keep_as)

    def replay_to_kafka(self, commit=None, properties=(), keep_as=None, positions="transaction"):
        topic = keep_as or self.brokers.new_topic()
        more = ["--commit", f"{commit[0]},{commit[1]}ms"] if commit else []
        ran, brokers, others = self._measure(
            [self.binary, "replay", "-q", "--json", "--data", self.data, "-b",
             self.brokers.servers, "-t", topic, "--registry", self.registry.url, "--positions",
             positions, *more,
             *self._x(properties), *self._part()], memory_as=f"replay -b, {positions}")
        found = ran.json()
        # Reading the files and connecting count as the client's work, not as its time.
        return self._written(topic, Measured(ran, found["events_durable"], found["seconds"],
                                             ran.cpu, brokers, others), keep_as)

    def python(self, commit=COMMIT_DEFAULT):
        """confluent-kafka and fastavro, with the settings that the last loop() had."""
        topic = self.brokers.new_topic()
        self.brokers.create(topic, self.stores)
        settings = [f"{name}={value}" for name, value in self.settings.items()]
        ran, brokers, others = self._measure(
            [sys.executable, PEERS / "confluent_fastavro.py", self.brokers.servers, topic,
             self.data, self.to, SCHEMA, f"commit={commit[0]},{commit[1]}", *settings])
        found = ran.json()
        return self._written(topic, Measured(ran, found["events"], found["seconds"], ran.cpu,
                                             brokers, others), None), found

    def consume(self, topic):
        ran, brokers, others = self._measure(
            [self.binary, "consume", "-q", "-e", "--sink", "count", "-b", self.brokers.servers,
             "-t", topic, "--registry", self.registry.url, *self._x()], memory_as="consume -b")
        return Measured(ran, ran.json()["events"], ran.wall, ran.cpu, brokers, others)

    def consume_loop(self, topic):
        ran, brokers, others = self._measure(
            [self.peers / "consume_loop", self.brokers.servers, topic,
             f"queued.max.messages.kbytes={READ_AHEAD_KIB * self.stores}", *self.properties])
        return Measured(ran, ran.json()["messages"], ran.wall, ran.cpu, brokers, others)

    def _x(self, properties=()):
        return [word for each in (*self.properties, *properties) for word in ("-X", each)]

    def _part(self):
        return ["--to", f"d_{self.to}"] if self.to <= self.days else []


def middle(runs, of):
    return spread(of(each) for each in runs).median


def cpu_text(ours, theirs, other):
    """What it cost the clients, the brokers and the bystanders."""
    return (f"client {middle(ours, Measured.cost):.0f} ns, brokers "
            f"{middle(ours, Measured.broker_cost):.0f} ns an event; {other} "
            f"{middle(theirs, Measured.cost):.0f} and {middle(theirs, Measured.broker_cost):.0f}; "
            f"others {middle(ours + theirs, lambda each: each.others):.1f} cores")


def rates(runs):
    return [each.rate for each in runs]


def name_of(brokers):
    return "1 broker" if brokers.count == 1 else f"{brokers.count} brokers"


def produce(bench, report):
    """replay -b beside the bare loop, both with transactions."""
    ours, theirs = interleaved(bench.pairs, bench.replay_to_kafka, bench.loop)
    where = name_of(bench.brokers)
    ratio = ratios(rates(ours), rates(theirs))
    report.rows.append(Row(
        f"replay -b, transactional, {where}", ">= 0.9 x",
        f"{spread(rates(ours)).text(2)} M events/s",
        f"producev loop: {spread(rates(theirs)).text(2)} M events/s",
        f"{ratio.text(2)} x the speed", cpu_text(ours, theirs, "the loop"), ratio.median >= 0.9))
    costs = [[each.cost() for each in runs] for runs in (ours, theirs)]
    ratio = ratios(*costs)
    report.rows.append(Row(
        f"client CPU of it, reading and encoding included, {where}", "<= 1.2 x",
        f"{spread(costs[0]).text(0)} ns an event", f"producev loop: {spread(costs[1]).text(0)} ns",
        f"{ratio.text(2)} x the CPU", "", ratio.median <= 1.2))


def python(bench, report):
    """The same work by confluent-kafka and fastavro. Reading the files is left out on both sides,
    since it is a large part of a few days and a small one of the history."""

    def replay():
        topic = bench.brokers.new_topic()
        whole = bench.replay_to_kafka(keep_as=topic)
        idle = bench.replay_to_kafka(keep_as=topic)  # everything is there already
        bench.brokers.forget(topic)
        return (whole.cpu - idle.cpu) / whole.events * 1e9, whole

    def peer():
        measured, found = bench.python()
        return found["cpu"] / found["events"] * 1e9, measured

    with bench.only_days(PYTHON_DAYS):
        bench.loop()  # says the settings
        ours, theirs = interleaved(min(bench.pairs, 2), replay, peer)
    costs = [[cost for cost, _ in side] for side in (ours, theirs)]
    runs = [[measured for _, measured in side] for side in (ours, theirs)]
    ratio = ratios(costs[1], costs[0])
    report.rows.append(Row(
        f"the same work in Python, {name_of(bench.brokers)}", ">= 12 x less CPU",
        f"{spread(costs[0]).text(0)} ns an event",
        f"confluent-kafka, fastavro: {spread(costs[1]).text(0)} ns",
        f"{ratio.text(1)} x less CPU",
        "with reading the files: " + cpu_text(runs[0], runs[1], "Python")
        + f"; Python {middle(runs[1], lambda each: each.rate * 1e3):.0f} k events/s",
        ratio.median >= 12))


def idempotent(bench, report):
    """What transactions cost. Not judged: its idempotent records have a header more."""
    ours, theirs = interleaved(
        bench.pairs, bench.replay_to_kafka,
        lambda: bench.replay_to_kafka(positions="idempotent"))
    ratio = ratios(rates(ours), rates(theirs))
    report.rows.append(Row(
        f"replay -b, transactional beside --positions idempotent, {name_of(bench.brokers)}", "",
        f"{spread(rates(ours)).text(2)} M events/s",
        f"idempotent: {spread(rates(theirs)).text(2)} M events/s",
        f"{ratio.text(2)} x the speed", cpu_text(ours, theirs, "idempotent")))


def consume(bench, report):
    """consume -b, decoding, beside a loop that only takes messages."""
    topic = bench.brokers.new_topic()
    bench.replay_to_kafka(keep_as=topic)
    ours, theirs = interleaved(bench.pairs, lambda: bench.consume(topic),
                               lambda: bench.consume_loop(topic))
    bench.brokers.forget(topic)
    for each in ours + theirs:
        need_equal("events consumed", each.events, bench.events)
    ratio = ratios(rates(ours), rates(theirs))
    report.rows.append(Row(
        f"consume -b and decode, {name_of(bench.brokers)}", ">= 0.85 x",
        f"{spread(rates(ours)).text(2)} M events/s",
        f"consume_batch_queue loop: {spread(rates(theirs)).text(2)} M events/s",
        f"{ratio.text(2)} x the speed", cpu_text(ours, theirs, "the loop"), ratio.median >= 0.85))


def floor(bench, report):
    """The loops alone: what librdkafka and the brokers do, with transactions at replay's default
    and without, the same records; consuming."""
    topic = bench.brokers.new_topic()
    bench.loop(keep_as=topic)
    committed, plain, taken = interleaved(bench.pairs, bench.loop, lambda: bench.loop(commit=None),
                                          lambda: bench.consume_loop(topic))
    bench.brokers.forget(topic)
    where = name_of(bench.brokers)
    ratio = ratios(rates(committed), rates(plain))
    bar = 0.9 if bench.brokers.count == 1 else 0.6
    report.rows.append(Row(
        f"producev loop, transactional at the default commit, {where}", f">= {bar} x",
        f"{spread(rates(committed)).text(2)} M events/s",
        f"idempotent: {spread(rates(plain)).text(2)} M events/s", f"{ratio.text(2)} x the speed",
        cpu_text(committed, plain, "idempotent"), ratio.median >= bar))
    report.rows.append(Row(
        f"consume_batch_queue loop, {where}", "", f"{spread(rates(taken)).text(2)} M events/s", "",
        "", f"client {middle(taken, Measured.cost):.0f} ns, brokers "
        f"{middle(taken, Measured.broker_cost):.0f} ns an event"))


ALL = {"floor": floor, "produce": produce, "idempotent": idempotent, "consume": consume,
       "python": python}


def memory(bench, report):
    """The most that any run above took."""
    if not bench.peaks:
        return
    report.memory = bench.memory_table()
    command, peak, _ = report.memory[0]
    report.rows.append(Row("peak resident memory", f"<= {MEMORY_MIB_MAX} MiB",
                           f"{peak:.0f} MiB ({command})", met=peak <= MEMORY_MIB_MAX))

"""topic and doctor on a real broker, and what each command says about a cluster, a topic or a
registry that is not as it should be."""

import json
import re
import socket
import subprocess

import pytest
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType, KafkaAdminClient, NewTopic

import programs
from cluster import Cluster, free_port
from conftest import STORES
from stream_runs import StreamRuns, ended, start_registry, stop_registry

TOPICS = ("sales", "sales-days", "sales-positions")
NOBODY = "127.0.0.1:9"
UNKNOWN_HOST = "kafka-1.invalid"
KEPT = {"retention.ms": "-1", "segment.ms": "9000000000000"}
ITEMS, DAYS = 20, 30
EVENTS = STORES * ITEMS * DAYS


class Listeners:
    """One broker with an address for clients that is right, and two that lead clients astray."""

    def __init__(self, folder):
        names = ("INSIDE", "CLOSED", "UNKNOWN", "CONTROLLER")
        self.at = {name: f"127.0.0.1:{free_port()}" for name in names}
        # Taken, so that nobody else listens there; never listened on.
        self._closed = socket.socket()
        self._closed.bind(("127.0.0.1", 0))
        self.closed = f"127.0.0.1:{self._closed.getsockname()[1]}"
        self.unknown = f"{UNKNOWN_HOST}:9092"
        self.cluster = Cluster(folder, 1, **programs.PROMPT, **{
            "controller.quorum.voters": f"1@{self.at['CONTROLLER']}",
            "listeners": ",".join(f"{name}://{at}" for name, at in self.at.items()),
            "advertised.listeners": f"INSIDE://{self.at['INSIDE']},CLOSED://{self.closed},"
                                    f"UNKNOWN://{self.unknown}",
            "inter.broker.listener.name": "INSIDE",
            "listener.security.protocol.map": ",".join(f"{name}:PLAINTEXT" for name in names)})

    def close(self):
        self._closed.close()


@pytest.fixture(scope="module")
def data(tillstream, tmp_path_factory):
    data = tmp_path_factory.mktemp("data")
    tillstream.check("synth", "--out", data, "--stores", STORES, "--items", ITEMS, "--days", DAYS,
                     "-q")
    return data


@pytest.fixture(scope="module")
def astray(tillstream, data):
    """Commands with an address where nobody is: they wait as long as a start of the broker takes."""
    def start(*words):
        return subprocess.Popen([tillstream.path, *words], stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    registry = ("--registry", f"http://{NOBODY}")
    commands = {
        "replay": start("replay", "--data", data, "-b", NOBODY, *registry, "-q"),
        "consume": start("consume", "-b", NOBODY, *registry, "-e"),
        "topic check": start("topic", "check", "--data", data, "-b", NOBODY),
        "topic create": start("topic", "create", "--data", data, "-b", NOBODY, "--execute", "-q")}
    yield commands
    for process in commands.values():
        process.kill()
        process.wait()


@pytest.fixture(scope="module")
def listeners(astray, tmp_path_factory):
    listeners = Listeners(tmp_path_factory.mktemp("kafka"))
    try:
        listeners.cluster.start()
        yield listeners
    finally:
        listeners.cluster.stop()
        listeners.close()


@pytest.fixture(scope="module")
def misled(tillstream, data, listeners, registry):
    """A replay that is sent to an address where nobody is; it waits beside the other tests."""
    process = StreamRuns(tillstream, data, listeners.at["CLOSED"], registry, "misled").start("-q")
    yield process
    process.kill()
    process.wait()


@pytest.fixture(scope="module")
def runs(tillstream, data, listeners, registry, misled):
    return StreamRuns(tillstream, data, listeners.at["INSIDE"], registry)


@pytest.fixture(scope="module")
def admin(listeners):
    admin = KafkaAdminClient(bootstrap_servers=listeners.at["INSIDE"])
    yield admin
    admin.close()


def doctor(runs, *options, code):
    done = runs.tillstream.check("doctor", *options, "--json", code=code)
    return json.loads(done.stdout)


def errors(findings):
    return [finding for finding in findings if finding["level"] == "error"]


def topic(runs, command, *options, code=0):
    return runs.tillstream.check("topic", command, "-b", runs.bootstrap, "-t", runs.topic, *options,
                                 code=code)


def error_lines(done):
    return [line for line in done.stderr.splitlines() if line.startswith("error: ")]


def test_topics_are_planned_created_and_checked(runs, admin):
    plan = json.loads(topic(runs, "plan", "--data", runs.data, "--json").stdout)
    assert [store["partition"] for store in plan["stores"]] == list(range(STORES))
    assert sum(store["events"] for store in plan["stores"]) == EVENTS
    assert [each["topic"] for each in plan["topics"]] == list(TOPICS)

    dry = topic(runs, "create", "--data", runs.data)
    assert "dry run: 3 topics would be made or changed" in dry.stderr
    missing = topic(runs, "check", "--data", runs.data, code=1).stdout.splitlines()
    assert missing == [f'topic "{name}" is not there; let replay make it, or tillstream topic '
                       "create --execute" for name in TOPICS], missing
    unknown = topic(runs, "check", code=2)
    assert "error: --data: needed, since kafka 127.0.0.1:" in unknown.stderr

    topic(runs, "create", "--data", runs.data, "--execute")
    right = topic(runs, "check", "--data", runs.data)
    assert right.stdout == "" and "3 topics are as they are to be" in right.stderr
    assert "nothing to make" in topic(runs, "create", "--data", runs.data, "--execute").stderr
    found = {each["name"]: len(each["partitions"])
             for each in admin.describe_topics(list(TOPICS))}
    assert found == {each["topic"]: each["partitions"] for each in plan["topics"]}

    runs.replay()
    assert runs.assert_complete() == EVENTS
    assert "3 topics are as they are to be" in topic(runs, "check").stderr, "the run says how many"


def test_doctor_has_nothing_to_say_where_all_is_right(runs):
    findings = doctor(runs, *runs.where(), code=0)
    assert errors(findings) == []
    said = {(finding["what"], finding["found"]) for finding in findings}
    assert ("broker 1", f"advertises {runs.bootstrap}, which can be reached") in said
    assert ("positions", f"{EVENTS:,} of {EVENTS:,} events are written") in said
    assert ("transactions", "none is open, consumers get everything") in said
    assert ("registry", "answers: 2 subjects, 2 versions") in said
    assert ("schema 1", 'm5.forecasting.avro.SalesRecord, subject "sales-value"') in said


@pytest.mark.parametrize("name, reason", [
    ("CLOSED", "connection refused"), ("UNKNOWN", "(name or service not known|.*resolution.*)")])
def test_doctor_names_an_advertised_address_that_cannot_be_reached(runs, listeners, name, reason,
                                                                   count):
    came_by = listeners.at[name]
    found = errors(doctor(runs, "-b", came_by, code=1))
    assert len(found) == 1, found
    advertised = {"CLOSED": listeners.closed, "UNKNOWN": listeners.unknown}[name]
    assert found[0]["what"] == "broker 1"
    assert re.fullmatch(rf"advertises {advertised}, which cannot be reached from here \({reason}\)",
                        found[0]["found"]), found
    assert found[0]["remedy"] == (
        "let its advertised.listeners name an address that clients here reach, for the listener "
        f"behind {came_by}")
    count(f"doctor: named an advertised address that cannot be reached ({name.lower()})")


def test_doctor_without_a_broker_is_one_line(runs):
    refused = runs.tillstream.check("doctor", "-b", NOBODY, "-q", code=5)
    assert refused.stdout == ""
    assert refused.stderr == (f"error: kafka: no server can be reached ({NOBODY}: connection "
                              "refused); check -b, and whether the brokers run\n")
    with socket.socket() as mute:
        mute.bind(("127.0.0.1", 0))
        mute.listen()
        address = f"127.0.0.1:{mute.getsockname()[1]}"
        silent = runs.tillstream.check("doctor", "-b", address, "--timeout", "1s", "-q", code=5)
    assert silent.stderr == (
        f"error: kafka: no broker answered within 1 s (bootstrap.servers={address})\n")


def test_topics_that_deviate_are_refused_before_the_first_event(runs, admin):
    runs = runs.on("odd")
    admin.create_topics([NewTopic("odd", STORES, 1, topic_configs={
        **KEPT, "retention.ms": "604800000", "max.message.bytes": "1000"})])
    retention, size = topic(runs, "check", "--data", runs.data, code=1).stdout.splitlines()[:2]
    assert retention.startswith('topic "odd" deletes after 7 d (retention.ms=604800000) but the '
                                "data begins ")
    assert retention.endswith("; set retention.ms=-1"), "30 days are more than 7 on any dates"
    assert size == ('topic "odd" takes batches of 1000 bytes (max.message.bytes), needed 1000000; '
                    "set max.message.bytes=1048588")
    refused = runs.replay(code=1)
    assert error_lines(refused) == [
        f"error: {retention} (1 more; tillstream topic check shows them)"]
    created = topic(runs, "create", "--data", runs.data, "--execute", code=1)
    assert error_lines(created) == [f"error: {retention}", f"error: {size}"]
    assert not {"odd-days", "odd-positions"} & set(admin.list_topics()), "nothing is made"
    consumer = KafkaConsumer(bootstrap_servers=runs.bootstrap)
    partitions = [TopicPartition("odd", i) for i in range(STORES)]
    assert set(consumer.end_offsets(partitions).values()) == {0}
    consumer.close()
    remedies = {finding["remedy"] for finding in errors(doctor(runs, *runs.where(), code=1))}
    assert remedies == {"set retention.ms=-1", "set max.message.bytes=1048588"}

    admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, "odd", configs={
        **KEPT, "max.message.bytes": "1048588"})])
    runs.replay()
    assert runs.assert_complete() == EVENTS, "the remedies are enough"


def test_too_few_brokers_for_the_replicas_are_said(runs):
    refused = topic(runs.on("many"), "create", "--data", runs.data, "--replication-factor", 3,
                    "-q", code=2)
    assert refused.stderr == ("error: --replication-factor: 3 replicas need as many brokers, found "
                              "1; start more, or use at most 1\n")


def test_missing_partitions_are_added(runs, admin):
    runs = runs.on("short")
    admin.create_topics([NewTopic("short", 1, 1, topic_configs=KEPT)])
    assert topic(runs, "check", "--data", runs.data, code=1).stdout.splitlines()[0] == (
        f'topic "short" has 1 partitions, needed {STORES}; let tillstream add them, or use another '
        "topic")
    topic(runs, "create", "--data", runs.data, "--execute")
    topic(runs, "check", "--data", runs.data)


def test_an_unknown_topic_is_said(runs):
    runs = runs.on("nowhere")
    for words in (["consume", *runs.where(), "-e"],
                  ["verify", "--data", runs.data, *runs.where()]):
        refused = runs.tillstream.check(*words, "-q", code=1)
        assert re.fullmatch(rf'error: kafka {runs.bootstrap}: no (run of )?topic "nowhere"; '
                            r"tillstream replay .*\n", refused.stderr)


def test_foreign_records_are_found_by_doctor_and_by_replay(runs):
    runs = runs.on("foreign")
    topic(runs, "create", "--data", runs.data, "--execute")
    producer = KafkaProducer(bootstrap_servers=runs.bootstrap)
    producer.send("foreign", b"not ours", partition=1).get(30)
    producer.close()
    line = "has records (offset 0) but no position; another program wrote them; use another topic"
    assert error_lines(runs.replay(code=7)) == [f"error: kafka: foreign-1: {line}"]
    found = errors(doctor(runs, *runs.where(), code=1))
    assert [f"{each['found']}; {each['remedy']}" for each in found] == [f"kafka: foreign-1: {line}"]


def test_another_schema_under_the_id_is_another_registry(runs, tillstream, tmp_path):
    server = start_registry(tillstream, tmp_path)
    try:
        schema = tmp_path / "other.avsc"
        schema.write_text('{"type":"record","name":"Other","fields":[]}', encoding="utf-8")
        tillstream.check("schema", "register", "--registry", server.url, "--subject", "other",
                         schema)
        other = StreamRuns(tillstream, runs.data, runs.bootstrap, server.url)
        line = ("registry: schema 1 is Other, needed m5.forecasting.avro.SalesRecord as the run "
                "writes it; give the registry that the run began with")
        for words in (other.arguments(), ["consume", *other.where(), "-e"],
                      ["verify", "--data", other.data, *other.where()]):
            refused = tillstream.check(*words, "-q", code=7)
            assert refused.stderr == f"error: {line}\n"
        found = errors(doctor(other, *other.where(), code=1))
        assert f"{found[0]['found']}; {found[0]['remedy']}" == line
        listed = tillstream.check("schema", "list", "--registry", server.url, "--json").stdout
        assert [each["subject"] for each in json.loads(listed)] == ["other"], "nothing registered"
    finally:
        stop_registry(server)


def test_a_registry_that_is_away_is_an_error_of_doctor(runs):
    found = errors(doctor(runs, "-b", runs.bootstrap, "--registry", f"http://{NOBODY}",
                          "--registry-timeout", "200ms", code=1))
    assert [finding["what"] for finding in found] == ["registry"], found
    assert "connection refused" in found[0]["found"]
    assert found[0]["remedy"] == "check --registry, and whether it runs"


def test_a_wrong_address_is_exit_five_and_one_line(astray, listeners):
    for name, process in astray.items():
        code, _, err = ended(process)
        assert code == 5, f"{name}: {err}"
        lines = [line for line in err.splitlines() if line.startswith("error: ")]
        assert lines == ["error: kafka: no broker answered within 30 s "
                         f"(bootstrap.servers={NOBODY})"], f"{name}: {err}"


def test_replay_says_that_an_advertised_address_does_not_answer(misled, listeners):
    code, _, err = ended(misled)
    assert code == 5, err
    assert err == (f"error: kafka: broker 1 is advertised as {listeners.closed} and did not answer "
                   "there within 30 s; tillstream doctor says which addresses can be reached\n")

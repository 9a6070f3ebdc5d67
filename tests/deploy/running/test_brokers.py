"""The brokers of compose.yaml, started with the settings that stand there: what they say that they
are, and clients from inside the containers' network and from outside at once."""

import json
import os
import pathlib
import subprocess
import sys

from confluent_kafka import KafkaError, Producer
from confluent_kafka.admin import AdminClient, ConfigResource, ConfigSource, NewTopic

import compose
import compose_cluster
from cluster import JARS

CLIENT = pathlib.Path(__file__).with_name("client.py")
CLIENT_SECONDS = 120
ASK_SECONDS = 60
RECORDS = 500
CONFIGURED = {ConfigSource.STATIC_BROKER_CONFIG.value,
              ConfigSource.DYNAMIC_DEFAULT_BROKER_CONFIG.value}
DERIVED = {"broker.id"}  # From node.id.


def differences(there, reported):
    """A line for each setting of the file that the broker has not, or has otherwise, and for each
    that it has beside the file's; CHANGED left out."""
    names = sorted({*there, *reported} - compose_cluster.CHANGED)
    return [f"{name}: {there.get(name)} in the file, the broker has {reported.get(name)}"
            for name in names if there.get(name) != reported.get(name)]


def reported(node):
    """What the broker says that was configured, in its server.properties or, as Kafka 4 does with
    min.insync.replicas, handed over from there to the whole cluster."""
    resource = ConfigResource(ConfigResource.Type.BROKER, str(node.number))
    admin = AdminClient({"bootstrap.servers": node.bootstrap})
    described = admin.describe_configs([resource])[resource].result(ASK_SECONDS)
    return {entry.name: entry.value for entry in described.values()
            if entry.source in CONFIGURED and entry.name not in DERIVED}


def bound(listeners):
    return {name: port for name, (_, port) in compose.listeners(listeners).items()}


def test_each_broker_has_the_settings_of_the_file_and_no_others(cluster, count):
    compared = 0
    for node, there in zip(cluster.nodes, cluster.settings.values(), strict=True):
        found = reported(node)
        assert differences(there, found) == [], f"broker {node.number}"
        assert bound(found["listeners"]) == bound(there["listeners"])
        compared += len(there)
    count(f"deploy: {compared} settings of three brokers as in compose.yaml")


def test_a_difference_is_found():
    there = {"min.insync.replicas": "2", "log.dirs": "/a", "node.id": "1"}
    found = {"min.insync.replicas": "1", "log.dirs": "/b", "log.retention.ms": "5"}
    assert differences(there, found) == [
        "log.retention.ms: None in the file, the broker has 5",
        "min.insync.replicas: 2 in the file, the broker has 1",
        "node.id: 1 in the file, the broker has None"]


class Client:
    """client.py, begun; `environment` is that of inside or of outside the containers' network."""

    def __init__(self, name, servers, topic, expected, environment=None):
        self._process = subprocess.Popen(
            [sys.executable, CLIENT, servers, topic, name, str(RECORDS), str(expected)],
            env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def result(self):
        out, err = self._process.communicate(timeout=CLIENT_SECONDS)
        assert self._process.returncode == 0, err[-4000:]
        return json.loads(out)


def test_internal_and_external_clients_work_at_once(cluster, count):
    inside, outside = cluster.addresses("INTERNAL"), cluster.addresses("EXTERNAL")
    admin = AdminClient({"bootstrap.servers": outside})
    admin.create_topics([NewTopic("both", 1, 3)])["both"].result(ASK_SECONDS)
    expected = [f"{name}-{i}" for name in ("inside", "outside") for i in range(RECORDS)]
    clients = [
        Client("inside", inside, "both", len(expected), cluster.network.environment),
        Client("outside", outside, "both", len(expected))]
    results = [client.result() for client in clients]
    for result, servers in zip(results, (inside, outside), strict=True):
        assert result["brokers"] == sorted(servers.split(","))
        assert sorted(result["values"]) == sorted(expected)
    count(f"deploy: {len(expected)} records read once each through each of two listeners")


def test_the_name_of_a_container_means_nothing_outside(cluster):
    """Else the test above would prove nothing of the external listener."""
    done = subprocess.run(
        [sys.executable, "-c", "import socket; socket.getaddrinfo('kafka-1', 19092)"],
        capture_output=True, text=True, timeout=ASK_SECONDS, check=False)
    assert "gaierror" in done.stderr


def test_no_topic_is_made_by_accident(cluster):
    producer = Producer({"bootstrap.servers": cluster.nodes[0].bootstrap,
                         "topic.metadata.propagation.max.ms": 1000})
    errors = []
    producer.produce("accident", "x", on_delivery=lambda error, message: errors.append(error.code()))
    assert producer.flush(ASK_SECONDS) == 0
    assert errors == [KafkaError.UNKNOWN_TOPIC_OR_PART]


def test_settings_are_named_as_the_image_names_them(tmp_path, compose_file):
    """The image's own program, of Kafka's jars, writes the same server.properties."""
    service = next(iter(compose.broker_services(compose.load(compose_file)).values()))
    environment = {**service["environment"], "KAFKA_LOG_DIRS": str(tmp_path / "logs"),
                   "KAFKA_A__B___C": "d", **{name: "" for name in compose.FOR_SCRIPTS}}
    for folder in ("default", "mounted", "final"):
        (tmp_path / folder).mkdir()
    (tmp_path / "default" / "server.properties").touch()
    done = subprocess.run(
        ["java", "-cp", f"{JARS}/*", "kafka.docker.KafkaDockerWrapper", "setup", "-D", "default",
         "-M", "mounted", "-F", "final"], cwd=tmp_path, env={**os.environ, **environment},
        capture_output=True, text=True, timeout=ASK_SECONDS, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    lines = (tmp_path / "final" / "server.properties").read_text(encoding="utf-8").split("\n")
    written = dict(line.split("=", 1) for line in lines if line)
    assert written == compose.settings(environment)

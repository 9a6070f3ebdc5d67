"""The brokers of compose.yaml, started with the settings that stand there: what they say that they
are, and clients from inside the containers' network and from outside at once."""

import os
import subprocess
import sys

from confluent_kafka import KafkaError, Producer

import compose
from brokers import ASK_SECONDS, check_both_listeners, check_settings, differences
from cluster import JARS


def test_each_broker_has_the_settings_of_the_file_and_no_others(cluster, count):
    count(f"deploy: {check_settings(cluster)} settings of three brokers as in compose.yaml")


def test_a_difference_is_found():
    there = {"min.insync.replicas": "2", "log.dirs": "/a", "node.id": "1"}
    found = {"min.insync.replicas": "1", "log.dirs": "/b", "log.retention.ms": "5"}
    assert differences(there, found) == [
        "log.retention.ms: None in the file, the broker has 5",
        "min.insync.replicas: 2 in the file, the broker has 1",
        "node.id: 1 in the file, the broker has None"]


def test_internal_and_external_clients_work_at_once(cluster, count):
    records = check_both_listeners(cluster)
    count(f"deploy: {records} records read once each through each of two listeners")


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
    producer.produce("accident", "x", on_delivery=lambda error, _: errors.append(error.code()))
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

"""What the brokers of a compose file are asked, whichever file it is."""

import json
import pathlib
import subprocess
import sys

from confluent_kafka.admin import AdminClient, ConfigResource, ConfigSource, NewTopic

import compose
import compose_cluster

CLIENT = pathlib.Path(__file__).with_name("client.py")
CLIENT_SECONDS = 120
ASK_SECONDS = 60
RECORDS = 500
CONFIGURED = {ConfigSource.STATIC_BROKER_CONFIG.value,
              ConfigSource.DYNAMIC_DEFAULT_BROKER_CONFIG.value}
# Each is said to be configured when the other one is.
NUMBERS = {"broker.id", "node.id"}


def differences(there, reported):
    """A line for each setting of the file that the broker has not, or has otherwise, and for each
    that it has beside the file's; CHANGED left out."""
    names = sorted({*there, *reported} - compose_cluster.CHANGED)
    return [f"{name}: {there.get(name)} in the file, the broker has {reported.get(name)}"
            for name in names if there.get(name) != reported.get(name)]


def reported(node, there):
    """What the broker says that was configured, in its server.properties or, as Kafka 4 does with
    min.insync.replicas, handed over from there to the whole cluster."""
    resource = ConfigResource(ConfigResource.Type.BROKER, str(node.number))
    admin = AdminClient({"bootstrap.servers": node.bootstrap})
    described = admin.describe_configs([resource])[resource].result(ASK_SECONDS)
    return {entry.name: entry.value for entry in described.values()
            if entry.source in CONFIGURED and entry.name not in NUMBERS - there.keys()}


def bound(listeners):
    return {name: port for name, (_, port) in compose.listeners(listeners).items()}


def check_settings(cluster):
    """Each broker has the settings of the file and no others; how many were compared."""
    compared = 0
    for node, there in zip(cluster.nodes, cluster.settings.values(), strict=True):
        found = reported(node, there)
        assert differences(there, found) == [], f"broker {node.number}"
        assert bound(found["listeners"]) == bound(there["listeners"])
        compared += len(there)
    return compared


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


def check_both_listeners(cluster):
    """A client inside and one outside write at once and read what both wrote, each through its own
    listener; how many records."""
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
    return len(expected)

"""The rights that deploy/managed.md names, on a real broker that asks for them: they are enough."""

import os
import pathlib
import re
import subprocess

import pytest
from confluent_kafka.admin import (AclBinding, AclOperation, AclPermissionType, AdminClient,
                                   ResourcePatternType, ResourceType)

from cluster import EAGER, Node, free_port

SOURCE = pathlib.Path(os.environ.get("TILLSTREAM_SOURCE", pathlib.Path(__file__).parents[2]))
PAGE = SOURCE / "deploy" / "managed.md"
PASSWORD = "secret"
ASK_SECONDS = 30
# The tests themselves come in by another door, as a user who may do anything.
SUPER = "User:ANONYMOUS"
LOGIN = "org.apache.kafka.common.security.plain.PlainLoginModule required"


def rights(page):
    """[(who, resource, name, pattern, operation)] of the table."""
    table = page.partition("<!-- rights: begin")[2].partition("<!-- rights: end")[0]
    rows = re.findall(r"^\| (\w+) \| (\w+) \| `(\S+)` \| (\w+) \| ([A-Z_, ]+) \|$", table,
                      re.MULTILINE)
    return [(*row[:4], operation) for row in rows for operation in row[4].split(", ")]


def binding(who, resource, name, pattern, operation):
    return AclBinding(getattr(ResourceType, resource), name, getattr(ResourcePatternType, pattern),
                      f"User:{who}", "*", getattr(AclOperation, operation), AclPermissionType.ALLOW)


@pytest.fixture(scope="module")
def broker(tmp_path_factory):
    folder = tmp_path_factory.mktemp("broker")
    inside, controller, outside = (f"127.0.0.1:{free_port()}" for _ in range(3))
    users = " ".join(f'user_{name}="{PASSWORD}"' for name in ("generator", "consumer"))
    node = Node(folder, 1, {
        **EAGER, "node.id": 1, "process.roles": "broker,controller",
        "controller.quorum.voters": f"1@{controller}", "controller.listener.names": "CONTROLLER",
        "listeners": f"PLAINTEXT://{inside},CONTROLLER://{controller},SASL_PLAINTEXT://{outside}",
        "listener.security.protocol.map":
            "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL_PLAINTEXT:SASL_PLAINTEXT",
        "log.dirs": folder / "logs", "auto.create.topics.enable": "false",
        "offsets.topic.replication.factor": 1, "offsets.topic.num.partitions": 1,
        "transaction.state.log.replication.factor": 1, "transaction.state.log.min.isr": 1,
        "transaction.state.log.num.partitions": 1,
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "super.users": SUPER, "sasl.enabled.mechanisms": "PLAIN",
        "listener.name.sasl_plaintext.plain.sasl.jaas.config": f"{LOGIN} {users};"})
    node.outside = outside
    try:
        node.start()
        yield node
    finally:
        node.stop()


def give(broker, wanted):
    admin = AdminClient({"bootstrap.servers": broker.bootstrap})
    for future in admin.create_acls([binding(*right) for right in wanted]).values():
        future.result(ASK_SECONDS)


@pytest.fixture(scope="module")
def data(tillstream, tmp_path_factory):
    folder = tmp_path_factory.mktemp("data") / "m5"
    tillstream.check("synth", "--out", folder, "--stores", "2", "--items", "10", "--days", "30")
    return folder


@pytest.fixture(scope="module")
def registry(tillstream, tmp_path_factory):
    """Its URL."""
    with subprocess.Popen([tillstream.path, "schema", "serve", "--listen", "127.0.0.1:0", "--log",
                           tmp_path_factory.mktemp("registry")], stderr=subprocess.PIPE,
                          text=True) as server:
        try:
            line = next(line for line in server.stderr if line.startswith("listening: "))
            yield line.split()[1]
        finally:
            server.terminate()


@pytest.fixture
def run(tillstream, broker, registry, data, tmp_path):
    """run(who, code, command...): as that user, by a file of properties; code None: any."""

    def run(who, code, *command):
        properties = tmp_path / f"{who}.properties"
        properties.write_text(
            f"bootstrap.servers={broker.outside}\nsecurity.protocol=SASL_PLAINTEXT\n"
            f"sasl.mechanism=PLAIN\nsasl.username={who}\nsasl.password={PASSWORD}\n",
            encoding="utf-8")
        command = [*command, "-F", properties, "--registry", registry]
        environment = {**os.environ, "TILLSTREAM_DATA": str(data)}
        if code is None:
            return tillstream.run(*command, env=environment)
        return tillstream.check(*command, code=code, env=environment)

    return run


def test_without_rights_nothing_is_written(run):
    assert "allow the user" in run("generator", 5, "replay").stderr


def stream(run, topic, code=0):
    """Writes it in two goes, since the second one reads where the first one ended."""
    first = run("generator", None, "replay", "--topic", topic, "--to", "d_10")
    if first.returncode != 0:
        assert first.returncode == code, first.stderr
        return
    run("generator", code, "replay", "--topic", topic)


def test_the_rights_of_the_page_are_enough(broker, run):
    wanted = rights(PAGE.read_text(encoding="utf-8"))
    assert {who for who, *_ in wanted} == {"generator", "consumer"}
    give(broker, wanted)
    stream(run, "sales")
    run("consumer", 0, "verify", "--complete")
    read = run("consumer", 0, "consume", "-e", "-g", "report", "--sink", "count", "--json").stdout
    assert '"events":600,' in read


@pytest.mark.parametrize("index", range(len(rights(PAGE.read_text(encoding="utf-8")))))
def test_each_right_of_the_page_is_needed(broker, run, index):
    """On topics and for a group of another name, whose rights lack one."""
    topic = f"without-{index}"
    wanted = rights(PAGE.read_text(encoding="utf-8"))
    who = wanted.pop(index)[0]
    give(broker, [(who, resource, name.replace("sales", topic).replace("report", topic), pattern,
                   operation) for who, resource, name, pattern, operation in wanted])
    if who == "generator":
        stream(run, topic, 5)
        return
    stream(run, topic)
    run("consumer", 5, "consume", "-e", "-g", topic, "--topic", topic)

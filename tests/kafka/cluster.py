"""Kafka brokers for tests: one or several, each its own process on free ports of the loopback
interface, stopped by its process id. tests/kafka_tools/dump.sh --fetch gets the jars."""

import os
import pathlib
import signal
import socket
import subprocess
import time

from kafka.admin import KafkaAdminClient
from kafka.errors import KafkaError

SOURCE = pathlib.Path(__file__).parents[2]
JARS = pathlib.Path(os.environ.get("KAFKA_JARS", SOURCE / ".cache" / "kafka-4.3.1"))
CLUSTER_ID = "dGlsbHN0cmVhbS10ZXN0cw"  # 16 bytes, base64url

# A quiet machine needs 5 s for one, 12 s for three.
START_SECONDS = 120
STOP_SECONDS = 60
STOP_TOGETHER_SECONDS = 10
ASK_AGAIN_SECONDS = 0.1
SHOWN_BYTES = 3000
# What a compacted topic must not wait for in a test.
EAGER = {"log.cleaner.backoff.ms": 100, "log.initial.task.delay.ms": 100,
         "group.initial.rebalance.delay.ms": 0}


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


# Starts fast and stays small; what is measured wants more.
QUICK_JVM = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
BROKER_JVM = ("-Xmx256m", *QUICK_JVM)
TOOL_JVM = ("-Xmx128m", *QUICK_JVM)


def java(*options, jars=JARS):
    return ["java", *options, "-cp", f"{jars}/*"]


class Node:
    """One broker. Data stays between stop() or kill() and start()."""

    def __init__(self, folder, number, settings, jars=JARS, format_options=(), jvm=BROKER_JVM):
        self._jars, self._jvm = jars, jvm
        self.number, self.folder, self.logs = number, folder, folder / "logs"
        self.bootstrap = settings["listeners"].partition("://")[2].partition(",")[0]
        self._settings = folder / "server.properties"
        self._settings.write_text("".join(f"{key}={value}\n" for key, value in settings.items()),
                                  encoding="utf-8")
        self._output = folder / "broker.out"
        self._process = None
        done = subprocess.run(
            [*java(*TOOL_JVM, jars=jars), "kafka.tools.StorageTool", "format", "-t", CLUSTER_ID,
             "-c", self._settings, *format_options], capture_output=True, text=True,
            timeout=START_SECONDS, check=False)
        assert done.returncode == 0, done.stdout + done.stderr

    @property
    def pid(self):
        return self._process.pid

    def said(self):
        return self._output.read_text(encoding="utf-8", errors="replace")[-SHOWN_BYTES:]

    def launch(self):
        with open(self._output, "ab") as output:
            self._process = subprocess.Popen(
                [*java(*self._jvm, jars=self._jars), "kafka.Kafka", self._settings],
                stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT)

    def wait_ready(self, broker_count=1):
        end = time.monotonic() + START_SECONDS
        while self._brokers_known() != broker_count:
            assert self._process.poll() is None, f"the broker died: {self.said()}"
            assert time.monotonic() < end, f"not ready within {START_SECONDS} s: {self.said()}"

    def _brokers_known(self):
        host, _, port = self.bootstrap.partition(":")
        try:
            # Its end is noticed at once, its port within the time between two questions.
            self._process.wait(ASK_AGAIN_SECONDS)
            return 0
        except subprocess.TimeoutExpired:
            pass
        try:
            socket.create_connection((host, int(port)), 1).close()
            admin = KafkaAdminClient(bootstrap_servers=self.bootstrap)
        except (OSError, KafkaError):
            return 0
        try:
            return len(admin.describe_cluster()["brokers"])
        except KafkaError:
            return 0
        finally:
            admin.close()

    def start(self):
        self.launch()
        self.wait_ready()

    def stop(self):
        self._end(signal.SIGTERM)

    def kill(self):
        self._end(signal.SIGKILL)

    def _end(self, number):
        self.signal(number)
        assert self.wait(STOP_SECONDS), f"the broker went on: {self.said()}"

    def signal(self, number):
        if self._process is not None:
            self._process.send_signal(number)

    def wait(self, seconds):
        """Waits for its end, and kills it when that does not come; whether it came."""
        if self._process is None:
            return True
        try:
            self._process.wait(seconds)
            return True
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            return False
        finally:
            self._process = None


class Cluster:
    """`count` brokers, each also a controller; its topics of transactions and groups are replicated
    as on a cluster of that size. `protocols`: those of listeners beside the plaintext one, by name;
    the nodes then have their addresses. `format_options` go to the tool that prepares the folders;
    `jars` are another version's; `jvm` are options of each broker's Java."""

    def __init__(self, folder, count, protocols=None, format_options=(), jars=JARS, jvm=BROKER_JVM,
                 **overrides):
        assert list(jars.glob("kafka_2.13-*.jar")), (
            f"{jars}: no broker there; tests/kafka_tools/dump.sh --fetch gets it")
        replicas = min(count, 3)
        in_sync = 2 if replicas == 3 else 1
        brokers = [f"127.0.0.1:{free_port()}" for _ in range(count)]
        controllers = [f"127.0.0.1:{free_port()}" for _ in range(count)]
        voters = ",".join(f"{i + 1}@{address}" for i, address in enumerate(controllers))
        self.nodes = []
        more = protocols or {}
        protocols = {"PLAINTEXT": "PLAINTEXT", "CONTROLLER": "PLAINTEXT", **more}
        for i in range(count):
            node_folder = folder / f"broker-{i + 1}"
            node_folder.mkdir(parents=True)
            addresses = {"PLAINTEXT": brokers[i], "CONTROLLER": controllers[i],
                         **{name: f"127.0.0.1:{free_port()}" for name in more}}
            self.nodes.append(Node(node_folder, i + 1, {
                "node.id": i + 1, "process.roles": "broker,controller",
                "controller.quorum.voters": voters,
                "controller.listener.names": "CONTROLLER",
                "listeners": ",".join(f"{name}://{at}" for name, at in addresses.items()),
                "listener.security.protocol.map": ",".join(
                    f"{name}:{protocol}" for name, protocol in protocols.items()),
                "log.dirs": node_folder / "logs", "auto.create.topics.enable": "false",
                "default.replication.factor": replicas, "min.insync.replicas": in_sync,
                "offsets.topic.replication.factor": replicas, "offsets.topic.num.partitions": 1,
                "transaction.state.log.replication.factor": replicas,
                "transaction.state.log.min.isr": in_sync,
                "transaction.state.log.num.partitions": 3,
                **EAGER, **overrides}, jars, format_options, jvm))
            self.nodes[-1].addresses = addresses

    @property
    def bootstrap(self):
        return ",".join(node.bootstrap for node in self.nodes)

    def start(self):
        for node in self.nodes:
            node.launch()
        for node in self.nodes:
            node.wait_ready(len(self.nodes))

    def stop(self):
        if len(self.nodes) == 1:
            self.nodes[0].stop()
            return
        for node in self.nodes:
            node.signal(signal.SIGTERM)
        # The last ones wait for a quorum of controllers, in vain.
        for node in self.nodes:
            node.wait(STOP_TOGETHER_SECONDS)

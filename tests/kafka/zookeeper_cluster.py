"""The last Kafka with ZooKeeper, for tests: one ZooKeeper server and one or several brokers, each its
own process on free ports. tests/kafka_tools/dump.sh --fetch 3.9.2 gets the jars."""

import signal
import socket
import subprocess
import time

import cluster
from cluster import EAGER, SOURCE, START_SECONDS, STOP_TOGETHER_SECONDS, Node, free_port

JARS = SOURCE / ".cache" / "kafka-3.9.2"
# The server's unit of time: sessions end after 2 to 20 of them.
TICK_MS = 500
ASK_SECONDS = 2


def java(heap, main, *arguments):
    return ["java", f"-Xmx{heap}", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp",
            f"{JARS}/*", main, *map(str, arguments)]


class Process(Node):
    """A server of these jars; what Node knows of stopping and killing is the same."""

    def __init__(self, folder, name, address, heap, main, settings):
        # pylint: disable=super-init-not-called  (it formats a folder for KRaft)
        folder.mkdir(parents=True)
        self.bootstrap = address
        path = folder / f"{name}.properties"
        path.write_text("".join(f"{key}={value}\n" for key, value in settings.items()),
                        encoding="utf-8")
        self._command = java(heap, main, path)
        self._output = folder / f"{name}.out"
        self._process = None

    def launch(self):
        with open(self._output, "ab") as output:
            self._process = subprocess.Popen(self._command, stdin=subprocess.DEVNULL,
                                             stdout=output, stderr=subprocess.STDOUT)


class ZooKeeper(Process):
    """One server. Data stays between stop() or kill() and start()."""

    def __init__(self, folder):
        port = free_port()
        super().__init__(folder, "zookeeper", f"127.0.0.1:{port}", "128m",
                         "org.apache.zookeeper.server.quorum.QuorumPeerMain", {
                             "dataDir": folder / "data", "clientPort": port,
                             "clientPortAddress": "127.0.0.1", "maxClientCnxns": 0,
                             "admin.enableServer": "false", "tickTime": TICK_MS,
                             "4lw.commands.whitelist": "cons,srvr"})

    def start(self):
        self.launch()
        end = time.monotonic() + START_SECONDS
        while "Mode: standalone" not in self.ask("srvr"):
            assert self._process.poll() is None, f"ZooKeeper died: {self.said()}"
            assert time.monotonic() < end, f"not ready within {START_SECONDS} s: {self.said()}"

    def ask(self, command):
        """The answer to a command of four letters; empty when there is none yet."""
        host, _, port = self.bootstrap.partition(":")
        try:
            self._process.wait(cluster.ASK_AGAIN_SECONDS)
            return ""
        except subprocess.TimeoutExpired:
            pass
        answer = b""
        try:
            with socket.create_connection((host, int(port)), ASK_SECONDS) as connection:
                connection.sendall(command.encode())
                while part := connection.recv(65536):
                    answer += part
        except OSError:
            return ""
        return answer.decode()

    def has_session_of(self, timeout_ms):
        """Whether a session with this timeout is there."""
        answer = self.ask("cons")
        assert "sid=" in answer, f"no answer of ZooKeeper: {self.said()}"
        return f",to={timeout_ms}," in answer


class ZooKeeperCluster:
    """`count` brokers over one ZooKeeper server."""

    def __init__(self, folder, count, **overrides):
        assert list(JARS.glob("kafka_2.13-*.jar")), (
            f"{JARS}: no broker there; tests/kafka_tools/dump.sh --fetch 3.9.2 gets it")
        self.zookeeper = ZooKeeper(folder / "zookeeper")
        replicas = min(count, 3)
        self.nodes = []
        for i in range(count):
            address = f"127.0.0.1:{free_port()}"
            node_folder = folder / f"broker-{i + 1}"
            self.nodes.append(Process(node_folder, "broker", address, "256m", "kafka.Kafka", {
                "broker.id": i + 1, "zookeeper.connect": self.zookeeper.bootstrap,
                "listeners": f"PLAINTEXT://{address}", "log.dirs": node_folder / "logs",
                "auto.create.topics.enable": "false", "default.replication.factor": replicas,
                "min.insync.replicas": 2 if replicas == 3 else 1,
                "offsets.topic.replication.factor": replicas,
                "offsets.topic.num.partitions": 1,
                "transaction.state.log.replication.factor": replicas,
                "transaction.state.log.min.isr": 1, "transaction.state.log.num.partitions": 1,
                **EAGER, **overrides}))

    @property
    def bootstrap(self):
        return ",".join(node.bootstrap for node in self.nodes)

    def start(self):
        self.zookeeper.start()
        for node in self.nodes:
            node.launch()
        for node in self.nodes:
            node.wait_ready(len(self.nodes))

    def stop(self):
        for node in self.nodes:
            node.signal(signal.SIGTERM)
        for node in self.nodes:
            node.wait(STOP_TOGETHER_SECONDS)
        self.zookeeper.stop()

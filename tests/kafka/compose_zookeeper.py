"""The brokers of a compose file with ZooKeeper as processes, without containers."""

import compose
from compose_cluster import ComposeCluster, Inside
from zookeeper_cluster import JARS, Process, ZooKeeper

CONTAINER = "zookeeper"
MAIN = "kafka.Kafka"


class ComposeZooKeeper(ZooKeeper):
    """The server with the port and the tick of its container, at the container's address."""

    def __init__(self, folder, address, environment):
        # pylint: disable=super-init-not-called  (it takes a free port)
        port = environment["ZOOKEEPER_CLIENT_PORT"]
        Process.__init__(self, folder, "zookeeper", f"{address}:{port}", "128m",
                         "org.apache.zookeeper.server.quorum.QuorumPeerMain", {
                             "dataDir": folder / "data", "clientPort": port,
                             "clientPortAddress": address, "admin.enableServer": "false",
                             "tickTime": environment["ZOOKEEPER_TICK_TIME"]})


class ComposeBroker(Inside, Process):
    pass


class ZooKeeperComposeCluster(ComposeCluster):
    """As ComposeCluster, with the jars of the last Kafka with ZooKeeper."""

    def __init__(self, folder, path, **variables):
        assert list(JARS.glob("kafka_2.13-*.jar")), (
            f"{JARS}: no broker there; tests/kafka_tools/dump.sh --fetch 3.9.2 gets it")
        super().__init__(folder, path, **variables)
        self.zookeeper = ComposeZooKeeper(folder / CONTAINER, self.network.containers[CONTAINER],
                                          self.services[CONTAINER]["environment"])

    @staticmethod
    def _ports(project):
        zookeeper = project["services"][CONTAINER]["environment"]
        return ComposeCluster._ports(project) | {int(zookeeper["ZOOKEEPER_CLIENT_PORT"])}

    def _broker(self, folder, number, settings):
        host, port = compose.listeners(settings["listeners"])["EXTERNAL"]
        broker = ComposeBroker(self.network, folder, "broker", f"{host}:{port}", "256m", MAIN,
                               settings)
        broker.number = number
        return broker

    def start(self):
        self.zookeeper.start()
        super().start()

    def stop(self):
        super().stop()
        self.zookeeper.stop()

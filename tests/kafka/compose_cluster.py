"""The brokers of a compose file as processes, without containers."""

import contextlib
import os
import random
import socket

import compose
from cluster import Cluster, Node

# Debian's libnss-wrapper: getaddrinfo() looks into a file of one's own.
WRAPPER = "libnss_wrapper.so"
# The last number of an address: the containers from 1 on, the host.
HOST = 100
NETWORKS_TRIED = 20
EXTERNAL = "EXTERNAL"
# What a broker gets otherwise than its container does; `listeners` keeps names and ports.
CHANGED = {"listeners", "log.dirs"}


class Network:
    """Addresses of the loopback interface in place of a compose network's: one for each container,
    whose name means it to programs that run with `environment`, and one for the host."""

    def __init__(self, folder, containers, ports):
        """A free one: no address of it listens on any of the ports."""
        for _ in range(NETWORKS_TRIED):
            self._prefix = f"127.{random.randint(1, 254)}.{random.randint(1, 254)}"
            self.host = f"{self._prefix}.{HOST}"
            self.containers = {name: f"{self._prefix}.{i + 1}" for i, name in enumerate(containers)}
            addresses = [self.host, *self.containers.values()]
            if all(self._is_free(address, port) for address in addresses for port in ports):
                break
        else:
            raise AssertionError(f"no free network after {NETWORKS_TRIED}")
        hosts = folder / "hosts"
        hosts.write_text("".join(f"{address} {name}\n"
                                 for name, address in {**self.containers, "localhost": "127.0.0.1"}
                                 .items()), encoding="utf-8")
        self._names = {"LD_PRELOAD": WRAPPER, "NSS_WRAPPER_HOSTS": str(hosts)}

    @property
    def environment(self):
        return {**os.environ, **self._names}

    @contextlib.contextmanager
    def entered(self):
        """Programs that are started meanwhile are inside."""
        outside = dict(os.environ)
        os.environ.update(self._names)
        try:
            yield
        finally:
            os.environ.clear()
            os.environ.update(outside)

    @staticmethod
    def _is_free(address, port):
        with socket.socket() as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                listener.bind((address, port))
            except OSError:
                return False
        return True


class Inside:
    """What a class of processes has before it to start them inside a network."""

    def __init__(self, network, *arguments):
        self._network = network
        super().__init__(*arguments)

    def launch(self):
        with self._network.entered():
            super().launch()


class ComposeNode(Inside, Node):
    """A broker. The external listener is to be the first of its settings: it is the one that this
    process can ask."""


class ComposeCluster(Cluster):
    """Each broker has the settings of its container, but for CHANGED:

    - `listeners`: bound to the container's address on a Network, the external one to the host's,
      where docker would publish its port. Names, ports and what is advertised stay.
    - `log.dirs`: in `folder`.

    The cluster's id and the memory of the Java machine are the tests'.
    """

    def __init__(self, folder, path, **variables):  # no super(): it makes settings of its own
        """`variables` are those of the file, KAFKA_HOST aside."""
        folder.mkdir(parents=True, exist_ok=True)
        project = compose.load(path)
        self.network = Network(folder, sorted(project["services"]), self._ports(project))
        self.services = compose.load(path, KAFKA_HOST=self.network.host, **variables)["services"]
        brokers = compose.broker_services({"services": self.services})
        self.settings = {name: compose.settings(service["environment"])
                         for name, service in brokers.items()}
        self.nodes = [self._node(folder / name, i + 1, name) for i, name in enumerate(brokers)]

    @staticmethod
    def _ports(project):
        listened = {port for service in compose.broker_services(project).values() for _, port in
                    compose.listeners(service["environment"]["KAFKA_LISTENERS"]).values()}
        published = {port["target"] for service in project["services"].values()
                     for port in service.get("ports", [])}
        return listened | published

    def addresses(self, listener):
        """bootstrap.servers of a listener, as advertised."""
        found = [compose.listeners(settings["advertised.listeners"])[listener]
                 for settings in self.settings.values()]
        return ",".join(f"{host}:{port}" for host, port in found)

    def _node(self, folder, number, name):
        settings = {**self.settings[name], "log.dirs": folder / "logs"}
        bound = []
        for listener, (_, port) in compose.listeners(settings["listeners"]).items():
            address = (self.network.host if listener == EXTERNAL
                       else self.network.containers[name])
            bound.append(f"{listener}://{address}:{port}")
        settings["listeners"] = ",".join(bound)
        return self._broker(folder, number, settings)

    def _broker(self, folder, number, settings):
        folder.mkdir()
        return ComposeNode(self.network, folder, number, settings)

"""Real brokers for benchmarks, warm: their processor time and what their topics take on disk."""

import os
import pathlib
import sys

from kafka.admin import KafkaAdminClient, NewTopic

SOURCE = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(SOURCE / "tests" / "kafka"))

from cluster import Cluster  # noqa: E402

TICKS = os.sysconf("SC_CLK_TCK")
EVENT_TOPIC = {"retention.ms": "-1", "retention.bytes": "-1", "segment.ms": "9000000000000",
               "message.timestamp.type": "CreateTime", "cleanup.policy": "delete"}
# As Kafka's own start script has it.
JVM = ("-server", "-XX:+UseG1GC", "-XX:MaxGCPauseMillis=20",
       "-XX:InitiatingHeapOccupancyPercent=35", "-XX:+ExplicitGCInvokesConcurrent")


def cpu_of(pid):
    """User and system time of a process so far, in seconds."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def machine_cpu():
    """Time that all processors have worked so far, in seconds, whoever it was for."""
    line = pathlib.Path("/proc/stat").read_text(encoding="utf-8").splitlines()[0]
    user, nice, system, _, _, irq, soft_irq = (int(word) for word in line.split()[1:8])
    return (user + nice + system + irq + soft_irq) / TICKS


class Brokers:
    """`count` brokers; `with` starts and stops them. What they kept is removed with `folder`."""

    def __init__(self, folder, count, heap):
        self.count = count
        self._cluster = Cluster(folder, count, jvm=(f"-Xms{heap}", f"-Xmx{heap}", *JVM))
        self._topics = 0

    def __enter__(self):
        try:
            self._cluster.start()
        except BaseException:
            self._cluster.stop()
            raise
        return self

    def __exit__(self, *_):
        self._cluster.stop()

    @property
    def servers(self):
        return self._cluster.bootstrap

    def new_topic(self):
        """A name that was not used yet."""
        self._topics += 1
        return f"sales-{self._topics}"

    def cpu(self):
        """Processor time of all brokers so far, in seconds."""
        return sum(cpu_of(node.pid) for node in self._cluster.nodes)

    def topic_bytes(self, topic):
        """What the batches of a topic take on the disk of one broker."""
        return sum(path.stat().st_size
                   for path in self._cluster.nodes[0].logs.glob(f"{topic}-[0-9]*/*.log"))

    def create(self, topic, partitions):
        """A topic with replay's settings (EventTopicSpec in src/kafka)."""
        admin = KafkaAdminClient(bootstrap_servers=self.servers)
        try:
            admin.create_topics([NewTopic(topic, partitions, min(self.count, 3),
                                          topic_configs=EVENT_TOPIC)])
        finally:
            admin.close()

    def forget(self, prefix):
        """Deletes a topic and those that belong to it, such as <topic>-days."""
        admin = KafkaAdminClient(bootstrap_servers=self.servers)
        try:
            names = [name for name in admin.list_topics()
                     if name == prefix or name.startswith(f"{prefix}-")]
            admin.delete_topics(names)
        finally:
            admin.close()

"""One Kafka broker for tests that look into its files."""

import shutil

from kafka.admin import KafkaAdminClient, NewTopic

from cluster import Cluster


class Broker:
    """Data stays between stop() and start()."""

    def __init__(self, folder, **overrides):
        self._cluster = Cluster(folder, 1, **overrides)
        self._node = self._cluster.nodes[0]
        self.logs, self.bootstrap = self._node.logs, self._node.bootstrap

    def start(self):
        self._cluster.start()

    def stop(self):
        self._cluster.stop()

    def create(self, topic, **settings):
        """A topic with one partition; an underscore in the name of a setting is a dot."""
        admin = KafkaAdminClient(bootstrap_servers=self.bootstrap)
        configuration = {name.replace("_", "."): str(value) for name, value in settings.items()}
        admin.create_topics([NewTopic(topic, 1, 1, topic_configs=configuration)])
        admin.close()

    def adopt(self, topic, segments):
        """Puts segment files in place of those of a topic that nobody wrote to; the broker must be
        stopped. It makes the indexes by itself."""
        partition = self.logs / f"{topic}-0"
        for path in partition.iterdir():
            if path.name != "partition.metadata":
                path.unlink()
        for path in segments:
            shutil.copy(path, partition)

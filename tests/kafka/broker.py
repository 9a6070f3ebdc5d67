"""One real Kafka broker for tests: KRaft, on free ports of the loopback interface, stopped by its
process id. tests/kafka_tools/dump.sh --fetch gets its jars."""

import os
import pathlib
import shutil
import signal
import socket
import subprocess
import time

from kafka.admin import KafkaAdminClient, NewTopic
from kafka.errors import KafkaError

SOURCE = pathlib.Path(__file__).parents[2]
JARS = pathlib.Path(os.environ.get("KAFKA_JARS", SOURCE / ".cache" / "kafka-4.3.1"))
CLUSTER_ID = "dGlsbHN0cmVhbS10ZXN0cw"  # 16 bytes, base64url

# A quiet machine needs 5 s.
START_SECONDS = 120
STOP_SECONDS = 60
ASK_AGAIN_SECONDS = 0.1
SHOWN_BYTES = 3000
# What a compacted topic must not wait for in a test.
EAGER = {"log.cleaner.backoff.ms": 100, "log.initial.task.delay.ms": 100}


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Broker:
    """Data stays between stop() and start()."""

    def __init__(self, folder, **overrides):
        assert list(JARS.glob("kafka_2.13-*.jar")), (
            f"{JARS}: no broker there; tests/kafka_tools/dump.sh --fetch gets it")
        self.folder, self.logs = folder, folder / "logs"
        self.bootstrap = f"127.0.0.1:{free_port()}"
        controller = f"127.0.0.1:{free_port()}"
        settings = {
            "node.id": 1, "process.roles": "broker,controller",
            "controller.quorum.voters": f"1@{controller}",
            "controller.listener.names": "CONTROLLER",
            "listeners": f"PLAINTEXT://{self.bootstrap},CONTROLLER://{controller}",
            "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
            "log.dirs": self.logs, "auto.create.topics.enable": "false",
            "offsets.topic.replication.factor": 1, "offsets.topic.num.partitions": 1,
            **EAGER, **overrides}
        self._settings = folder / "server.properties"
        self._settings.write_text("".join(f"{key}={value}\n" for key, value in settings.items()),
                                  encoding="utf-8")
        self._output = folder / "broker.out"
        self._process = None
        done = subprocess.run(
            [*self._java("128m"), "kafka.tools.StorageTool", "format", "-t", CLUSTER_ID, "-c",
             self._settings], capture_output=True, text=True, timeout=START_SECONDS, check=False)
        assert done.returncode == 0, done.stdout + done.stderr

    def _java(self, heap):
        return ["java", f"-Xmx{heap}", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp",
                f"{JARS}/*"]

    def said(self):
        return self._output.read_text(encoding="utf-8", errors="replace")[-SHOWN_BYTES:]

    def start(self):
        with open(self._output, "ab") as output:
            self._process = subprocess.Popen(
                [*self._java("256m"), "kafka.Kafka", self._settings], stdin=subprocess.DEVNULL,
                stdout=output, stderr=subprocess.STDOUT)
        end = time.monotonic() + START_SECONDS
        while not self._answers():
            assert self._process.poll() is None, f"the broker died: {self.said()}"
            assert time.monotonic() < end, f"no answer within {START_SECONDS} s: {self.said()}"

    def _answers(self):
        host, _, port = self.bootstrap.partition(":")
        try:
            # Its end is noticed at once, its port within the time between two questions.
            self._process.wait(ASK_AGAIN_SECONDS)
            return False
        except subprocess.TimeoutExpired:
            pass
        try:
            socket.create_connection((host, int(port)), 1).close()
            admin = KafkaAdminClient(bootstrap_servers=self.bootstrap)
        except (OSError, KafkaError):
            return False
        admin.close()
        return True

    def stop(self):
        if self._process is None:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            raise AssertionError(f"the broker goes on: {self.said()}") from None
        finally:
            self._process = None

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

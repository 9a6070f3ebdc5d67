"""The two clients that other people wrote, each as a process of its own."""

import json
import os
import pathlib
import subprocess
import sys

import servers

HERE = pathlib.Path(__file__).parent
TIMEOUT_SECONDS = 120


class Client:
    """Encodes and decodes framed values with a registry; `command` is the program without its
    arguments."""

    def __init__(self, name, command, target):
        self.name, self._command, self._target = name, command, target

    def _run(self, server, lines, *arguments, env=None):
        env = {**os.environ, "NODE_PATH": str(servers.need(servers.PEERS / "node_modules")),
               **({"REGISTRY_USER": server.user} if server.user else {}), **(env or {})}
        done = subprocess.run([*self._command, server.url, *arguments], input="\n".join(lines) + "\n",
                              capture_output=True, text=True, timeout=TIMEOUT_SECONDS, env=env,
                              check=False)
        assert done.returncode == 0, f"{self.name}: exit code {done.returncode}\n{done.stderr}"
        found = done.stdout.splitlines()
        assert len(found) == len(lines), f"{self.name}: {len(found)} lines for {len(lines)}"
        return found

    def decode(self, server, values):
        """What framed values hold, as JSON has it."""
        return [json.loads(line)
                for line in self._run(server, [value.hex() for value in values], "decode")]

    def encode(self, server, topic, records):
        """Framed values of the records, with the latest schema of the topic."""
        return [bytes.fromhex(line)
                for line in self._run(server, [json.dumps(record) for record in records], "encode",
                                      self._target.format(topic=topic))]


CONFLUENT = Client("confluent-kafka", [sys.executable, HERE / "confluent_codec.py"], "{topic}")
KAFKAJS = Client("@kafkajs/confluent-schema-registry", ["node", HERE / "node" / "codec.js"],
                 "{topic}-value")
ALL = (CONFLUENT, KAFKAJS)

"""Starts and stops registries: two that other people wrote (fetch.sh gets them) and our own.

Each runs on a free port of the loopback interface, with its files in a folder of the test's, and is
stopped by its process id. The end of its output is part of every message about it."""

import base64
import os
import pathlib
import re
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

SOURCE = pathlib.Path(__file__).parents[2]
PEERS = pathlib.Path(os.environ.get("REGISTRY_PEERS", SOURCE / ".cache" / "registry"))

# Who asks where authentication is wanted: "name:password".
USER = "reader:secret word"

# Apicurio needs some 5 s on a quiet machine, several times that beside a build.
START_SECONDS = 120
STOP_SECONDS = 30
# Between two questions whether a server answers; its end is noticed at once.
ASK_AGAIN_SECONDS = 0.05
# A free port can be taken by somebody else before the server has it.
START_ATTEMPTS = 3
SHOWN_BYTES = 2000


class ServerDied(AssertionError):
    """The process ended before it answered."""


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def basic(user):
    """The value of an Authorization header; `user` is "name:password"."""
    return "Basic " + base64.b64encode(user.encode()).decode()


def need(path):
    assert path.exists(), f"{path} is not there: tests/registry/fetch.sh gets it"
    return path


class Server:
    """A registry that runs until stop()."""

    def __init__(self, name, command, output, url=None, user=None, env=None):
        self.name, self.url, self.user = name, url, user
        self._output = output
        with open(output, "wb") as log:
            self.process = subprocess.Popen(
                [str(word) for word in command], stdin=subprocess.DEVNULL, stdout=log,
                stderr=subprocess.STDOUT, env={**os.environ, **(env or {})})

    def output(self):
        return self._output.read_text(encoding="utf-8", errors="replace")

    def said(self):
        return f"{self.name} said:\n{self.output()[-SHOWN_BYTES:]}"

    def wait_until(self, condition, what, deadline=START_SECONDS):
        """Waits for the condition; a server that ends before is a failure."""
        end = time.monotonic() + deadline
        while not condition():
            assert time.monotonic() < end, f"{what}: not within {deadline} s; {self.said()}"
            try:
                code = self.process.wait(ASK_AGAIN_SECONDS)
            except subprocess.TimeoutExpired:
                continue
            raise ServerDied(f"{what}: exit code {code}; {self.said()}")

    def answers(self):
        request = urllib.request.Request(self.url + "/subjects")
        if self.user:
            request.add_header("Authorization", basic(self.user))
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:
                return answer.status == 200
        except (urllib.error.URLError, OSError):
            return False

    def put(self, path, body):
        request = urllib.request.Request(self.url + path, data=body.encode(), method="PUT",
                                         headers={"Content-Type": "application/json"})
        urllib.request.urlopen(request, timeout=20).close()

    def wait_for_end(self):
        """Waits for a server that is expected to end by itself."""
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"{self.name} goes on; {self.said()}") from None

    def stop(self, number=signal.SIGTERM):
        """The exit code; negative for a signal that the process did not handle."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            return self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(
                f"{self.name} did not stop within {STOP_SECONDS} s; {self.said()}") from None


def _started(make):
    """make(port), again with another port when the server ended before it answered."""
    for attempt in range(START_ATTEMPTS):
        server = make(free_port())
        try:
            server.wait_until(server.answers, f"{server.name} answers")
            return server
        except ServerDied:
            if attempt + 1 == START_ATTEMPTS:
                raise
        except BaseException:
            server.stop(signal.SIGKILL)
            raise
    return None


def start_axonops(folder, user=None):
    """AxonOps Schema Registry, in memory; with `user` ("name:password") it wants basic
    authentication."""
    binary = need(PEERS / "axonops" / "schema-registry")

    def make(port):
        lines = [f"server: {{host: 127.0.0.1, port: {port}}}", "storage: {type: memory}",
                 "compatibility: {default_level: BACKWARD}"]
        env = {}
        if user:
            name, _, password = user.partition(":")
            lines += ["security:", "  auth:", "    enabled: true", "    methods: [basic]",
                      "    basic: {realm: test}",
                      f"    rbac: {{enabled: true, default_role: admin, super_admins: [{name}]}}"]
            env = {"SCHEMA_REGISTRY_BOOTSTRAP_ENABLED": "true",
                   "SCHEMA_REGISTRY_BOOTSTRAP_USERNAME": name,
                   "SCHEMA_REGISTRY_BOOTSTRAP_PASSWORD": password}
        configuration = folder / f"axonops-{port}.yaml"
        configuration.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return Server("axonops", [binary, "-config", configuration], folder / f"axonops-{port}.out",
                      f"http://127.0.0.1:{port}", user, env)

    return _started(make)


def start_apicurio(folder):
    """Apicurio Registry, in memory. Its Confluent API has a path in its base URL."""
    jar = need(PEERS / "apicurio" / "runner.jar")

    def make(port):
        # CANONICAL_HASH_MODE: white space and the order of keys make no new id.
        return Server("apicurio",
                      ["java", "-Xmx256m", "-XX:TieredStopAtLevel=1",
                       "-Dquarkus.log.level=WARN",
                       "-Dquarkus.http.host=127.0.0.1", f"-Dquarkus.http.port={port}",
                       "-jar", jar],
                      folder / f"apicurio-{port}.out",
                      f"http://127.0.0.1:{port}/apis/ccompat/v7",
                      env={"ENABLE_CCOMPAT_CANONICAL_HASH_MODE": "true"})

    server = _started(make)
    # It has no compatibility rule until one is set.
    server.put("/config", '{"compatibility":"BACKWARD"}')
    return server


LISTENING = re.compile(r"^listening: (http://127\.0\.0\.1:\d+)$", re.MULTILINE)


def start_ours(binary, log, folder, *options, before=(), listen="127.0.0.1:0", user=None, env=None):
    """`tillstream schema serve` over a log; `before` are words in front of the command."""
    descriptor, output = tempfile.mkstemp(prefix="ours-", suffix=".out", dir=folder)
    os.close(descriptor)
    server = Server("ours",
                    [*before, binary, "schema", "serve", "--log", log, "--listen", listen,
                     *options],
                    pathlib.Path(output), user=user, env=env)

    def says_where():
        found = LISTENING.search(server.output())
        server.url = found and found[1]
        return found

    try:
        server.wait_until(says_where, "ours says where it listens")
    except BaseException:
        server.stop(signal.SIGKILL)
        raise
    return server


# Stopped by a signal, everything durable: what the command line promises for SIGTERM.
STOPPED_CODES = (0, 143)


def stop_ours(server):
    code = server.stop()
    assert code in STOPPED_CODES, f"exit code {code} after SIGTERM; {server.said()}"

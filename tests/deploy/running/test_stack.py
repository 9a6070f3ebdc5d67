"""compose.yaml as a whole, without containers: its brokers, its registry, its ten generators and
its consumer, each with the command and the environment that stand there, on a small dataset."""

import contextlib
import json
import re
import subprocess
import time

import pytest

STORES, ITEMS, DAYS = 10, 40, 60
HEALTHY_SECONDS = 30
END_SECONDS = 120
SHOWN = 3000


class Stack:
    """The services as processes. A container's folders are in `folder`, its dataset is `data`."""

    def __init__(self, cluster, tillstream, folder, data):
        self._cluster, self._tillstream, self._folder, self._data = (
            cluster, tillstream, folder, data)
        self.names = sorted(cluster.services)

    def environment(self, name):
        environment = {**self._cluster.network.environment,
                       **(self._cluster.services[name].get("environment") or {})}
        if "TILLSTREAM_DATA" in environment:
            environment["TILLSTREAM_DATA"] = str(self._data)
        return environment

    def command(self, name):
        """An address of all interfaces is the container's alone here."""
        address = self._cluster.network.containers[name]
        return [argument.replace("0.0.0.0", address).replace("/var/lib/", f"{self._folder}/")
                for argument in self._cluster.services[name]["command"]]

    @contextlib.contextmanager
    def started(self, name, *arguments):
        """The service as a process, or its image with other arguments."""
        with subprocess.Popen([self._tillstream.path, *(arguments or self.command(name))],
                              env=self.environment(name), stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              cwd=self._folder) as process:
            try:
                yield process
            finally:
                if process.poll() is None:
                    process.terminate()

    def run(self, name, *arguments):
        """Runs it to its end; its standard output."""
        with self.started(name, *arguments) as process:
            out, err = process.communicate(timeout=END_SECONDS)
        assert process.returncode == 0, f"{name}: {err[-SHOWN:]}"
        return out

    def wait_healthy(self, name):
        address = self._cluster.network.containers[name]
        _, program, *arguments = self._cluster.services[name]["healthcheck"]["test"]
        assert program == "tillstream"
        command = [self._tillstream.path, *(each.replace("127.0.0.1", address)
                                            for each in arguments)]
        end = time.monotonic() + HEALTHY_SECONDS
        while subprocess.run(command, env=self.environment(name), capture_output=True,
                             timeout=HEALTHY_SECONDS, check=False).returncode != 0:
            assert time.monotonic() < end, f"{name}: not healthy"


@pytest.fixture(scope="module")
def data(tillstream, tmp_path_factory):
    folder = tmp_path_factory.mktemp("stack") / "data"
    tillstream.check("synth", "--out", folder, "--stores", STORES, "--items", ITEMS, "--days", DAYS)
    return folder


@pytest.fixture(scope="module")
def stack(cluster, tillstream, tmp_path_factory, data):
    stack = Stack(cluster, tillstream, tmp_path_factory.mktemp("containers"), data)
    with stack.started("registry"):
        stack.wait_healthy("registry")
        yield stack


def wait_all(processes):
    for name, process in processes.items():
        _, err = process.communicate(timeout=END_SECONDS)
        assert process.returncode == 0, f"{name}: {err[-SHOWN:]}"


def test_all_generators_together_stream_the_dataset(stack, count):
    with contextlib.ExitStack() as running:
        wait_all({name: running.enter_context(stack.started(name)) for name in stack.names
                  if name.startswith("generator-")})
    events = stack.run("consumer", "consume", "--exit", "--sink", "count", "--json")
    assert json.loads(events)["events"] == STORES * ITEMS * DAYS, events
    stack.run("consumer", "verify", "--complete")
    count(f"deploy: {STORES * ITEMS * DAYS} events of {STORES} generators as compose.yaml has them")


def test_the_consumer_shows_each_day_of_each_store(stack):
    with stack.started("consumer") as process:
        lines = [json.loads(process.stdout.readline()) for _ in range(STORES * DAYS)]
    assert {(line["store_id"], line["day"]) for line in lines} == {
        (line["store_id"], day) for line in lines for day in range(1, DAYS + 1)}
    assert len({line["store_id"] for line in lines}) == STORES


def test_another_host_verifies_it_through_what_is_published(stack, cluster, tillstream, data):
    port = cluster.services["registry"]["ports"][0]["target"]
    registry = f"http://{cluster.network.containers['registry']}:{port}"
    tillstream.check("verify", "--complete", "--data", data, "-b", cluster.addresses("EXTERNAL"),
                     "--registry", registry)


def test_a_generator_that_is_started_again_finds_everything_there(stack):
    stack.run("generator-wi-3")
    stack.run("consumer", "verify", "--complete")


def test_the_commands_of_the_readme_run(stack, compose_file):
    page = compose_file.with_name("README.md").read_text(encoding="utf-8")
    commands = re.findall(r"^    \$ docker compose run --rm (\S+) ([^#\n]*)", page, re.MULTILINE)
    assert len(commands) >= 3
    for name, arguments in commands:
        stack.run(name, *arguments.split())

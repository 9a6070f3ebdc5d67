"""Compose files as docker compose reads them, and the broker settings in them as the images do.
tests/deploy/fetch.sh gets the parser."""

import json
import os
import pathlib
import re
import subprocess

SOURCE = pathlib.Path(__file__).parents[2]
PEERS = pathlib.Path(os.environ.get("DEPLOY_PEERS", SOURCE / ".cache" / "deploy"))
PARSE_SECONDS = 30

# Begin with KAFKA_ and are for the scripts of the images, not for the broker's settings.
FOR_SCRIPTS = {
    "KAFKA_GC_LOG_OPTS", "KAFKA_HEAP_OPTS", "KAFKA_JMX_HOSTNAME", "KAFKA_JMX_OPTS",
    "KAFKA_JVM_PERFORMANCE_OPTS", "KAFKA_LOG4J_LOGGERS", "KAFKA_LOG4J_OPTS",
    "KAFKA_LOG4J_ROOT_LOGLEVEL", "KAFKA_OPTS", "KAFKA_TOOLS_LOG4J_LOGLEVEL", "KAFKA_VERSION"}


def parse(path, **variables):
    """The finished process: the project as JSON in stdout, or exit code 1 and why in stderr."""
    parser = PEERS / "compose_check"
    assert parser.exists(), f"{parser}: not there; tests/deploy/fetch.sh gets it"
    return subprocess.run([parser, path], env=variables, capture_output=True, text=True,
                          timeout=PARSE_SECONDS, check=False)


def load(path, **variables):
    """The project: its services with anchors, defaults and variables resolved."""
    done = parse(path, TILLSTREAM_DATA="/data", **variables)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def broker_services(project):
    """{name: service}, in the order of their names."""
    return {name: service for name, service in sorted(project["services"].items())
            if "KAFKA_ADVERTISED_LISTENERS" in service.get("environment", {})}


def settings(environment):
    """What the images write into server.properties: KAFKA_A_B__C___D is a.b_c-d."""
    separators = {"_": ".", "__": "_", "___": "-"}
    return {re.sub("_+", lambda found: separators[found[0]], name[len("KAFKA_"):].lower()): value
            for name, value in environment.items()
            if name.startswith("KAFKA_") and name not in FOR_SCRIPTS}


def listeners(text):
    """{"INTERNAL": ("kafka-1", 19092)} of "INTERNAL://kafka-1:19092"."""
    found = {}
    for listener in text.split(","):
        name, _, address = listener.partition("://")
        host, _, port = address.rpartition(":")
        found[name] = (host, int(port))
    return found

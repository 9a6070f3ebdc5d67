"""TLS, logins and rights on a real broker: the right ones let the commands in, and each wrong or
missing one ends them at once, with a line that says what to do (kafka_messages.py)."""

import contextlib
import re
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from cluster import JARS, SOURCE
from kafka_messages import assert_said
from secured import SecuredBroker, password
from stream_runs import start_registry, stop_registry

COMMANDS = ("replay", "consume", "verify")
# Waits more than it works.
AT_ONCE = 4
# A connection that is closed without a word is given five seconds; the machine is busy.
PROMPT_SECONDS = 15
# Its client may log in by SCRAM at Kafka 4 (librdkafka#4895).
SCRAM_SINCE = (2, 6, 1)
KAFKA_3 = SOURCE / ".cache" / "kafka-3.9.2"


def tls(protocol="ssl", ca="{folder}/ca.pem"):
    return {"security.protocol": protocol, **({"ssl.ca.location": ca} if ca else {})}


def login(user="owner", word=None, mechanism="PLAIN", **more):
    return {"security.protocol": "sasl_plaintext", "sasl.mechanism": mechanism,
            "sasl.username": user, "sasl.password": word or password(user), **more}


CLIENT = {"ssl.certificate.location": "{folder}/client.pem",
          "ssl.key.location": "{folder}/client.key"}
SCRAM = "SCRAM-SHA-256"

# Listener, properties, what is said (None: let in).
CONNECTIONS = [
    ("SSL", tls(), None),
    ("SSL", tls(ca=None), "untrusted"),
    ("SSL", tls(ca="{folder}/client.pem"), "untrusted"),
    ("SSL", tls(ca="{folder}/none.pem"), "no such file"),
    ("SSL", {}, "TLS there"),
    ("PLAINTEXT", tls(), "no TLS there"),
    ("MTLS", {**tls(), **CLIENT}, None),
    ("MTLS", tls(), "client certificate"),
    ("SASL", login(), None),
    ("SASL", login(word="wrong"), "refused"),
    ("SASL", login(user="stranger"), "refused"),
    ("SASL", login(mechanism=SCRAM, word="wrong"), "refused SCRAM"),
    ("SASL", login(mechanism=SCRAM, user="stranger"), "refused SCRAM"),
    ("SASL", login(mechanism="SCRAM-SHA-512"), "other mechanisms"),
    ("SASL", {}, "login there"),
    ("SASL", tls(), "no TLS there"),
    ("SASL", {"security.protocol": "sasl_plaintext", "sasl.mechanism": "PLAIN"}, "no user"),
    ("SASL", {"security.protocol": "sasl_plaintext"}, "no mechanism"),
    ("PLAINTEXT", login(), "no login there"),
    ("SASLSSL", {**login(), **tls("sasl_ssl")}, None),
    ("SASLSSL", {**login(word="wrong"), **tls("sasl_ssl")}, "refused"),
    ("SASLSSL", {**login(), **tls("sasl_ssl", ca=None)}, "untrusted"),
    ("SASLSSL", tls(), "login there"),
    ("SASLSSL", login(), "TLS there"),
    ("SASLSSL", {}, "TLS there"),
]

# User, command, what is said. The topic has nine days of thirty, so that there are some to write.
RIGHTS = [
    ("nobody", "replay", "no describe"), ("nobody", "consume", "no describe"),
    ("nobody", "verify", "no describe"),
    ("no-configs", "replay", "no configs"),
    ("no-write", "replay", "no write"), ("no-write-days", "replay", "no write"),
    ("no-write-positions", "replay", "no write"),
    ("no-read", "consume", "no read"), ("no-read", "verify", "no read"),
    ("no-read-positions", "replay", "no read of positions"),
    ("no-read-positions", "verify", "no read of positions"),
    ("no-id", "replay", "no id"),
    ("no-group", "consume -g tills", "no group"),
    # Not needed for it.
    ("no-group", "consume", None), ("no-read-positions", "consume", None),
    ("no-read", "replay --to d_10", None), ("no-create", "replay --to d_10", None),
    ("no-write", "consume -g tills", None),
]


class Commands:
    """The commands on one broker, with one dataset."""

    def __init__(self, tillstream, broker, folder, registry):
        self.tillstream, self.broker, self.folder = tillstream, broker, folder
        self.registry, self.data = registry, folder / "data"

    def run(self, command, listener, properties):
        name, *options = command.split()
        if name != "consume":
            options += ["--data", self.data]
        else:
            options += ["-e", "--sink", "count"] + ([] if "-g" in options else ["-o", "beginning"])
        for key, value in properties.items():
            options += ["-X", f"{key}={value.format(folder=self.broker.certificates.folder)}"]
        begin = time.monotonic()
        done = self.tillstream.run(name, "-b", self.broker.addresses[listener], "--registry",
                                   self.registry, *options)
        assert time.monotonic() - begin < PROMPT_SECONDS, done.stderr
        return done

    def check(self, command, listener, properties, said):
        assert_said(self.run(command, listener, properties), said, self.broker.addresses[listener])


@contextlib.contextmanager
def commands_on(tillstream, folder, jars=JARS):
    broker = SecuredBroker(folder, jars)
    registry = None
    try:
        broker.start()
        registry = start_registry(tillstream, folder)
        tillstream.check("synth", "--out", folder / "data", "--stores", 1, "--items", 20, "--days",
                         30, "-q")
        yield Commands(tillstream, broker, folder, registry.url)
    finally:
        if registry:
            stop_registry(registry)
        broker.stop()


@pytest.fixture(scope="module")
def commands(tillstream, tmp_path_factory):
    with commands_on(tillstream, tmp_path_factory.mktemp("kafka")) as commands:
        yield commands


def test_who_may_not_make_topics_is_told_so(commands):
    commands.check("replay", "SASL", login("no-create"), "no create")
    commands.check("replay --to d_10", "SASL", login("owner"), None)


def test_each_missing_right_is_named(commands, count):
    for user, command, said in RIGHTS:
        commands.check(command, "SASL", login(user), said)
    # What they were refused was not done.
    stands = commands.run("verify --json", "SASL", login("owner"))
    assert re.search(r'"events_equal": ?180\b', stands.stdout), stands.stdout
    count(f"kafka: {len(RIGHTS)} commands of users with and without rights on a real broker")


def test_each_way_to_a_listener_is_right_or_says_what_to_do(commands, full, count):
    cases = [(command, *connection) for i, connection in enumerate(CONNECTIONS)
             for command in (COMMANDS if full else [COMMANDS[i % len(COMMANDS)]])]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for done in [pool.submit(commands.check, *case) for case in cases]:
            done.result()
    count(f"kafka: {len(cases)} ways to listeners with TLS and logins, right and wrong")


def test_no_password_is_shown(commands):
    done = commands.run("replay", "SASL", login(word="hunter2"))
    assert "hunter2" not in done.stdout + done.stderr


def test_scram_lets_in_where_the_library_can(commands, tillstream, tmp_path):
    versions = tillstream.check("--version").stdout
    found = re.search(r"librdkafka (\d+)\.(\d+)\.(\d+)", versions)
    assert found, versions
    if tuple(map(int, found.groups())) >= SCRAM_SINCE:
        commands.check("replay", "SASL", login(mechanism=SCRAM), None)
        return
    commands.check("replay", "SASL", login(mechanism=SCRAM), "refused SCRAM")
    with commands_on(tillstream, tmp_path, KAFKA_3) as old:
        old.check("replay", "SASL", login(mechanism=SCRAM), None)
        old.check("verify", "SASLSSL", {**login(mechanism=SCRAM), **tls("sasl_ssl")}, None)
        old.check("consume", "SASL", login(mechanism=SCRAM, word="wrong"), "refused SCRAM")

"""`schema serve --users` and `--guard` from outside: with Confluent's client, with our own, and with
none."""

import json
import subprocess
import sys
import urllib.error
import urllib.request

import pytest

import servers
from servers import basic

RIGHT, WRONG = "writer:secret word", "writer:secret ward"
# "correct horse", as htpasswd -nbB -C 4 writes it.
HASHED = "bob:$2y$04$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e"
HASHED_RIGHT, HASHED_WRONG = "bob:correct horse", "bob:correct house"
USERS = f"# who may\n{RIGHT}\n\n{HASHED}\n"

SCHEMA = json.dumps({"type": "record", "name": "R", "fields": [{"name": "a", "type": "int"}]})


@pytest.fixture(scope="module")
def users(folder):
    path = folder / "users.txt"
    path.write_text(USERS, encoding="utf-8")
    return path


def guarded(tillstream, folder, users, guard):
    return servers.start_ours(tillstream.path, folder / f"log-{guard}", folder, "--users", users,
                              "--guard", guard)


@pytest.fixture(scope="module")
def writes(tillstream, folder, users):
    server = guarded(tillstream, folder, users, "writes")
    yield server
    servers.stop_ours(server)


@pytest.fixture(scope="module")
def everything(tillstream, folder, users):
    server = guarded(tillstream, folder, users, "all")
    yield server
    servers.stop_ours(server)


def status_of(server, method, path, user=None, body=None):
    """The status, and the header that asks for a password."""
    request = urllib.request.Request(server.url + path, method=method,
                                     data=None if body is None else json.dumps(body).encode(),
                                     headers={"Content-Type": "application/json"})
    if user:
        request.add_header("Authorization", basic(user))
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, answer.headers["WWW-Authenticate"]
    except urllib.error.HTTPError as error:
        return error.code, error.headers["WWW-Authenticate"]


# ---- nobody's client


def test_guarded_writes_let_everyone_read(writes):
    path, body = "/subjects/plain-value/versions", {"schema": SCHEMA}
    for user in (None, WRONG, "nobody:secret word", HASHED_WRONG, HASHED):
        assert status_of(writes, "POST", path, user, body) == (401, 'Basic realm="tillstream"'), user
    for user in (RIGHT, HASHED_RIGHT, HASHED_RIGHT):
        assert status_of(writes, "POST", path, user, body)[0] == 200, user
    for method, path in (("GET", "/subjects"), ("GET", "/schemas/ids/1"), ("GET", "/metrics"),
                         ("GET", "/healthz")):
        assert status_of(writes, method, path)[0] == 200, path
    assert status_of(writes, "POST", "/subjects/plain-value", None, body)[0] == 200
    assert status_of(writes, "DELETE", "/subjects/plain-value")[0] == 401


def test_guard_of_all_leaves_only_health_open(everything):
    assert status_of(everything, "GET", "/healthz")[0] == 200
    for path in ("/", "/subjects", "/schemas/ids/1", "/metrics", "/nothing"):
        for user in (None, WRONG, HASHED_WRONG):
            assert status_of(everything, "GET", path, user)[0] == 401, (path, user)
    for user in (RIGHT, HASHED_RIGHT):
        assert status_of(everything, "GET", "/subjects", user)[0] == 200, user


# ---- Confluent's client


# Asks as the lines of stdin say, [url, user, what], and prints a status each.
CONFLUENT_PROGRAM = """
import json, sys
from confluent_kafka.schema_registry import Schema, SchemaRegistryClient
from confluent_kafka.schema_registry.error import SchemaRegistryError
for line in sys.stdin:
    url, user, what = json.loads(line)
    configuration = {"url": url, "max.retries": 0}
    if user:
        configuration["basic.auth.user.info"] = user
    client = SchemaRegistryClient(configuration)
    try:
        if what == "write":
            client.register_schema("confluent-value", Schema(sys.argv[1], "AVRO"))
        else:
            client.get_subjects()
        print(200)
    except SchemaRegistryError as error:
        print(error.http_status_code)
"""


def test_confluent_s_client_is_let_in_by_its_password(writes, everything):
    cases = [(server, user, what) for server in (writes, everything)
             for user in (RIGHT, HASHED_RIGHT, WRONG, HASHED_WRONG, None)
             for what in ("write", "read")]
    lines = [json.dumps([server.url, user, what]) for server, user, what in cases]
    done = subprocess.run([sys.executable, "-c", CONFLUENT_PROGRAM, SCHEMA], input="\n".join(lines),
                          capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    for (server, user, what), status in zip(cases, done.stdout.splitlines(), strict=True):
        is_let_in = user in (RIGHT, HASHED_RIGHT) or (server is writes and what == "read")
        assert int(status) == (200 if is_let_in else 401), (server is writes, user, what)


# ---- our own client


@pytest.mark.parametrize("guard", ["writes", "everything"])
def test_replay_and_consume_give_the_password(runs, request, guard):
    server = request.getfixturevalue(guard)
    for user in ((), ("--registry-user", WRONG)):
        done = runs.replay(server.url, "--registry-timeout", "5s", *user)
        assert done.returncode == 5, done.stderr
        assert "401" in done.stderr and "--registry-user" in done.stderr, done.stderr
        assert "secret" not in done.stderr
    for user in (RIGHT, HASHED_RIGHT):
        done = runs.replay(server.url, "--registry-user", user)
        assert done.returncode == 0, done.stderr
    open_code = 0 if guard == "writes" else 5
    assert runs.consume(server.url).returncode == open_code
    done = runs.consume(server.url, "--registry-user", RIGHT)
    assert done.returncode == 0 and done.stdout, done.stderr


# ---- the file


@pytest.mark.parametrize(("text", "said"), [
    ("alice:secret\nbob\n", ":2: needed USER:PASSWORD"),
    ("", ": needed lines USER:PASSWORD"),
    ("a:b\n\na:c\n", ':3: "a" stands in line 1 already'),
    ("a:$apr1$salt$abcdefghijklmnopqrstuv\n", ":1: the password of \"a\" is hashed in a way that is "
     "not known here; write it with htpasswd -B or mkpasswd"),
    (None, ": no such file or directory")])
def test_wrong_file_of_users_is_said_before_anything_is_made(tillstream, tmp_path, text, said):
    path = tmp_path / "users.txt"
    if text is not None:
        path.write_text(text, encoding="utf-8")
    done = tillstream.check("schema", "serve", "--log", tmp_path / "log", "--listen", "127.0.0.1:0",
                            "--users", path, code=2)
    assert f"{path}{said}" in done.stderr, done.stderr
    assert "secret" not in done.stderr
    assert not (tmp_path / "log").exists()


def test_guard_needs_somebody_to_let_in(tillstream, tmp_path):
    for options in (("--guard", "all"), ("--guard", "reads")):
        done = tillstream.check("schema", "serve", "--log", tmp_path / "log", *options, code=2)
        assert "--guard: " in done.stderr, done.stderr
    assert not (tmp_path / "log").exists()

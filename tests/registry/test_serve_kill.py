"""kill -9 of `schema serve` at every call that writes: what it answered, it knows after a restart,
and no id is given twice."""

import collections
import json
import signal
import sys
import urllib.error
import urllib.request

import pytest

import servers

sys.path.append(str(servers.SOURCE / "tests" / "crash"))
import lib  # noqa: E402

DEADLINE_SECONDS = 60
# Beyond what a history needs; a run that is killed there still is a server that never stops writing.
CALLS_MAX = 2000
IMPORTED_ID = 500


def record(name, *fields):
    return json.dumps({"type": "record", "name": name,
                       "fields": [{"name": field, "type": "int", "default": 0} for field in fields]})


def post(subject, schema, **numbers):
    return "POST", f"/subjects/{subject}/versions", {"schema": schema, **numbers}


# What a client does, in order: (method, path, body).
HISTORY = [
    post("a-value", record("A", "one")),
    post("a-value", record("A", "one", "two")),
    post("b-value", record("A", "one")),
    post("b-value", record("A", "three")),
    ("PUT", "/config/a-value", {"compatibility": "FULL"}),
    ("PUT", "/config", {"compatibility": "BACKWARD_TRANSITIVE"}),
    *(post(f"s{number}-value", record(f"S{number}", "one")) for number in range(2)),
    ("DELETE", "/subjects/s0-value", None),
    post("s0-value", record("S0", "one")),
    ("DELETE", "/subjects/a-value/versions/1", None),
    ("DELETE", "/subjects/a-value/versions/1?permanent=true", None),
    ("PUT", "/mode/s1-value", {"mode": "READONLY"}),
    # The highest id of all goes for good with its subject, and is not given again.
    post("gone-value", record("Gone", "one")),
    ("DELETE", "/subjects/gone-value", None),
    ("DELETE", "/subjects/gone-value?permanent=true", None),
    post("last-value", record("Last", "one")),
    # Far beyond those that are given: the next one comes after it.
    ("PUT", "/mode/moved-value", {"mode": "IMPORT"}),
    post("moved-value", record("Moved", "one"), id=IMPORTED_ID, version=7),
    post("next-value", record("Next", "one")),
]


def ask(url, method, path, body=None):
    """(status, body); raises an OSError when the connection breaks."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url + path, data=data, method=method,
                                     headers={"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=DEADLINE_SECONDS) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())


def answered(url, history):
    """The answers until the server dies, each 200."""
    answers = []
    for step in history:
        try:
            status, body = ask(url, *step)
        except (OSError, ValueError, urllib.error.URLError):
            break
        assert status == 200, f"{step}: {status} {body}"
        answers.append(body)
    return answers


def registered(history, answers):
    """(subject, schema, id) of each registration that was answered."""
    return [(step[1].split("/")[2], step[2]["schema"], answer["id"])
            for step, answer in zip(history, answers) if step[0] == "POST"]


def assert_known(url, answers, what):
    """The server knows what was answered, and goes on with ids that are new."""
    ids = collections.defaultdict(set)
    for _, schema, schema_id in registered(HISTORY, answers):
        ids[schema_id].add(schema)
        status, body = ask(url, "GET", f"/schemas/ids/{schema_id}")
        assert status == 200, f"{what}: id {schema_id} is lost: {body}"
        assert json.loads(body["schema"]) == json.loads(schema), f"{what}: id {schema_id}: {body}"
    for step, answer in zip(HISTORY, answers):
        if step[0] == "PUT":
            _, path, wanted = step
            status, body = ask(url, "GET", path)
            assert status == 200 and set(wanted.values()) <= set(body.values()), f"{what}: {body}"
    # The client does it all again from where it heard nothing, as clients do.
    rest = HISTORY[len(answers):]
    if rest and rest[0][0] == "DELETE":
        # It may have been done: then the answer is an error, and as good.
        status, body = ask(url, *rest.pop(0))
        assert status in (200, 404), f"{what}: {body}"
    more = answered(url, rest)
    assert len(more) == len(rest), f"{what}: {rest[len(more)]} was not answered"
    for _, schema, schema_id in registered(rest, more):
        ids[schema_id].add(schema)
    # Every schema under its id, and none under two.
    assert all(len(schemas) == 1 for schemas in ids.values()), f"{what}: {dict(ids)}"
    wanted = {step[2]["schema"] for step in HISTORY if step[0] == "POST"}
    assert len(ids) == len(wanted), f"{what}: {dict(ids)}"
    assert max(ids) == IMPORTED_ID + 1, f"{what}: {dict(ids)}"
    for schema_id, (schema,) in ids.items():
        subject = f"again-{schema_id}-value"
        status, body = ask(url, *post(subject, schema))
        assert status == 200 and body["id"] == schema_id, f"{what}: {schema} again: {body}"


class Serve:
    """`schema serve` over one log, again and again."""

    def __init__(self, tillstream, folder):
        self.tillstream, self.folder = tillstream, folder
        self.log = folder / "log"

    def start(self, before=()):
        return servers.start_ours(self.tillstream.path, self.log, self.folder, before=before)

    def killed_at(self, call, k):
        """Runs the history and kills the server when one of its threads enters its k-th `call`. The
        answers, and whether it came there."""
        before = ["strace", "-D", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={call}",
                  "-e", f"inject={call}:signal=KILL:when={k}", "--"]
        try:
            server = self.start(before)
        except servers.ServerDied:
            return [], True
        answers = answered(server.url, HISTORY)
        if len(answers) < len(HISTORY):
            server.wait_for_end()
        code = server.stop()
        assert code in (-signal.SIGKILL, *servers.STOPPED_CODES), (
            f"exit code {code}; {server.said()}")
        return answers, code == -signal.SIGKILL


@pytest.fixture
def serve(tillstream, tmp_path):
    lib.need_strace()
    return Serve(tillstream, tmp_path)


def test_what_was_answered_is_there_after_a_stop(serve):
    server = serve.start()
    answers = answered(server.url, HISTORY)
    assert len(answers) == len(HISTORY)
    servers.stop_ours(server)
    server = serve.start()
    assert_known(server.url, answers, "stopped")
    servers.stop_ours(server)


@pytest.mark.parametrize("call", lib.WRITING_CALLS)
def test_what_was_answered_is_there_after_a_kill(serve, call, count):
    killed = 0
    for k in range(1, CALLS_MAX):
        lib.clear(serve.log)
        answers, died = serve.killed_at(call, k)
        if not died:
            break
        killed += 1
        what = f"killed at {call} {k}, {len(answers)} answers"
        server = serve.start()
        assert_known(server.url, answers, what)
        servers.stop_ours(server)
    else:
        pytest.fail(f"{call}: no end after {CALLS_MAX} calls")
    count(f"schema serve killed at {call}: {killed} times, every answer is known afterwards")

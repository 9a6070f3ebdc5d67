"""`schema serve` as a process: where it listens, beside other processes on its log, when it is
stopped, and when the disk fails."""

import json
import signal
import socket
import subprocess
import sys
import threading

import pytest

import raw_http
import servers

sys.path.append(str(servers.SOURCE / "tests" / "crash"))
import lib  # noqa: E402

PROCESSES, SCHEMAS_EACH = 4, 50


def schema_of(name):
    return json.dumps({"type": "record", "name": name, "fields": [{"name": "a", "type": "int"}]},
                      separators=(",", ":"))


def register(server, subject, schema):
    return raw_http.ask(server.url, "POST", f"/subjects/{subject}/versions", {"schema": schema})


@pytest.fixture
def start(tillstream, tmp_path):
    """start(*options, **how): a server over the test's log."""
    running = []

    def starting(*options, **how):
        running.append(servers.start_ours(tillstream.path, tmp_path / "log", tmp_path, *options,
                                          **how))
        return running[-1]

    yield starting
    for server in running:
        server.stop()


# ---- where it listens


@pytest.mark.parametrize("listen", ["nonsense", "127.0.0.1", "127.0.0.1:99999", ":8081", "::1:80",
                                    "127.0.0.1:x"])
def test_nonsense_to_listen_on_is_said_before_anything_is_made(tillstream, tmp_path, listen):
    done = tillstream.check("schema", "serve", "--log", tmp_path / "log", "--listen", listen, code=2)
    assert f'--listen: "{listen}" is not an address; write HOST:PORT' in done.stderr, done.stderr
    assert not (tmp_path / "log").exists()


def test_address_in_use_is_said(tillstream, tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        done = tillstream.check("schema", "serve", "--log", tmp_path / "log", "--listen", address,
                                code=5)
    assert f"--listen: {address}: address already in use" in done.stderr, done.stderr


def test_address_that_others_reach_is_warned_of_unless_it_asks_for_passwords(
        tillstream, tmp_path, start):
    users = tmp_path / "users"
    users.write_text("a:b\n", encoding="utf-8")
    for options, is_warned in (((), True), (("--users", users), False)):
        # Says that it listens in its last line before it serves, after the warning.
        output = tmp_path / f"out-{is_warned}"
        with open(output, "wb") as file:
            process = subprocess.Popen(
                [tillstream.path, "schema", "serve", "--log", str(tmp_path / "log"), "--listen",
                 "0.0.0.0:0", *map(str, options)],
                stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.STDOUT)
        server = servers.Server.__new__(servers.Server)
        server.name, server.process, server._output = "ours", process, output
        try:
            server.wait_until(lambda: "listening: http://0.0.0.0:" in server.output(), "it listens")
            assert ("everyone may write" in server.output()) == is_warned, server.output()
        finally:
            server.stop()
    assert "everyone may write" not in start().output()


# ---- beside others


def test_two_servers_and_generators_of_one_log_give_no_id_twice(tillstream, tmp_path, start, count):
    """Four processes at the command line and two servers register, half of it the same schemas."""
    both = [start(), start()]
    found = {}  # schema: ids that were answered
    failures = []
    lock = threading.Lock()

    def note(schema, schema_id):
        with lock:
            found.setdefault(schema, set()).add(schema_id)

    def by_command(worker):
        for number in range(SCHEMAS_EACH):
            name = f"Own{worker}x{number}" if number % 2 else f"Common{number}"
            path = tmp_path / f"{worker}-{number}.avsc"
            path.write_text(schema_of(name), encoding="utf-8")
            done = tillstream.run("schema", "register", "--log", tmp_path / "log", "--subject",
                                  f"{name}-value", path, timeout=300)
            if done.returncode != 0:
                failures.append((name, done.returncode, done.stdout, done.stderr))
                return
            note(schema_of(name), int(done.stdout))

    def by_server(server, worker):
        for number in range(SCHEMAS_EACH):
            name = f"Served{worker}x{number}" if number % 2 else f"Common{number}"
            answer = register(server, f"{name}-value", schema_of(name))
            if answer.status != 200:
                failures.append((name, answer))
                return
            note(schema_of(name), answer.json()["id"])

    threads = [threading.Thread(target=by_command, args=(worker,)) for worker in range(PROCESSES)]
    threads += [threading.Thread(target=by_server, args=(server, worker))
                for worker, server in enumerate(both)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures, failures[0]
    assert all(len(ids) == 1 for ids in found.values()), "a schema has two ids"
    ids = {schema_id for (schema_id,) in found.values()}
    assert len(ids) == len(found), "an id has two schemas"
    third = start()
    for server in (*both, third):
        for schema, (schema_id,) in found.items():
            answer = raw_http.ask(server.url, "GET", f"/schemas/ids/{schema_id}")
            assert answer.json() == {"schema": schema}, answer
    count(f"{PROCESSES} processes and 2 servers registered on one log: {len(found)} schemas, each "
          f"with one id of its own")


# ---- stopped


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_what_was_answered_before_a_stop_is_there_after_it(start, sent):
    server = start()
    answered = {}
    begun = threading.Semaphore(0)

    def keep_registering(worker):
        for number in range(10_000):
            schema = schema_of(f"S{worker}x{number}")
            try:
                answers = raw_http.exchange(server.url, raw_http.post(f"s{worker}-{number}", schema))
            except OSError:
                return
            if not answers or answers[0].status != 200:
                return
            answered[answers[0].json()["id"]] = schema
            begun.release()

    threads = [threading.Thread(target=keep_registering, args=(worker,)) for worker in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(20):
        assert begun.acquire(timeout=60)
    server.process.send_signal(sent)
    code = server.process.wait(30)
    for thread in threads:
        thread.join()
    assert code in (0, 128 + sent), f"exit code {code}; {server.said()}"
    assert "stopped: " in server.output(), server.said()
    assert len(answered) >= 20
    again = start()
    for schema_id, schema in answered.items():
        answer = raw_http.ask(again.url, "GET", f"/schemas/ids/{schema_id}")
        assert answer.json() == {"schema": schema}, answer


# ---- a disk that fails


@pytest.mark.parametrize(("call", "errno"), [("fdatasync", "EIO"), ("fdatasync", "ENOSPC"),
                                             ("pwrite64", "EIO"), ("pwrite64", "ENOSPC")])
def test_failing_disk_is_answered_and_loses_no_id(start, tmp_path, call, errno, count):
    lib.need_strace()
    server = start()
    first = {}
    for number in range(3):
        answer = register(server, f"s{number}", schema_of(f"S{number}"))
        first[answer.json()["id"]] = schema_of(f"S{number}")
    servers.stop_ours(server)

    # From the third such call of a thread on, and forever after.
    server = start(before=["strace", "-D", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={call}",
                           "-e", f"inject={call}:error={errno}:when=3+", "--"])
    failed = None
    for number in range(100):
        schema = schema_of(f"T{number}")
        answer = register(server, f"t{number}", schema)
        if answer.status != 200:
            failed = answer
            break
        first[answer.json()["id"]] = schema
    assert failed is not None, f"{call} never failed"
    assert failed.status == 500 and failed.json()["error_code"] == 50001, failed
    health = raw_http.ask(server.url, "GET", "/healthz")
    assert health.status == 503 and health.json()["error_code"] == 50301, health
    # What was answered is still given; nothing new is.
    for schema_id, schema in first.items():
        answer = raw_http.ask(server.url, "GET", f"/schemas/ids/{schema_id}")
        assert answer.json() == {"schema": schema}, answer
    assert register(server, "later", schema_of("Later")).status == 500
    servers.stop_ours(server)

    again = start()
    assert raw_http.ask(again.url, "GET", "/healthz").status == 200
    for schema_id, schema in first.items():
        answer = raw_http.ask(again.url, "GET", f"/schemas/ids/{schema_id}")
        assert answer.json() == {"schema": schema}, answer
    later = register(again, "later", schema_of("Later"))
    assert later.status == 200 and later.json()["id"] not in first, later
    count(f"schema serve, {call} fails with {errno}: 500 and 503, {len(first)} answered ids are there")

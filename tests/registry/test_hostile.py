"""Hostile clients against `schema serve`, built with the address and undefined behaviour sanitizers
where TILLSTREAM_ASAN names such a program: every request is answered with an error or the
connection is closed, memory stays bounded, and whoever means well is served meanwhile and
afterwards."""

import collections
import contextlib
import json
import os
import pathlib
import random
import re
import select
import threading
import time

import pytest

import hostile_schemas
import raw_http
import servers

# What the server may have resident: the 112 MiB of http_server.h, four comparisons and schemas of
# the largest size in memory. With the sanitizer its bookkeeping and the freed memory that it holds
# back (quarantine_size_mb) come on top.
PEAK_MIB_MAX = 320
PEAK_MIB_MAX_SANITIZER = 700
ASAN_OPTIONS = "quarantine_size_mb=64:abort_on_error=0:detect_leaks=1:exitcode=99"

# Longest wait of a lookup by id beside hostile work, on two busy processors with the sanitizer.
QUICK_SECONDS = 1.0
# What a lookup that waits for nothing stays below, but for a busy processor.
NOTICED_SECONDS = 0.1
# How long a connection that sends nothing useful may live: http_server.h's limits added up.
LET_GO_SECONDS = 120

KNOWN = json.dumps({"type": "record", "name": "Known", "fields": [{"name": "a", "type": "int"}]},
                   separators=(",", ":"))
REPORT = re.compile(r"AddressSanitizer|LeakSanitizer|runtime error|terminate called|check failed")


@pytest.fixture(scope="module")
def binary(tillstream):
    return os.environ.get("TILLSTREAM_ASAN", tillstream.path)


@pytest.fixture(scope="module")
def peak_mib_max(binary):
    is_sanitized = b"__asan_init" in pathlib.Path(binary).read_bytes()
    return PEAK_MIB_MAX_SANITIZER if is_sanitized else PEAK_MIB_MAX


def peak_mib(server):
    status = pathlib.Path(f"/proc/{server.process.pid}/status").read_text(encoding="utf-8")
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) / 1024


def assert_well(server, peak_max):
    """It runs, has said nothing of a sanitizer, is within its memory, and knows what it knew."""
    assert server.process.poll() is None, f"it died: {server.said()}"
    assert not REPORT.search(server.output()), server.said()
    assert peak_mib(server) <= peak_max, f"{peak_mib(server):.0f} MiB"
    assert raw_http.ask(server.url, "GET", "/healthz").status == 200
    found = raw_http.ask(server.url, "GET", "/schemas/ids/1")
    assert found.json() == {"schema": KNOWN}, found
    again = raw_http.ask(server.url, "POST", "/subjects/known/versions", {"schema": KNOWN})
    assert again.json() == {"id": 1}, again


@contextlib.contextmanager
def serving(binary, folder, peak_max, count, *options):
    server = servers.start_ours(binary, folder / "log", folder, *options,
                                env={"ASAN_OPTIONS": ASAN_OPTIONS,
                                     "UBSAN_OPTIONS": "print_stacktrace=1"})
    try:
        first = raw_http.ask(server.url, "POST", "/subjects/known/versions", {"schema": KNOWN})
        assert first.json() == {"id": 1}, first
        yield server
        assert_well(server, peak_max)
        count(f"hostile clients: {peak_mib(server):.0f} MiB at most, {peak_max} allowed")
    except BaseException:
        server.stop()
        raise
    servers.stop_ours(server)
    assert not REPORT.search(server.output()), server.said()


@pytest.fixture(scope="module")
def log_folder(tmp_path_factory):
    return tmp_path_factory.mktemp("hostile")


@pytest.fixture(scope="module")
def server(binary, log_folder, peak_mib_max, count):
    with serving(binary, log_folder, peak_mib_max, count) as running:
        yield running


@pytest.fixture(autouse=True)
def well(server, peak_mib_max):
    yield
    assert_well(server, peak_mib_max)


def assert_fair(answers, what):
    """Each is a good answer or an error in the API's JSON, and none blames the server."""
    for answer in answers:
        if answer.status < 400:
            continue
        assert answer.status in range(400, 500) or answer.status in (501, 503, 505), (
            f"{what}: {answer}")
        # HEAD has no body, and its length is that of GET.
        body = answer.json()
        assert body["error_code"] // 100 in (answer.status // 100, answer.status), (
            f"{what}: {answer}")
        assert body["message"], f"{what}: {answer}"


# ---- HTTP

VALID = [
    raw_http.request("GET", "/schemas/ids/1"),
    raw_http.request("GET", "/subjects?subjectPrefix=a%2Fb&deleted=true",
                     headers=["Accept: application/json", "Connection: close"]),
    raw_http.post("fuzzed", '{"type":"fixed","name":"F","size":4}'),
    raw_http.request("POST", "/compatibility/subjects/known/versions/latest?verbose=true",
                     {"schema": KNOWN}),
    raw_http.request("PUT", "/config/fuzzed", {"compatibility": "FULL"}),
    raw_http.request("DELETE", "/subjects/nothing/versions/1?permanent=true"),
    b"POST /subjects/known HTTP/1.1\r\nHost: r\r\nTransfer-Encoding: chunked\r\n"
    b"Content-Type: application/json\r\n\r\n5\r\n{\"sch\r\n8;x=y\r\nema\":\"\"}\r\n0\r\nT: r\r\n\r\n",
    b"POST /subjects/known HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 13\r\n"
    b"Authorization: Basic YTpi\r\n\r\n{\"schema\":\"\"}",
]
# What mutations put in: what HTTP, JSON and percent-encoding take apart.
PIECES = [b"\r\n", b"\n", b"\r", b"\0", b" ", b":", b"/", b"%", b"%00", b"%ff", b"?", b"&", b"#", b"{",
          b"}", b"[", b'"', b"\\", b"\xff", b"\xc0\xaf", b"-1", b"0", b"99999999999999999999", b"1e999",
          b"HTTP/1.1", b"HTTP/9.9", b"Content-Length: 5\r\n", b"Content-Length: -1\r\n",
          b"Transfer-Encoding: chunked\r\n", b"Transfer-Encoding: gzip\r\n", b"\r\n\r\n", b"Host: \r\n",
          b"Expect: 100-continue\r\n", b"Connection: upgrade\r\n", b"A" * 20_000, b"../", b"*"]


def mutated(chance, request):
    data = bytearray(request)
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(data) + 1)
        kind = chance.randrange(5)
        if kind == 0 and data:
            data[at % len(data)] = chance.randrange(256)
        elif kind == 1:
            data[at:at] = chance.choice(PIECES)
        elif kind == 2:
            del data[at:at + chance.randint(1, 20)]
        elif kind == 3:
            data[at:at + chance.randint(0, 9)] = chance.choice(PIECES)
        else:
            end = at + chance.randint(1, 60)
            data[at:at] = data[at:end]
    # The schemas and settings of the healthy are not for the fuzzer: it may well write valid ones.
    return bytes(data).replace(b"permanent", b"permanenx").replace(b"READONLY", b"READONLX")


def test_mutated_requests_are_answered_or_closed(server, full, count):
    seed = int(os.environ.get("HOSTILE_SEED", "20261126"))
    chance = random.Random(seed)
    rounds = 30_000 if full else 3000
    statuses = collections.Counter()
    for number in range(rounds):
        data = b"".join(mutated(chance, chance.choice(VALID))
                        for _ in range(chance.choice((1, 1, 1, 3))))
        cut = chance.randrange(len(data) + 1)
        answers = raw_http.exchange(server.url, data[:cut], data[cut:])
        assert_fair(answers, f"HOSTILE_SEED={seed} round {number}: {data!r}")
        statuses.update(answer.status for answer in answers)
    # The mutations reach what they are meant for: requests that are served, and those that are none.
    assert {200, 400, 404, 405, 415, 422, 431, 501, 505} <= set(statuses), statuses
    count(f"hostile HTTP: {rounds:,} mutated connections, seed {seed}, {statuses.total():,} answers "
          f"of {len(statuses)} statuses")


def test_garbage_is_answered_or_closed(server, full):
    chance = random.Random(7)
    for number in range(3000 if full else 100):
        data = chance.randbytes(chance.choice((1, 10, 100, 5000, 40_000)))
        assert_fair(raw_http.exchange(server.url, data), f"round {number}: {data[:100]!r}")


def test_requests_that_end_at_any_byte_are_answered_or_closed(server, full):
    for request in VALID:
        for length in range(0, len(request), 1 if full else 3):
            answers = raw_http.exchange(server.url, request[:length])
            assert_fair(answers, request[:length])
            assert all(answer.status >= 400 for answer in answers), (request[:length], answers)
            assert len(answers) <= 1, (request[:length], answers)


def test_what_follows_a_request_is_not_confused_with_it(server):
    get = raw_http.request("GET", "/schemas/ids/1")
    for garbage in (b"\0" * 100, b"{}" * 500, b"GET", b"POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n",
                    b"GET / HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                    b"A" * 100_000):
        answers = raw_http.exchange(server.url, get * 20 + garbage + get)
        assert [answer.status for answer in answers[:20]] == [200] * 20, garbage[:50]
        assert_fair(answers, garbage[:50])
        assert all(answer.status >= 400 for answer in answers[20:]), (garbage[:50], answers[20:])
        assert len(answers) <= 21, (garbage[:50], answers[20:])


def test_body_of_10_mb_is_413(server):
    body = b"x" * 10_000_000
    whole = raw_http.request("POST", "/subjects/s/versions", body)
    chunked = (b"POST /subjects/s/versions HTTP/1.1\r\nHost: r\r\nTransfer-Encoding: chunked\r\n\r\n"
               + b"".join(b"186a0\r\n" + body[:100_000] + b"\r\n" for _ in range(100))
               + b"0\r\n\r\n")
    for request in (whole, chunked):
        answers = raw_http.exchange(server.url, request)
        assert [answer.status for answer in answers] == [413]
        assert_fair(answers, "10 MB")
    # Asked before it is sent, it is not sent.
    with raw_http.connect(server.url) as client:
        client.sendall(b"POST /subjects/s/versions HTTP/1.1\r\nHost: r\r\nExpect: 100-continue\r\n"
                       b"Content-Length: 10000000\r\n\r\n")
        assert client.recv(100).startswith(b"HTTP/1.1 413 ")


# ---- schemas

SCHEMAS = hostile_schemas.schemas()


@pytest.mark.parametrize("path", ["/subjects/hostile-{}/versions",
                                  "/compatibility/subjects/known/versions/latest?verbose=true",
                                  "/subjects/known?normalize=true"])
def test_hostile_schemas_are_answered(server, path):
    slowest = (0, "")
    for number, (name, schema, statuses) in enumerate(SCHEMAS):
        begin = time.monotonic()
        answer = raw_http.ask(server.url, "POST", path.format(number), {"schema": schema})
        slowest = max(slowest, (time.monotonic() - begin, name))
        assert_fair([answer], name)
        # A lookup does not find what is good.
        allowed = statuses | {404} if path.startswith("/subjects/known") and 200 in statuses else statuses
        assert answer.status in allowed, f"{name}: {answer.status} {answer.body[:300]}"
        assert len(answer.body) < 100_000, f"{name}: an answer of {len(answer.body)} bytes"
        if answer.status == 200 and path.startswith("/subjects/hostile"):
            # What was taken is given back, and is the same schema when it is posted again.
            found = raw_http.ask(server.url, "GET", f"/schemas/ids/{answer.json()['id']}")
            assert found.status == 200, f"{name}: {found.body[:300]}"
            again = raw_http.ask(server.url, "POST", path.format(number), found.json())
            assert again.json() == answer.json(), f"{name}: {again.body[:300]}"
    print(f"slowest: {slowest[1]}, {slowest[0]:.2f} s")
    assert slowest[0] < 20, slowest


def test_hostile_bodies_are_answered(server):
    for name, body, statuses in hostile_schemas.bodies():
        request = raw_http.request("POST", "/subjects/bodies/versions", body, ["Connection: close"])
        answers = raw_http.exchange(server.url, request)
        assert_fair(answers, name)
        assert len(answers) == 1 and answers[0].status in statuses, (name, answers)
        assert len(answers[0].body) < 10_000, f"{name}: an answer of {len(answers[0].body)} bytes"


def test_references_make_no_cycle_and_no_tower(server):
    """A chain of schemas each of which refers to the one before, twice; and one to itself."""
    def post(subject, schema, references):
        return raw_http.ask(server.url, "POST", f"/subjects/{subject}/versions",
                            {"schema": schema, "references": references})

    itself = post("cycle", hostile_schemas.record("Cycle", [{"name": "c", "type": "Cycle"}]),
                  [{"name": "Cycle", "subject": "cycle", "version": 1}])
    assert itself.status == 422, itself
    references = []
    refused = 0
    for level in range(300):
        kind = f"T{level - 1}" if level else "int"
        schema = hostile_schemas.record(f"T{level}", [{"name": "a", "type": kind},
                                                      {"name": "b", "type": kind}])
        answer = post(f"tower-{level}", schema, references)
        assert_fair([answer], f"level {level}")
        assert answer.status in (200, 422), f"level {level}: {answer}"
        if answer.status != 200:
            refused += 1
            break
        references = [{"name": f"T{level}", "subject": f"tower-{level}", "version": 1}]
    assert refused, "a tower of 300 levels was taken"
    # Deleting what is referred to is refused, so no reference loses its schema.
    deleted = raw_http.ask(server.url, "DELETE", "/subjects/tower-0")
    assert deleted.status == 422 and deleted.json()["error_code"] == 42206, deleted


def test_the_log_is_read_again_after_hostile_schemas(binary, server, log_folder):
    """Whatever the tests above registered, a new process understands, and knows by the same ids."""
    before = raw_http.ask(server.url, "GET", "/schemas?deleted=true")
    assert before.status == 200 and len(before.json()) > 20
    again = servers.start_ours(binary, log_folder / "log", log_folder,
                               env={"ASAN_OPTIONS": ASAN_OPTIONS})
    try:
        after = raw_http.ask(again.url, "GET", "/schemas?deleted=true")
    finally:
        servers.stop_ours(again)
    assert after.json() == before.json()
    assert not REPORT.search(again.output()), again.said()


# ---- many at a time

class Lookups:
    """Looks up id 1 again and again on a thread of its own, each time on a new connection."""

    def __init__(self, server):
        self._server, self._stop = server, threading.Event()
        self.times, self.failures = [], []
        self._thread = threading.Thread(target=self._run)

    def _run(self):
        while not self._stop.is_set():
            begin = time.monotonic()
            try:
                answer = raw_http.ask(self._server.url, "GET", "/schemas/ids/1")
                assert answer.json() == {"schema": KNOWN}, answer
            except Exception as failure:  # noqa: BLE001, of a thread: told by whoever joins
                self.failures.append(repr(failure))
                return
            self.times.append(time.monotonic() - begin)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join()
        assert not self.failures, self.failures


def test_lookups_do_not_wait_for_hostile_comparisons(server, count):
    """As many comparisons as there are workers, each of them as long as the server lets it be."""
    target = "/subjects/compared/versions"
    writer = hostile_schemas.union_of_namesakes(300, "w", "string")
    assert raw_http.ask(server.url, "POST", target, {"schema": writer}).status == 200
    reader = hostile_schemas.union_of_namesakes(300, "r", "int")
    times = []

    def compare():
        for _ in range(3):
            begin = time.monotonic()
            answer = raw_http.ask(server.url, "POST", "/compatibility" + target, {"schema": reader})
            assert answer.json() == {"is_compatible": False}, answer
            times.append(time.monotonic() - begin)

    threads = [threading.Thread(target=compare) for _ in range(4)]
    with Lookups(server) as lookups:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(times) == 12
    count(f"lookups beside four hostile comparisons ({max(times):.2f} s each): "
          f"{len(lookups.times)}, slowest {max(lookups.times) * 1000:.0f} ms")
    assert max(lookups.times) < QUICK_SECONDS
    # Lookups that waited for comparisons would have done nothing else nearly all the time.
    waited = sum(took for took in lookups.times if took > NOTICED_SECONDS)
    assert waited < sum(lookups.times) / 2, f"{waited:.1f} s of {sum(lookups.times):.1f} s"


def still_open(clients):
    """Those that the server has not closed; what it sends is read and thrown away."""
    left = []
    for client in clients:
        with contextlib.suppress(ConnectionError):
            while select.select([client], [], [], 0)[0]:
                if not client.recv(1 << 16):
                    break
            else:
                left.append(client)
                continue
        client.close()
    return left


def test_slow_senders_keep_nobody_waiting(server, full):
    """More connections than are allowed, most half open or dribbling; in full until all are let go."""
    clients = []
    request = VALID[2]
    for number in range(450):
        client = raw_http.connect(server.url)
        clients.append(client)
        client.sendall((b"", request[:1], request[:40], request[:-1])[number % 4])
    with Lookups(server) as lookups:
        at = 1
        while len(lookups.times) < 20 and at < len(request) - 1:
            for client in clients[1::4]:
                with contextlib.suppress(ConnectionError):
                    client.sendall(request[at:at + 1])
            at += 1
        end = time.monotonic() + 60
        while len(lookups.times) < 20 and time.monotonic() < end:
            select.select([], [], [], 0.02)
    assert len(lookups.times) >= 20
    # Beyond the limit: told so, or closed; never left hanging.
    beyond = [raw_http.connect(server.url) for _ in range(300)]
    deadline = time.monotonic() + 30
    refused = 0
    waiting = beyond[100:]
    while waiting and time.monotonic() < deadline:
        ready, _, _ = select.select(waiting, [], [], 1)
        for client in ready:
            with contextlib.suppress(ConnectionError):
                received = client.recv(1 << 16)
                assert not received or received.startswith(b"HTTP/1.1 503 "), received
            refused += 1
            waiting.remove(client)
    assert refused == 200, f"{len(waiting)} connections beyond the limit were left hanging"
    if full:
        end = time.monotonic() + LET_GO_SECONDS
        while clients := still_open(clients):
            assert time.monotonic() < end, f"{len(clients)} slow senders were never let go"
            select.select([], [], [], 0.5)
    for client in clients + beyond:
        client.close()


def test_slow_readers_do_not_fill_the_memory(server, full):
    """Clients that ask for what is large, again and again, and never read: more of it than may be
    held at a time, so that others are told 503 until they are gone."""
    big = json.dumps({"type": "fixed", "name": "Big", "size": 1, "doc": "d" * 900_000})
    found = raw_http.ask(server.url, "POST", "/subjects/big/versions", {"schema": big})
    assert found.status == 200, found
    ask = raw_http.request("GET", f"/schemas/ids/{found.json()['id']}") * 200
    clients = []
    for _ in range(300 if full else 80):
        client = raw_http.connect(server.url, receive_bytes=4096)
        client.setblocking(False)
        with contextlib.suppress(BlockingIOError, ConnectionError):
            client.send(ask)
        clients.append(client)
    # Each has had its answer begun, so all of them are held at once.
    begun = 0
    end = time.monotonic() + 60
    while begun < len(clients):
        assert time.monotonic() < end, f"{begun} of {len(clients)} were answered"
        begun = len(select.select(clients, [], [], 0.2)[0])
    other = raw_http.ask(server.url, "GET", "/schemas/ids/1")
    assert other.status in (200, 503), other
    for client in clients:
        client.close()
    end = time.monotonic() + 60
    while raw_http.ask(server.url, "GET", "/schemas/ids/1").status != 200:
        assert time.monotonic() < end, "nobody is served after the slow readers went"

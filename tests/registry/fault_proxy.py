"""A proxy in front of a registry. It counts what passes, and does to chosen requests what networks,
proxies and overloaded servers do.

    with FaultProxy(registry.url) as proxy:
        proxy.fail(answer(500), path="/schemas/ids/", requests=range(1, 3))
        ... a client of proxy.url sees two errors, then answers ...
        assert proxy.count("GET", "/schemas/ids/") == 3

A fault is a function that takes the Exchange; the ones there are stand at the end of this file."""

import contextlib
import dataclasses
import http.client
import http.server
import itertools
import json
import re
import socket
import ssl
import struct
import threading
import urllib.parse

import servers

STOP_SECONDS = 30
# A registry that answers no faster than this is broken.
UPSTREAM_SECONDS = 30
# close() sends a reset instead of an orderly end.
RESET = struct.pack("ii", 1, 0)


@dataclasses.dataclass(frozen=True)
class Request:
    method: str
    path: str
    headers: dict
    body: bytes


@dataclasses.dataclass
class Rule:
    fault: object
    method: str
    path: re.Pattern
    requests: range | None
    seen: int = 0

    def hits(self, request):
        """Counts a request that it is about; whether the fault is for this one."""
        if self.method not in ("*", request.method) or not self.path.search(request.path):
            return False
        self.seen += 1
        return self.requests is None or self.seen in self.requests


class Exchange(http.server.BaseHTTPRequestHandler):
    """One connection: requests come in, answers go out; `proxy` says which get a fault."""

    protocol_version = "HTTP/1.1"

    def __init__(self, connection, proxy):
        self.proxy = proxy
        self.reset = False
        self.status = self.answer_headers = self.answer_body = None
        with contextlib.suppress(ConnectionError):
            super().__init__(connection, connection.getpeername(), None)

    def handle_request(self):
        length = int(self.headers.get("Content-Length", 0))
        request = Request(self.command, self.path, dict(self.headers), self.rfile.read(length))
        fault = self.proxy.take(request)
        if self.proxy.token is not None:
            wanted = f"Bearer {self.proxy.token}"
            if self.headers.get("Authorization") != wanted:
                fault = answer(401, {"error_code": 401, "message": "Unauthorized"})
        if fault is None:
            self.fetch(request)
            self.send()
        else:
            fault(self, request)

    do_GET = do_POST = do_PUT = do_DELETE = handle_request

    def fetch(self, request):
        """Asks the registry: status, answer_headers, answer_body."""
        headers = {name: value for name, value in request.headers.items()
                   if name.lower() not in ("host", "connection", "expect", "content-length")}
        if self.proxy.token is not None:
            headers.pop("Authorization", None)
        host = self.proxy.upstream.netloc
        with contextlib.closing(http.client.HTTPConnection(host, timeout=UPSTREAM_SECONDS)) as asked:
            asked.request(request.method, request.path, request.body or None, headers)
            got = asked.getresponse()
            self.status, self.answer_body = got.status, got.read()
            self.answer_headers = {"Content-Type": got.headers.get("Content-Type")}

    def send(self, promised=None, body=None):
        """Sends the answer; `promised` is a Content-Length that is not that of the body."""
        body = self.answer_body if body is None else body
        self.send_response(self.status)
        for name, value in self.answer_headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body) if promised is None else promised))
        self.end_headers()
        self.wfile.write(body)

    def cut(self, reset=True):
        """Ends the connection when the request is done with."""
        self.close_connection = True
        self.reset = reset

    def log_message(self, *_):
        pass


class FaultProxy:
    """Runs until the end of its block. `tls` is an ssl.SSLContext for a server; with `token` every
    request needs it as a bearer token."""

    def __init__(self, upstream, tls=None, token=None):
        self.upstream = urllib.parse.urlsplit(upstream)
        self.token = token
        self.stopping = threading.Event()
        self._tls = tls
        self._lock = threading.Lock()
        self._rules, self._requests = [], []
        self._connections, self._threads = set(), []
        self._port = 0
        self._listener = None
        self.handshakes_refused = 0
        self.accept()
        scheme = "https" if tls else "http"
        self.url = f"{scheme}://127.0.0.1:{self._port}{self.upstream.path}"
        self.user = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stopping.set()
        self.refuse()
        for thread in self._threads:
            thread.join(STOP_SECONDS)
            assert not thread.is_alive(), "a connection of the proxy did not end"

    # ---- what tests say

    def fail(self, fault, path="", method="*", requests=None):
        """From now on `fault` is what happens to requests whose path matches the expression. `requests`
        are the numbers, from 1, of those that get it; without it all do. The first rule that hits
        decides."""
        with self._lock:
            self._rules.append(Rule(fault, method, re.compile(path), requests))

    def heal(self):
        """No more faults."""
        with self._lock:
            self._rules.clear()

    def requests(self, method="*", path=""):
        with self._lock:
            return [request for request in self._requests
                    if method in ("*", request.method) and re.search(path, request.path)]

    def count(self, method="*", path=""):
        return len(self.requests(method, path))

    @property
    def is_down(self):
        return self._listener is None

    def refuse(self):
        """Closes every connection and refuses new ones, as a machine does whose server is down."""
        with self._lock:
            listener, self._listener = self._listener, None
            connections, self._connections = self._connections, set()
        if listener:
            # Wakes the thread that waits in accept().
            listener.shutdown(socket.SHUT_RDWR)
            listener.close()
        for connection in connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def accept(self):
        """Takes connections, again on the same port."""
        listener = socket.create_server(("127.0.0.1", self._port))
        self._port = listener.getsockname()[1]
        self._listener = listener
        self._start(self._take_connections, listener)

    # ---- threads

    def take(self, request):
        """Notes a request, and its fault if there is one for it."""
        with self._lock:
            self._requests.append(request)
            hits = [rule for rule in self._rules if rule.hits(request)]
            return hits[0].fault if hits else None

    def _start(self, target, *arguments):
        thread = threading.Thread(target=target, args=arguments)
        self._threads.append(thread)
        thread.start()

    def _take_connections(self, listener):
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with self._lock:
                taken = self._listener is listener
                if taken:
                    self._connections.add(connection)
            if taken:
                self._start(self._serve, connection)
            else:
                connection.close()

    def _serve(self, plain):
        connection, reset = plain, False
        try:
            if self._tls:
                connection = self._tls.wrap_socket(plain, server_side=True)
                with self._lock:
                    self._connections.discard(plain)
                    self._connections.add(connection)
            reset = Exchange(connection, self).reset
        except (ssl.SSLError, ConnectionError):
            self.handshakes_refused += 1
        finally:
            with self._lock:
                self._connections.discard(plain)
                self._connections.discard(connection)
            if reset:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            connection.close()


# ---- faults


def answer(status, body=None, content_type="application/vnd.schemaregistry.v1+json", headers=None):
    """This answer instead of the registry's. The body is bytes, or JSON's value; without one, an error
    as registries write it."""
    if body is None:
        body = {"error_code": status, "message": http.HTTPStatus(status).phrase}
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()

    def fault(exchange, _):
        exchange.status, exchange.answer_body = status, raw
        exchange.answer_headers = {"Content-Type": content_type, **(headers or {})}
        exchange.send()

    return fault


PAGE = (b"<!DOCTYPE html>\n<html><head><title>502 Bad Gateway</title></head>\n"
        b"<body><h1>502 Bad Gateway</h1></body></html>\n")


def page(status=502):
    """What a proxy says in place of a registry that it cannot reach."""
    return answer(status, PAGE, "text/html")


def too_many(retry_after=None):
    return answer(429, headers=None if retry_after is None else {"Retry-After": str(retry_after)})


def unknown_id():
    return answer(404, {"error_code": 40403, "message": "Schema not found"})


def broken_json():
    return answer(200, b'{"id":')


def silent(exchange, _):
    """No answer until the client goes away or the proxy ends."""
    exchange.connection.settimeout(servers.ASK_AGAIN_SECONDS)
    while not exchange.proxy.stopping.is_set():
        try:
            if not exchange.connection.recv(1):
                break
        except TimeoutError:
            continue
        except OSError:
            break
    exchange.cut()


def truncated(exchange, request):
    """The registry's answer without its end, and an orderly end of the connection."""
    exchange.fetch(request)
    body = exchange.answer_body
    exchange.send(promised=len(body), body=body[:len(body) // 2])
    exchange.cut(reset=False)


def reset_in_body(exchange, request):
    """Half of the registry's answer, and a connection that is reset."""
    exchange.fetch(request)
    body = exchange.answer_body
    exchange.send(promised=len(body), body=body[:len(body) // 2])
    exchange.cut()


def reset(exchange, _):
    """A connection that is reset after the request."""
    exchange.cut()


def lost_answer(exchange, request):
    """The registry did it, and the client never hears."""
    exchange.fetch(request)
    exchange.cut()


def down(exchange, _):
    """From this request on connections are refused, until accept()."""
    exchange.proxy.refuse()
    exchange.cut()


def in_turn(*faults):
    """The first request gets the first fault, and so on; None is the registry's answer. The last one
    stays."""
    numbers = itertools.count()

    def fault(exchange, request):
        chosen = faults[min(next(numbers), len(faults) - 1)]
        if chosen is None:
            exchange.fetch(request)
            exchange.send()
        else:
            chosen(exchange, request)

    return fault

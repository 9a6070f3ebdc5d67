"""HTTP as bytes: sends exactly what it is told to and takes the answers apart."""

import contextlib
import json
import socket
import urllib.parse
from dataclasses import dataclass

# Longer than any limit of the server's before which it lets go by itself.
DEADLINE_SECONDS = 90


@dataclass
class Answer:
    status: int
    head: str
    body: bytes

    def json(self):
        return json.loads(self.body)


def connect(url, receive_bytes=None):
    """A connection; `receive_bytes` is the size of its receive buffer, for a slow reader."""
    parts = urllib.parse.urlsplit(url)
    connection = socket.socket()
    connection.settimeout(DEADLINE_SECONDS)
    if receive_bytes is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
    connection.connect((parts.hostname, parts.port))
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def request(method, target, body=None, headers=()):
    """The bytes of a valid request; `body` is bytes or what JSON is made of."""
    if body is not None and not isinstance(body, bytes):
        body = json.dumps(body).encode()
    lines = [f"{method} {target} HTTP/1.1", "Host: registry", *headers]
    if body is not None:
        lines += ["Content-Type: application/vnd.schemaregistry.v1+json",
                  f"Content-Length: {len(body)}"]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + (body or b"")


def post(subject, schema, **more):
    return request("POST", f"/subjects/{subject}/versions", {"schema": schema, **more})


def read_all(connection):
    """Everything until the server closes. A reset ends it too: what came before it counts."""
    received = bytearray()
    with contextlib.suppress(ConnectionError):
        while piece := connection.recv(1 << 16):
            received += piece
    return bytes(received)


def answers_of(received):
    """The answers in what a server sent; an assertion when it is anything else. The last one may be
    cut where the connection was."""
    answers = []
    while received:
        assert received.startswith(b"HTTP/1.1 "[:len(received)]), received[:200]
        head, parted, rest = received.partition(b"\r\n\r\n")
        if not parted:
            break
        lines = head.decode("latin-1").split("\r\n")
        status = int(lines[0].split(" ")[1])
        assert 100 <= status < 600, lines[0]
        fields = {name.lower(): value.strip()
                  for name, _, value in (line.partition(":") for line in lines[1:])}
        length = 0 if status < 200 or status in (204, 304) else int(fields["content-length"])
        received = rest[length:]
        if len(rest) >= length and status >= 200:
            answers.append(Answer(status, head.decode("latin-1"), rest[:length]))
    return answers


def exchange(url, *pieces):
    """Sends the pieces, ends sending, and returns the answers until the server closes."""
    with connect(url) as connection:
        with contextlib.suppress(ConnectionError):
            for piece in pieces:
                connection.sendall(piece)
            connection.shutdown(socket.SHUT_WR)
        return answers_of(read_all(connection))


def ask(url, method, target, body=None):
    """The answer to one valid request; an assertion when there is none."""
    answers = exchange(url, request(method, target, body, ["Connection: close"]))
    assert len(answers) == 1, f"{method} {target}: {len(answers)} answers"
    return answers[0]

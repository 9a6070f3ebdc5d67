"""A way to ZooKeeper on which answers to writes get lost: what a client sees when a server, or the
network, goes just after the write was done."""

import socket
import struct
import threading

CREATE, SET_DATA = 1, 5


class LossyProxy:
    """Passes requests on. Every other create or set is passed on and done, and the connection ends
    in place of its answer."""

    def __init__(self, server):
        host, _, port = server.partition(":")
        self._server = (host, int(port))
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self.writes, self.lost = 0, 0
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        self._listener.close()

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        try:
            with client, socket.create_connection(self._server) as server:
                self._pass(client, server)
        except OSError:
            pass  # One side is gone, and so is the other then.

    def _pass(self, client, server):
        """The library has one request of a session in flight at a time here, so each is answered
        before the next."""
        is_first = True
        while frame := read_frame(client):
            # The first frame opens the session; the others begin with a number and a type.
            is_write = not is_first and struct.unpack(">i", frame[8:12])[0] in (CREATE, SET_DATA)
            is_first = False
            server.sendall(frame)
            answer = read_frame(server)
            if answer is None:
                return
            if is_write:
                self.writes += 1
                if self.writes % 2 == 0:
                    self.lost += 1
                    return
            client.sendall(answer)


def read_frame(connection):
    """A message with its length in front; None at the end."""
    frame = b""
    needed = 4
    while len(frame) < needed:
        part = connection.recv(needed - len(frame))
        if not part:
            return None
        frame += part
        if len(frame) == 4:
            needed = 4 + struct.unpack(">i", frame)[0]
    return frame

"""What tests of --metrics share: a command that serves, its pages, their values."""

import contextlib
import json
import re
import subprocess
import threading
import time
import urllib.error
import urllib.request

DEADLINE_SECONDS = 60
LOOK_AGAIN_SECONDS = 0.02
SAMPLE = re.compile(r"^(\w+)(?:\{(.*)\})? (\S+)$")
LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')


def wait_until(condition, what):
    """The first true value of `condition`; `what` is for people, a text or what gives one."""
    end = time.monotonic() + DEADLINE_SECONDS
    while not (value := condition()):
        assert time.monotonic() < end, (
            f"not within {DEADLINE_SECONDS} s: {what() if callable(what) else what}")
        time.sleep(LOOK_AGAIN_SECONDS)
    return value


class Served:
    """A command with --metrics on a free port, running."""

    def __init__(self, tillstream, arguments, stdout=subprocess.DEVNULL):
        self.process = subprocess.Popen(
            [tillstream.path, *map(str, arguments), "--metrics", "127.0.0.1:0"],
            stdin=subprocess.DEVNULL, stdout=stdout, stderr=subprocess.PIPE, text=True)
        self._lines, self._url = [], None
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self):
        for line in self.process.stderr:
            self._lines.append(line)
            found = re.search(r"metrics: (http://\S+)/metrics$", line)
            if found:
                self._url = found[1]

    @property
    def said(self):
        return "".join(self._lines)

    def get(self, path):
        """Status and text."""
        url = wait_until(lambda: self._url or self.process.poll() is not None, "its address")
        assert isinstance(url, str), self.said
        try:
            with urllib.request.urlopen(url + path, timeout=DEADLINE_SECONDS) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def metrics(self):
        """(name, label values by label name, in order) -> value; and name -> type."""
        status, text = self.get("/metrics")
        assert status == 200, text
        return parse(text)

    def value(self, name, **labels):
        """None when there is no such series."""
        return self.metrics()[0].get((name, tuple(sorted(labels.items()))))

    def health(self):
        """Status and JSON."""
        status, text = self.get("/healthz")
        return status, json.loads(text)

    def wait_for_state(self, state):
        """The JSON of /healthz, once it has this state. 503 is what stalled has, and nothing else."""
        def look():
            status, body = self.health()
            assert status == (503 if body["state"] == "stalled" else 200), body
            return body if body["state"] == state else None
        return wait_until(look, lambda: f"state {state}; {self.health()}")

    def end(self, signal_number=None):
        """Exit code and stderr."""
        if signal_number is not None:
            self.process.send_signal(signal_number)
        try:
            self.process.wait(DEADLINE_SECONDS)
        finally:
            if self.process.poll() is None:
                self.process.kill()
                self.process.wait()
            self._reader.join()
        return self.process.returncode, self.said


@contextlib.contextmanager
def served(tillstream, *arguments, **options):
    command = Served(tillstream, arguments, **options)
    try:
        yield command
    finally:
        if command.process.poll() is None:
            command.process.kill()
        command.end()


def parse(text):
    values, types = {}, {}
    for line in text.splitlines():
        if line.startswith("# TYPE "):
            _, _, name, kind = line.split()
            types[name] = kind
        elif not line.startswith("#"):
            name, labels, value = SAMPLE.match(line).groups()
            values[name, tuple(sorted(LABEL.findall(labels or "")))] = float(value)
    return values, types

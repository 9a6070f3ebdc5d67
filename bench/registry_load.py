"""A running `tillstream schema serve`, and wrk that asks it."""

import json
import os
import pathlib
import re
import subprocess
import time
import urllib.request

from measure import Failed

START_SECONDS = 60
STOP_SECONDS = 30
TICKS = os.sysconf("SC_CLK_TCK")
LISTENING = re.compile(r"^listening: (http://\S+)$", re.MULTILINE)
SCHEMA = pathlib.Path(__file__).parents[1] / "schemas" / "sales_record.avsc"


class RegistryServer:
    """Serves a log with one schema, that of events; `with` starts and stops it."""

    CONNECTIONS = 64

    def __init__(self, bench):
        self._bench = bench
        self._posted = json.dumps({"schema": SCHEMA.read_text(encoding="utf-8")})

    def __enter__(self):
        output = self._bench.work / "registry.out"
        with open(output, "wb") as file:
            self._process = subprocess.Popen(
                [self._bench.binary, "schema", "serve", "--log", self._bench.work / "registry-log",
                 "--listen", "127.0.0.1:0"], stdin=subprocess.DEVNULL, stdout=file,
                stderr=subprocess.STDOUT)
        try:
            end = time.monotonic() + START_SECONDS
            while not (found := LISTENING.search(output.read_text(encoding="utf-8"))):
                if self._process.poll() is not None or time.monotonic() > end:
                    raise Failed(f"schema serve: {output.read_text(encoding='utf-8')[-2000:]}")
                time.sleep(0.02)
            self._url = found[1]
            request = urllib.request.Request(
                self._url + "/subjects/sales-value/versions", data=self._posted.encode(),
                headers={"Content-Type": "application/json"})
            with urllib.request.urlopen(request, timeout=START_SECONDS) as answer:
                self._id = json.load(answer)["id"]
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    @property
    def url(self):
        return self._url

    # What wrk asks: the path, and a body where it posts.

    def lookup_by_id(self):
        return f"/schemas/ids/{self._id}", None

    def lookup_by_posting(self):
        return "/subjects/sales-value", self._posted

    def register(self):
        return "/subjects/sales-value/versions", self._posted

    def load(self, asked, seconds):
        """Lets wrk ask; the server's processor seconds, and how many requests were answered."""
        path, body = asked()
        command = ["wrk", "-t1", f"-c{self.CONNECTIONS}", f"-d{seconds}s"]
        if body is not None:
            script = self._bench.work / "post.lua"
            script.write_text(
                f'wrk.method = "POST"\nwrk.body = [==[{body}]==]\n'
                'wrk.headers["Content-Type"] = "application/json"\n', encoding="utf-8")
            command += ["-s", str(script)]
        before = self._cpu()
        done = subprocess.run([*command, self._url + path], capture_output=True, text=True,
                              timeout=seconds + START_SECONDS, check=False)
        cpu = self._cpu() - before
        requests = re.search(r"(\d+) requests in", done.stdout)
        if done.returncode != 0 or not requests or "Non-2xx" in done.stdout \
                or "Socket errors" in done.stdout:
            raise Failed(f"wrk {path}: exit code {done.returncode}\n{done.stdout}{done.stderr}")
        return cpu, int(requests[1])

    def _cpu(self):
        """User and system time of the server so far, in seconds."""
        text = pathlib.Path(f"/proc/{self._process.pid}/stat").read_text(encoding="utf-8")
        fields = text.rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

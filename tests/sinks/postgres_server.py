"""A PostgreSQL of the tests' own: a folder, a socket in it and a free port of the loopback
interface, one process that is ended by its id. Runs as the user `postgres` where the tests are root,
since the server refuses to be root."""

import os
import pathlib
import pwd
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time

START_SECONDS = 60
STOP_SECONDS = 60
SQL_SECONDS = 900
ASK_AGAIN_SECONDS = 0.02
SUPERUSER = "tillstream"
PASSWORD_USER = "locked"  # may come in by TCP with its password only

# A kill of the server does not empty the page cache, so nothing is gained by waiting for a disk.
SETTINGS = {"fsync": "off", "shared_buffers": "32MB", "max_connections": 30,
            "max_wal_size": "256MB", "autovacuum": "off", "log_min_messages": "fatal"}


def binaries():
    """The folder of the newest server that is installed."""
    found = [path.parent for path in pathlib.Path("/usr/lib/postgresql").glob("*/bin/postgres")]
    assert found, "no PostgreSQL server; tools/install.sh test gets it"
    return max(found, key=lambda path: int(re.sub(r"\D.*", "", path.parent.name)))


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class PostgresServer:
    """Data stays between stop() or kill() and start()."""

    def __init__(self, parent=None, **settings):
        self._bin = binaries()
        self._as = {}
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="tillstream-pg-", dir=parent))
        if os.geteuid() == 0:
            user = pwd.getpwnam("postgres")
            self._as = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
            self.own(self.folder)
        self._data, self._log = self.folder / "data", self.folder / "server.log"
        self._settings = {**SETTINGS, **settings}
        self.port = free_port()
        self._process = None
        self._run("initdb", "-D", self._data, "-A", "trust", "-U", SUPERUSER, "--no-sync",
                  "--locale=C.UTF-8")
        rules = self._data / "pg_hba.conf"
        rules.write_text(f"host all {PASSWORD_USER} 127.0.0.1/32 scram-sha-256\n"
                         + rules.read_text(encoding="utf-8"), encoding="utf-8")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.remove()

    def own(self, path):
        """The folder is the server's."""
        if self._as:
            os.chown(path, self._as["user"], self._as["group"])

    def _run(self, program, *arguments):
        done = subprocess.run([self._bin / program, *map(str, arguments)], capture_output=True,
                              text=True, timeout=START_SECONDS, cwd=self.folder, check=False,
                              **self._as)
        assert done.returncode == 0, f"{program}: {done.stdout}{done.stderr}"

    def address(self, database="postgres", user=SUPERUSER, **parameters):
        """For libpq, by way of the socket; parameters: of the address."""
        more = "".join(f"&{name}={value}" for name, value in parameters.items())
        return f"postgresql:///{database}?host={self.folder}&port={self.port}&user={user}{more}"

    def tcp_address(self, database="postgres", user=SUPERUSER):
        return f"postgresql://{user}@127.0.0.1:{self.port}/{database}"

    @property
    def pid(self):
        return self._process.pid

    def said(self):
        return self._log.read_text(encoding="utf-8", errors="replace")[-3000:]

    def start(self):
        """After a kill its children may need a moment to notice, during which a new one ends."""
        deadline = time.monotonic() + START_SECONDS
        while not self._start_once(deadline):
            assert time.monotonic() < deadline, f"the server does not start: {self.said()}"
        return self

    def _start_once(self, deadline):
        options = [word for name, value in self._settings.items()
                   for word in ("-c", f"{name}={value}")]
        with open(self._log, "ab") as log:
            self._process = subprocess.Popen(
                [self._bin / "postgres", "-D", self._data, "-p", str(self.port), "-k", self.folder,
                 "-c", "listen_addresses=127.0.0.1", *options], stdin=subprocess.DEVNULL,
                stdout=log, stderr=subprocess.STDOUT, cwd=self.folder, **self._as)
        while time.monotonic() < deadline:
            try:
                self._process.wait(ASK_AGAIN_SECONDS)
                return False
            except subprocess.TimeoutExpired:
                pass
            if self.psql("SELECT 1").returncode == 0:
                return True
        return False

    def stop(self):
        self._end(signal.SIGINT)

    def kill(self):
        self._end(signal.SIGKILL)

    def _end(self, number):
        if self._process is None:
            return
        self._process.send_signal(number)
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            raise
        finally:
            self._process = None

    def kill_session(self, application):
        """kill -9 of a session's process."""
        pids = self.sql(f"SELECT pid FROM pg_stat_activity WHERE application_name = '{application}'")
        assert len(pids) == 1, pids
        os.kill(int(pids[0][0]), signal.SIGKILL)

    def recover(self):
        """It answers again, started anew if it has ended."""
        deadline = time.monotonic() + START_SECONDS
        if self._process is None:
            self.start()
        while self.psql("SELECT 1").returncode != 0:
            assert time.monotonic() < deadline, f"no answer: {self.said()}"

    def remove(self):
        self._end(signal.SIGQUIT)  # without writing down what is removed anyway
        shutil.rmtree(self.folder)

    def psql(self, sql, database="postgres", user=SUPERUSER):
        """Runs SQL and looks at nothing."""
        return subprocess.run(
            [self._bin / "psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-c", sql,
             self.address(database, user)], capture_output=True, text=True, timeout=SQL_SECONDS,
            stdin=subprocess.DEVNULL, check=False)

    def sql(self, sql, database="postgres", user=SUPERUSER):
        """The rows that SQL gives, each a list of texts."""
        done = self.psql(sql, database, user)
        assert done.returncode == 0, f"{sql}: {done.stderr}"
        return [line.split("|") for line in done.stdout.splitlines()]

    def number(self, sql, database="postgres"):
        return int(self.sql(sql, database)[0][0])

    def new_database(self, name):
        self.sql(f'CREATE DATABASE "{name}"')
        return Database(self, name)


class Database:
    """One database of the server."""

    def __init__(self, server, name):
        self.server, self.name = server, name

    def address(self, user=SUPERUSER, **parameters):
        return self.server.address(self.name, user, **parameters)

    def sink(self, user=SUPERUSER, **parameters):
        return ["--sink", self.address(user, **parameters)]

    def sql(self, sql, user=SUPERUSER):
        return self.server.sql(sql, self.name, user)

    def number(self, sql):
        return self.server.number(sql, self.name)

"""Commands of ours over one dataset, one cluster and one registry."""

import json
import pathlib
import signal
import subprocess
import sys

sys.path.append(str(pathlib.Path(__file__).parents[1] / "registry"))
import servers  # noqa: E402  our registry, as its own tests start it

COMMAND_SECONDS = 120


class StreamRuns:
    """`topic` of a StreamRuns is the topic of all its commands."""

    def __init__(self, tillstream, data, bootstrap, registry, topic="sales"):
        self.tillstream, self.data, self.topic = tillstream, data, topic
        self.bootstrap, self.registry = bootstrap, registry

    def on(self, topic):
        return StreamRuns(self.tillstream, self.data, self.bootstrap, self.registry, topic)

    def where(self):
        return ["-b", self.bootstrap, "--registry", self.registry, "-t", self.topic]

    def arguments(self, *options):
        return ["replay", "--data", str(self.data), *self.where(), *map(str, options)]

    def replay(self, *options, code=0):
        return self.tillstream.check(*self.arguments(*options), code=code, timeout=COMMAND_SECONDS)

    def start(self, *options):
        """A replay that goes on while the test does something else."""
        return subprocess.Popen([self.tillstream.path, *self.arguments(*options)],
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True)

    def verify(self, *options, code=0):
        """The comparison with the dataset, a dict for each store."""
        done = self.tillstream.check("verify", "--data", self.data, *self.where(), "--json",
                                     *options, code=code, timeout=COMMAND_SECONDS)
        return json.loads(done.stdout)

    def assert_complete(self, context=""):
        """No difference, nothing missing; returns the number of events."""
        done = self.tillstream.run("verify", "--data", self.data, *self.where(), "--complete",
                                   "--json", timeout=COMMAND_SECONDS)
        assert done.returncode == 0, f"{context}: {done.stdout[-4000:]}{done.stderr[-2000:]}"
        return sum(store["events_equal"] for store in json.loads(done.stdout))

    def consume(self, *options):
        """What `--sink count` adds up to."""
        done = self.tillstream.check("consume", *self.where(), "-e", "--sink", "count", *options,
                                     timeout=COMMAND_SECONDS)
        return json.loads(done.stdout), done.stderr

    def positions(self, *options):
        done = self.tillstream.check("position", "show", "-b", self.bootstrap, "-t", self.topic,
                                     "--json", *options)
        return json.loads(done.stdout)


def ended(process, signal_number=None):
    """Sends a signal, if one is given, and waits for the end: exit code, stdout, stderr."""
    if signal_number is not None:
        process.send_signal(signal_number)
    try:
        out, err = process.communicate(timeout=COMMAND_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        raise
    return process.returncode, out, err


def killed(process):
    """Kills it; whether it had ended by itself before."""
    by_itself = process.poll() is not None
    code, out, err = ended(process, signal.SIGKILL)
    assert not by_itself or code == 0, out + err
    return by_itself


def kill_command_after(tillstream, seconds, *words):
    """Starts a command that does not end by itself, and kills it."""
    process = subprocess.Popen([tillstream.path, *words], stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        pass
    assert not killed(process)


def kill_while_they_run(runs, name, kills, chance, *options):
    """Kills a replay so often while it runs, and starts it again, the last time to its end; the
    streams that it took, since one that had ended before is not killed and gives way to the next."""
    done = 0
    streams = [runs.on(f"{name}-0")]
    while done < kills:
        process = streams[-1].start(*options)
        try:
            # Its first tenths of a second are loading and opening.
            process.wait(chance.uniform(0.2, 0.9))
        except subprocess.TimeoutExpired:
            pass
        if killed(process):
            streams.append(runs.on(f"{name}-{len(streams)}"))
        else:
            done += 1
    streams[-1].replay(*options)
    return streams


def wait_for_line(stream, text):
    """Reads lines until one has the text; returns what was read."""
    read = []
    for line in stream:
        read.append(line)
        if text in line:
            return read
    raise AssertionError(f"ended without {text!r}: {''.join(read)[-3000:]}")


def start_registry(tillstream, folder):
    return servers.start_ours(tillstream.path, folder / "schemas", folder)


def stop_registry(server):
    servers.stop_ours(server)

"""Ctrl-C while a registry says nothing ends a command as Ctrl-C does, and is no error."""

import signal
import subprocess
import time

import pytest

from fault_proxy import FaultProxy, silent
from runs import assert_done

DEADLINE_SECONDS = 30

CODES = {signal.SIGINT: 130, signal.SIGTERM: 143}


def stopped(tillstream, proxy, sent, *command):
    """The exit code and stderr of a command that got the signal while it waited for an answer."""
    running = subprocess.Popen([tillstream.path, *map(str, command)], stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    end = time.monotonic() + DEADLINE_SECONDS
    while not proxy.count():
        assert time.monotonic() < end and running.poll() is None, running.communicate()
    running.send_signal(sent)
    _, said = running.communicate(timeout=DEADLINE_SECONDS)
    return running.returncode, said


@pytest.mark.parametrize("name", ["replay", "consume", "verify", "schema list", "schema copy"])
@pytest.mark.parametrize("sent", CODES, ids=lambda sent: sent.name)
def test_a_stop_while_the_registry_is_silent_is_no_error(tillstream, ours, runs, data, name, sent):
    if name in ("consume", "verify"):
        assert_done(runs.replay(ours.url))
    with FaultProxy(ours.url) as proxy:
        proxy.fail(silent)
        options = {
            "replay": ["--data", data, "--log", runs.log, "--registry", proxy.url],
            "consume": ["--log", runs.log, "-e", "--registry", proxy.url],
            "verify": ["--data", data, "--log", runs.log, "--registry", proxy.url],
            "schema list": ["--registry", proxy.url],
            "schema copy": ["--registry", ours.url, "--to", proxy.url],
        }
        code, said = stopped(tillstream, proxy, sent, *name.split(), *options[name])
    assert code == CODES[sent], said
    assert "error:" not in said

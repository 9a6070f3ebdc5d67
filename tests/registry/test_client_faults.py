"""Our client when a registry, or what stands before it, does not do as it should: what is said, how it
ends, and how often it asked."""

import re
import socket

import pytest

import fault_proxy
from fault_proxy import FaultProxy, answer, in_turn
from messages import assert_said
from runs import STORES, assert_done

# Long enough for the retries of a healthy machine, short enough for a test of what never gets well.
SHORT = ("--registry-timeout", "2s")
# A slow machine must not make a short timeout out of one that is to be long enough.
LONG = ("--registry-timeout", "60s")

# A registry that is silent is asked three times in the time that there is, and the rest of it.
SILENT_TRIES_MAX = 4

# name: (fault, what is said, whether it is asked again)
LASTING = {
    "silent": (fault_proxy.silent, "no answer", True),
    "reset": (fault_proxy.reset, "cut", True),
    "reset in the body": (fault_proxy.reset_in_body, "cut", True),
    "truncated": (fault_proxy.truncated, "cut", True),
    "down": (fault_proxy.down, "refused connection", True),
    "401": (answer(401), "unauthorized", False),
    "403": (answer(403), "forbidden", False),
    "429": (fault_proxy.too_many(), "too many requests", True),
    "429 for an hour": (fault_proxy.too_many(3600), "too many requests", None),
    "500": (answer(500), "server error", True),
    "page": (fault_proxy.page(), "html", True),
    "page with 200": (fault_proxy.page(200), "not json", False),
    "broken JSON": (fault_proxy.broken_json(), "not json", False),
    "id is text": (answer(200, {"id": "x"}), "not as documented", False),
    "list": (answer(200, []), "not as documented", False),
}
REGISTERING = {
    **LASTING,
    "422": (answer(422, {"error_code": 42201, "message": "invalid"}), "invalid", False),
}
DECODING = {
    **LASTING,
    "unknown id": (fault_proxy.unknown_id(), "unknown id", None),
}


def asked(proxy):
    """The most that one request was made."""
    requests = [(request.method, request.path, request.body) for request in proxy.requests()]
    return max(requests.count(request) for request in requests)


def assert_asked(proxy, again):
    if again is not None and not proxy.is_down:
        assert (asked(proxy) > 1) == again, [request.path for request in proxy.requests()]


@pytest.mark.parametrize("name", REGISTERING)
def test_a_fault_before_the_first_event(axonops_registry, runs, name):
    fault, said, again = REGISTERING[name]
    with FaultProxy(axonops_registry.url) as proxy:
        proxy.fail(fault)
        assert_said(runs.replay(proxy.url, *SHORT), said, proxy.url)
        assert_asked(proxy, again)
    assert not list(runs.log.glob("sales-*/*.log"))


def test_a_conflict_at_registration_is_final_and_gives_the_registry_s_reason(axonops_registry, runs):
    with FaultProxy(axonops_registry.url) as proxy:
        reason = {"error_code": 409, "message": "sold is an int and was a string"}
        proxy.fail(answer(409, reason), path="^/subjects/sales-value/versions$")
        assert_said(runs.replay(proxy.url, *SHORT), "incompatible", proxy.url)
        assert proxy.count("POST", "^/subjects/sales-value/versions$") == 1
    assert not list(runs.log.glob("sales-*/*.log"))


@pytest.mark.parametrize("name", DECODING)
def test_a_fault_while_decoding(axonops_registry, runs, name):
    assert_done(runs.replay(axonops_registry.url))
    fault, said, again = DECODING[name]
    with FaultProxy(axonops_registry.url) as proxy:
        proxy.fail(fault)
        done = runs.consume(proxy.url, *SHORT)
        assert_said(done, said, proxy.url)
        assert done.stdout == ""
        assert_asked(proxy, again)


@pytest.mark.parametrize("threads", [1, STORES])
def test_a_registry_that_fails_is_not_asked_for_each_store(axonops_registry, runs, threads):
    assert_done(runs.replay(axonops_registry.url))
    with FaultProxy(axonops_registry.url) as proxy:
        proxy.fail(fault_proxy.silent)
        done = runs.verify(proxy.url, *SHORT, "--threads", threads)
        assert_said(done, "no answer", proxy.url)
        assert proxy.count() <= SILENT_TRIES_MAX


PASSING = {
    "reset": fault_proxy.reset,
    "truncated": fault_proxy.truncated,
    "answer lost": fault_proxy.lost_answer,
    "429": fault_proxy.too_many(),
    "429 for a second": fault_proxy.too_many(1),
    "500": answer(500),
    "503": answer(503),
    "408": answer(408),
    "page": fault_proxy.page(),
}


@pytest.mark.parametrize("name", PASSING)
def test_a_fault_that_passes_is_not_noticed(axonops_registry, runs, name):
    with FaultProxy(axonops_registry.url) as proxy:
        proxy.fail(in_turn(PASSING[name], PASSING[name], None))
        assert_done(runs.replay(proxy.url, *LONG))
        assert axonops_registry.body("/subjects/sales-value/versions") == [1]
        runs.assert_complete(proxy.url, *LONG)


def test_an_id_that_is_unknown_for_a_moment_is_asked_for_again(axonops_registry, runs):
    assert_done(runs.replay(axonops_registry.url))
    with FaultProxy(axonops_registry.url) as proxy:
        proxy.fail(in_turn(fault_proxy.unknown_id(), None), path="^/schemas/ids/")
        assert_done(runs.consume(proxy.url, *LONG))
        assert proxy.count("GET", "^/schemas/ids/") == 2


@pytest.mark.parametrize("name", ["down", "silent"])
def test_a_registry_that_is_lost_later_does_not_matter(axonops_registry, runs, name):
    """Ids and schemas are cached for good."""
    assert_done(runs.replay(axonops_registry.url))
    with FaultProxy(axonops_registry.url) as proxy:
        proxy.fail(LASTING[name][0], path="^/schemas/ids/", requests=range(2, 1000))
        assert_done(runs.consume(proxy.url, *SHORT))


def test_a_host_that_is_called_like_an_alert_is_none(runs):
    with socket.socket() as taken:  # bound, and nobody listens
        taken.bind(("127.0.0.1", 0))
        url = f"http://alerts.localhost:{taken.getsockname()[1]}"
        assert_said(runs.replay(url, *SHORT), "refused connection", url)


def test_secrets_are_in_no_message(axonops_registry, runs):
    with FaultProxy(axonops_registry.url) as proxy:
        proxy.fail(answer(401))
        url = re.sub("^http://", "http://someone:s3cret@", proxy.url)
        for target in ([url], [proxy.url, "--registry-user", "someone:s3cret"]):
            done = runs.replay(*target, *SHORT, "-v")
            assert done.returncode in (2, 5) and "s3cret" not in done.stdout + done.stderr

"""The proxy does what it says: a fault that does not happen would prove nothing about a client."""

import http.client
import json
import ssl
import urllib.parse

import pytest

import fault_proxy
from fault_proxy import FaultProxy

TIMEOUT_SECONDS = 20
SCHEMA = json.dumps({"type": "record", "name": "Long" * 200,
                     "fields": [{"name": "a", "type": "int"}]})


@pytest.fixture
def proxy(axonops):
    with FaultProxy(axonops.url) as running:
        yield running


def connect(proxy, context=None):
    address = urllib.parse.urlsplit(proxy.url).netloc
    if context:
        return http.client.HTTPSConnection(address, timeout=TIMEOUT_SECONDS, context=context)
    return http.client.HTTPConnection(address, timeout=TIMEOUT_SECONDS)


def ask(proxy, path="/subjects", method="GET", body=None, headers=None, context=None):
    connection = connect(proxy, context)
    try:
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        return answer, answer.read()
    finally:
        connection.close()


def register(proxy):
    answer, raw = ask(proxy, "/subjects/proxied/versions", "POST", json.dumps({"schema": SCHEMA}),
                      {"Content-Type": "application/json"})
    assert answer.status == 200, raw
    return json.loads(raw)["id"]


def test_what_passes_is_the_registry_s_and_is_counted(proxy):
    schema_id = register(proxy)
    for _ in range(3):
        answer, raw = ask(proxy, f"/schemas/ids/{schema_id}")
        assert answer.status == 200 and json.loads(json.loads(raw)["schema"]) == json.loads(SCHEMA)
    assert proxy.count("GET", r"^/schemas/ids/") == 3
    assert proxy.count("POST") == 1
    assert proxy.count() == 4
    assert json.loads(proxy.requests("POST")[0].body) == {"schema": SCHEMA}


def test_a_connection_is_kept_alive(proxy):
    connection = connect(proxy)
    for _ in range(3):
        connection.request("GET", "/subjects")
        assert connection.getresponse().read()
    connection.close()
    assert proxy.count() == 3


def test_the_path_of_the_registry_is_kept(axonops):
    with FaultProxy(axonops.url + "/some/path") as proxy:
        assert proxy.url.endswith("/some/path")


@pytest.mark.parametrize("status", [401, 403, 409, 422, 500, 503])
def test_a_status_comes_with_an_error_of_a_registry(proxy, status):
    proxy.fail(fault_proxy.answer(status))
    answer, raw = ask(proxy)
    assert answer.status == status and json.loads(raw)["error_code"] == status


def test_a_fault_meets_the_requests_that_it_is_for(proxy):
    proxy.fail(fault_proxy.answer(500), path="^/subjects", method="GET", requests=range(2, 4))
    statuses = [ask(proxy)[0].status for _ in range(4)]
    assert statuses == [200, 500, 500, 200]
    assert ask(proxy, "/config")[0].status == 200


def test_faults_come_in_turn(proxy):
    proxy.fail(fault_proxy.in_turn(fault_proxy.answer(500), None, fault_proxy.answer(503)))
    assert [ask(proxy)[0].status for _ in range(4)] == [500, 200, 503, 503]
    proxy.heal()
    assert ask(proxy)[0].status == 200


def test_429_can_say_when_to_come_back(proxy):
    proxy.fail(fault_proxy.in_turn(fault_proxy.too_many(), fault_proxy.too_many(7)))
    assert ask(proxy)[0].headers["Retry-After"] is None
    assert ask(proxy)[0].headers["Retry-After"] == "7"


def test_a_page_is_html(proxy):
    proxy.fail(fault_proxy.page())
    answer, raw = ask(proxy)
    assert (answer.status, answer.headers["Content-Type"]) == (502, "text/html")
    assert raw.startswith(b"<!DOCTYPE html>")


def test_an_unknown_id_is_40403(proxy):
    proxy.fail(fault_proxy.unknown_id(), path="/schemas/ids/")
    assert json.loads(ask(proxy, "/schemas/ids/1")[1])["error_code"] == 40403


def test_broken_json_is_broken(proxy):
    proxy.fail(fault_proxy.broken_json())
    with pytest.raises(json.JSONDecodeError):
        json.loads(ask(proxy)[1])


def test_a_truncated_body_ends_before_its_length(proxy):
    path = f"/schemas/ids/{register(proxy)}"
    proxy.fail(fault_proxy.truncated)
    with pytest.raises(http.client.IncompleteRead):
        ask(proxy, path)


@pytest.mark.parametrize("fault", [fault_proxy.reset, fault_proxy.reset_in_body],
                         ids=["after the request", "in the body"])
def test_a_connection_is_reset(proxy, fault):
    path = f"/schemas/ids/{register(proxy)}"
    proxy.fail(fault)
    with pytest.raises((ConnectionResetError, http.client.IncompleteRead)):
        ask(proxy, path)


def test_an_answer_that_is_lost_was_given(proxy, axonops):
    proxy.fail(fault_proxy.lost_answer, method="POST")
    with pytest.raises(ConnectionError):
        register(proxy)
    proxy.heal()
    assert "proxied" in json.loads(ask(proxy)[1])


def test_a_silent_server_says_nothing_until_the_client_gives_up(proxy):
    proxy.fail(fault_proxy.silent)
    connection = http.client.HTTPConnection(urllib.parse.urlsplit(proxy.url).netloc, timeout=0.2)
    connection.request("GET", "/subjects")
    with pytest.raises(TimeoutError):
        connection.getresponse()
    connection.close()


def test_a_server_that_is_down_refuses_and_comes_back_on_its_port(proxy):
    proxy.fail(fault_proxy.down, requests=range(2, 3))
    assert ask(proxy)[0].status == 200
    with pytest.raises(ConnectionError):
        ask(proxy)
    with pytest.raises(ConnectionRefusedError):
        ask(proxy)
    assert proxy.count() == 2
    proxy.accept()
    assert ask(proxy)[0].status == 200


def test_a_bearer_token_is_wanted(axonops):
    with FaultProxy(axonops.url, token="s3cret") as proxy:
        assert ask(proxy)[0].status == 401
        assert ask(proxy, headers={"Authorization": "Bearer wrong"})[0].status == 401
        assert ask(proxy, headers={"Authorization": "Bearer s3cret"})[0].status == 200


def client_context(certificates, client=False):
    context = ssl.create_default_context(cafile=certificates.ca)
    if client:
        context.load_cert_chain(certificates.client_certificate, certificates.client_key)
    return context


def test_tls_is_trusted_with_its_authority_alone(axonops, certificates):
    with FaultProxy(axonops.url, tls=certificates.context()) as proxy:
        assert proxy.url.startswith("https://")
        assert ask(proxy, context=client_context(certificates))[0].status == 200
        with pytest.raises(ssl.SSLCertVerificationError):
            ask(proxy, context=ssl.create_default_context())


def test_tls_of_another_host_is_not_trusted(axonops, certificates):
    with FaultProxy(axonops.url, tls=certificates.context("elsewhere")) as proxy:
        with pytest.raises(ssl.SSLCertVerificationError):
            ask(proxy, context=client_context(certificates))


def test_a_client_certificate_can_be_needed(axonops, certificates):
    with FaultProxy(axonops.url, tls=certificates.context(client_needed=True)) as proxy:
        with pytest.raises((ssl.SSLError, ConnectionError)):
            ask(proxy, context=client_context(certificates))
        answer, _ = ask(proxy, context=client_context(certificates, client=True))
        assert answer.status == 200

"""What is asked of HTTP: content types, paths, methods, escaped names."""

import json

import pytest

from api import JSON_TYPES, V1, quoted, versions
from schemas import BASE, sales


@pytest.mark.parametrize("content_type", JSON_TYPES)
def test_a_body_may_have_each_content_type(registry, subject, content_type):
    reply = registry.call("POST", versions(subject), {"schema": BASE}, content_type=content_type)
    assert reply.status == 200, reply


@pytest.mark.parametrize("accept", [*JSON_TYPES, "*/*"])
def test_an_answer_has_the_content_type_that_is_asked_for(registry, accept):
    reply = registry.call("GET", "/subjects", accept=accept)
    assert reply.status == 200, reply
    wanted = V1 if accept == "*/*" else accept
    # AxonOps answers V1 always; Apicurio plain JSON when anything will do.
    assert (reply.content_type == wanted or registry.lets("axonops", "apicurio")
            and reply.content_type in JSON_TYPES), reply


def test_the_weighted_list_of_a_java_client_is_understood(registry):
    accept = f"{V1}, application/vnd.schemaregistry+json; q=0.9, application/json; q=0.5"
    reply = registry.call("GET", "/subjects", accept=accept)
    assert reply.status == 200 and reply.content_type in JSON_TYPES, reply


def test_a_body_that_is_not_json_is_415(registry, subject):
    reply = registry.call("POST", versions(subject), raw=b"<schema/>", content_type="text/xml")
    # AxonOps does not look at the type.
    registry.expect(reply, 415, None, axonops=[(400, None), (422, None)])


def test_an_error_is_json(registry, subject):
    reply = registry.get(versions(subject))
    assert reply.content_type in JSON_TYPES, reply
    assert set(reply.body) >= {"error_code", "message"}, reply


def test_broken_json_is_400(registry, subject):
    registry.expect(registry.call("POST", versions(subject), raw=b"{nonsense"), 400, None)


def test_json_that_is_no_object_is_a_client_error(registry, subject):
    for raw in (b"[]", b"1", b'"text"', b"null"):
        reply = registry.call("POST", versions(subject), raw=raw)
        # Apicurio 2.6 stumbles over null.
        assert reply.status in (400, 422) or registry.lets("apicurio"), (raw, reply)


@pytest.mark.parametrize("path", [
    "/associations/resources/-/some-topic?resourceType=topic&associationType=value",
    "/no/such/path"])
def test_an_unknown_path_is_a_json_404(registry, path):
    """The newest confluent-kafka asks for associations first, and goes on only after a 404."""
    reply = registry.get(path)
    assert reply.status == 404 and "error_code" in reply.body, reply


@pytest.mark.parametrize("method, path", [
    ("PUT", "/subjects"), ("PATCH", "/schemas/types"), ("DELETE", "/schemas/ids/1"),
    ("POST", "/config")])
def test_a_wrong_method_is_405(registry, method, path):
    reply = registry.call(method, path, None if method == "DELETE" else {})
    registry.expect(reply, 405, None)


def test_the_root_answers(registry):
    reply = registry.get("/")
    if registry.lets("apicurio"):
        return  # Apicurio has something else at the root.
    assert reply.status == 200 and isinstance(reply.body, dict), reply


def test_the_schema_types_have_avro(registry):
    assert "AVRO" in registry.body("/schemas/types")


def test_the_contexts_have_the_default_one(registry):
    reply = registry.get("/contexts")
    assert (reply.status == 200 and "." in reply.body
            or registry.lets("apicurio") and reply.status in (200, 404)), reply


@pytest.mark.parametrize("odd", [" é", "/", ":", "%", "+", "\u4e2d\u6587", "?#&="])
def test_a_subject_is_percent_decoded(registry, new_subject, odd):
    subject = new_subject(f"{odd}x-value")
    schema_id = registry.registered(subject, BASE)
    assert registry.look_up(subject, BASE).body["id"] == schema_id
    seen = registry.body(versions(subject, "latest"))["subject"]
    assert seen in registry.items("/subjects")
    # AxonOps 0.2.1 leaves the whole path encoded as soon as it has a character that may not be
    # there; it is at least consistent.
    assert seen == subject or registry.lets("axonops") and seen == quoted(subject), seen


def test_a_name_in_the_query_is_decoded(registry, new_subject):
    subject = new_subject(" é+&x-value")
    schema_id = registry.registered(subject, BASE)
    found = registry.body(f"/schemas/ids/{schema_id}", subject=subject)
    assert json.loads(found["schema"]) == sales()


def test_a_control_character_in_a_subject_is_42208(registry):
    reply = registry.register("contract-\n-value", BASE)
    registry.expect(reply, 422, 42208, axonops=[(200, None)], apicurio=[(200, None)])

"""The level of compatibility, of a subject and of all."""

import pytest

from api import config
from schemas import BASE
from test_compatibility import LEVELS


def test_there_is_a_global_level(registry):
    assert registry.body("/config")["compatibilityLevel"] == "BACKWARD"


@pytest.mark.parametrize("level", LEVELS)
def test_the_global_level_is_set_and_read(registry, level):
    """PUT takes and answers `compatibility`, GET answers `compatibilityLevel`."""
    try:
        registry.set_level(None, level)
        assert registry.body("/config")["compatibilityLevel"] == level
    finally:
        registry.set_level(None, "BACKWARD")


@pytest.mark.parametrize("level", LEVELS)
def test_the_level_of_a_subject_is_set_and_read(registry, subject, level):
    registry.registered(subject, BASE)
    if level == "NONE" and registry.lets("apicurio"):
        return  # Apicurio 2.6 stores NONE as "no level of its own".
    registry.set_level(subject, level)
    assert registry.body(config(subject))["compatibilityLevel"] == level


def test_a_subject_can_have_a_level_before_it_has_a_schema(registry, subject):
    reply = registry.call("PUT", config(subject), {"compatibility": "FULL"})
    if registry.lets("apicurio") and reply.status == 404:
        return
    assert reply.status == 200, reply
    assert registry.body(config(subject))["compatibilityLevel"] == "FULL"


def test_a_deleted_level_of_a_subject_gives_way_to_the_global_one(registry, subject):
    registry.registered(subject, BASE)
    registry.set_level(subject, "FORWARD")
    deleted = registry.deleted(config(subject))
    assert deleted["compatibilityLevel"] == "FORWARD" or registry.lets("apicurio"), deleted
    level = registry.body(config(subject), defaultToGlobal="true")["compatibilityLevel"]
    # Apicurio 2.6 answers NONE then.
    assert level == "BACKWARD" or registry.lets("apicurio") and level == "NONE"
    if not registry.lets("apicurio"):
        registry.expect(registry.get(config(subject)), 404, 40408)


def test_a_subject_without_a_level_is_40408(registry, subject):
    registry.expect(registry.get(config(subject)), 404, 40408, apicurio=[(404, 40401)])


def test_a_subject_without_a_level_can_default_to_the_global_one(registry, subject):
    reply = registry.get(config(subject), defaultToGlobal="true")
    if registry.lets("apicurio") and reply.status == 404:
        return
    assert reply.status == 200 and reply.body["compatibilityLevel"] == "BACKWARD", reply


def test_deleting_a_level_that_is_not_there_is_40401(registry, subject):
    registry.expect(registry.delete(config(subject)), 404, 40401, axonops=[(404, 40408)])


def test_an_invalid_level_is_42203(registry, subject):
    registry.registered(subject, BASE)
    for target in (subject, None):
        reply = registry.call("PUT", config(target), {"compatibility": "SIDEWAYS"})
        # Apicurio 2.6 answers plain text.
        registry.expect(reply, 422, 42203, apicurio=[(400, None)])
    assert registry.body("/config")["compatibilityLevel"] == "BACKWARD"

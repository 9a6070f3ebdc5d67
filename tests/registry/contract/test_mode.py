"""Modes, of a subject and of all: what READONLY refuses, and IMPORT, which keeps ids."""

import uuid

import pytest

from api import config, mode, quoted, versions
from schemas import BASE, COMPATIBLE, sales, text

pytestmark = pytest.mark.usefixtures("modes")

# Far above what a test's registry gives by itself.
IMPORTED_ID = 1_000_000


def unique():
    return text(sales(name="R" + uuid.uuid4().hex[:8]))


@pytest.fixture
def free_id(registry):
    """free_id() is one that no schema has."""
    taken = []

    def find():
        candidate = IMPORTED_ID + len(taken)
        while registry.get(f"/schemas/ids/{candidate}").status == 200 or candidate in taken:
            candidate += 1
        taken.append(candidate)
        return candidate

    return find


def imported(registry, subject, schema, schema_id, version):
    return registry.register(subject, schema, members={"id": schema_id, "version": version})


def test_the_mode_is_readwrite(registry):
    assert registry.body("/mode")["mode"] == "READWRITE"


def test_a_subject_without_a_mode_is_40409(registry, subject):
    registry.expect(registry.get(mode(subject)), 404, 40409)
    assert registry.body(mode(subject), defaultToGlobal="true")["mode"] == "READWRITE"


def test_the_mode_of_a_subject_is_set_read_and_deleted(registry, subject):
    registry.set_mode(subject, "READONLY")
    assert registry.body(mode(subject))["mode"] == "READONLY"
    assert registry.deleted(mode(subject))["mode"] == "READONLY"
    registry.expect(registry.get(mode(subject)), 404, 40409)


def test_deleting_a_mode_that_is_not_there_is_40401(registry, subject):
    registry.expect(registry.delete(mode(subject)), 404, 40401, axonops=[(404, 40409)])


def test_an_invalid_mode_is_42204(registry, subject):
    for target in (subject, None):
        registry.expect(registry.call("PUT", mode(target), {"mode": "SIDEWAYS"}), 422, 42204)


def test_a_readonly_subject_refuses_every_change(registry, subject):
    registry.registered(subject, BASE)
    registry.set_mode(subject, "READONLY")
    refused = (registry.register(subject, COMPATIBLE),
               registry.delete(f"/subjects/{quoted(subject)}"),
               registry.delete(versions(subject, 1)),
               registry.call("PUT", config(subject), {"compatibility": "NONE"}))
    for reply in refused:
        registry.expect(reply, 422, 42205)
    assert registry.body(versions(subject)) == [1]
    registry.deleted(mode(subject))
    registry.registered(subject, COMPATIBLE)


def test_a_readonly_subject_still_answers_what_is_registered(registry, subject):
    schema_id = registry.registered(subject, BASE)
    registry.set_mode(subject, "READONLY")
    assert registry.look_up(subject, BASE).body["id"] == schema_id
    assert registry.compatible(subject, COMPATIBLE)


def test_the_global_mode_holds_where_a_subject_has_none(registry, subject):
    try:
        registry.set_mode(None, "READONLY")
        registry.expect(registry.register(subject, BASE), 422, 42205)
        registry.set_mode(subject, "READWRITE")
        registry.registered(subject, BASE)
    finally:
        registry.set_mode(None, "READWRITE")


def test_an_id_can_be_given_in_import_mode_alone(registry, subject, free_id):
    registry.expect(imported(registry, subject, unique(), free_id(), 1), 422, 42205)
    registry.expect(registry.get(versions(subject)), 404, 40401)


def test_import_keeps_ids_and_versions(registry, subject, free_id):
    registry.set_mode(subject, "IMPORT")
    first, second = unique(), unique()
    given = [(free_id(), 3, first), (free_id(), 7, second)]
    for schema_id, version, schema in given:
        reply = imported(registry, subject, schema, schema_id, version)
        assert reply.status == 200 and reply.body["id"] == schema_id, reply
    assert registry.body(versions(subject)) == [3, 7]
    for schema_id, version, schema in given:
        found = registry.body(versions(subject, version))
        assert (found["id"], found["version"]) == (schema_id, version)
        assert registry.body(f"/schemas/ids/{schema_id}/versions") == [
            {"subject": subject, "version": version}]


def test_import_looks_at_no_compatibility(registry, subject, free_id):
    registry.set_mode(subject, "IMPORT")
    name = "R" + uuid.uuid4().hex[:8]
    for version, kind in enumerate(("int", "string"), 1):
        reply = imported(registry, subject, text(sales(name=name, sold=kind)), free_id(), version)
        assert reply.status == 200, reply


def test_import_refuses_a_schema_without_an_id(registry, subject):
    registry.set_mode(subject, "IMPORT")
    registry.expect(registry.register(subject, unique()), 422, 42205)


def test_import_refuses_another_schema_under_an_id_that_is_taken(
        registry, subject, new_subject, free_id):
    other, schema_id = new_subject(), free_id()
    registry.set_mode(subject, "IMPORT")
    registry.set_mode(other, "IMPORT")
    assert imported(registry, subject, unique(), schema_id, 1).status == 200
    registry.expect(imported(registry, other, unique(), schema_id, 1), 422, 42205,
                    axonops=[(422, 42207)])


def test_import_of_a_subject_that_has_schemas_must_be_forced(registry, subject):
    registry.registered(subject, BASE)
    registry.expect(registry.call("PUT", mode(subject), {"mode": "IMPORT"}), 422, 42205)
    registry.set_mode(subject, "IMPORT", force="true")


def test_an_id_after_an_import_is_a_new_one(registry, subject, new_subject, free_id):
    registry.set_mode(subject, "IMPORT")
    schema_id = free_id()
    assert imported(registry, subject, unique(), schema_id, 1).status == 200
    registry.set_mode(subject, "READWRITE")
    others = [registry.registered(new_subject(), unique()) for _ in range(3)]
    assert all(other > schema_id for other in others), (schema_id, others)


def test_registering_goes_on_after_an_import(registry, subject, free_id):
    registry.set_mode(subject, "IMPORT")
    name = "R" + uuid.uuid4().hex[:8]
    schema_id = free_id()
    assert imported(registry, subject, text(sales(name=name)), schema_id, 5).status == 200
    registry.set_mode(subject, "READWRITE")
    assert registry.registered(subject, text(sales(name=name))) == schema_id
    assert not registry.compatible(subject, text(sales(name=name, sold="string")))
    registry.registered(subject, text(sales(name=name, sold="long")))
    assert registry.body(versions(subject)) == [5, 6]

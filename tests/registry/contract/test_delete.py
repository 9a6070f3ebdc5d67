"""Soft and hard deletion of subjects and versions, and what comes after."""

import uuid

import pytest

from api import config, quoted, versions
from schemas import BASE, COMPATIBLE, NO_DEFAULT, sales, text


@pytest.fixture
def path(subject):
    return f"/subjects/{quoted(subject)}"


def test_a_soft_deletion_answers_the_versions(registry, subject, path):
    registry.registered(subject, BASE)
    schema_id = registry.registered(subject, COMPATIBLE)
    assert registry.deleted(path) == [1, 2]
    assert subject not in registry.items("/subjects")
    registry.expect(registry.get(versions(subject)), 404, 40401)
    registry.expect(registry.get(versions(subject, "latest")), 404, 40401)
    registry.expect(registry.look_up(subject, BASE), 404, 40401, apicurio=[(404, 40403)])
    # Old data must stay readable.
    assert registry.get(f"/schemas/ids/{schema_id}").status == 200


def test_a_second_soft_deletion_is_40404(registry, subject, path):
    registry.registered(subject, BASE)
    registry.deleted(path)
    registry.expect(registry.delete(path), 404, 40404)


def test_deleted_and_deleted_only_list_subjects(registry, subject, new_subject, path):
    there = new_subject()
    registry.registered(subject, BASE)
    registry.registered(there, BASE)
    registry.deleted(path)
    everything = registry.items("/subjects", deleted="true")
    assert subject in everything and there in everything
    if registry.lets("apicurio"):
        return  # Apicurio 2.6 does not know deletedOnly.
    deleted = registry.items("/subjects", deletedOnly="true")
    assert subject in deleted and there not in deleted


def test_deleted_and_deleted_only_list_versions(registry, subject):
    registry.registered(subject, BASE)
    registry.registered(subject, COMPATIBLE)
    registry.deleted(versions(subject, 1))
    assert registry.body(versions(subject)) == [2]
    assert registry.body(versions(subject), deleted="true") == [1, 2]
    if registry.lets("apicurio"):
        return  # Apicurio 2.6 does not know deletedOnly.
    assert registry.body(versions(subject), deletedOnly="true") == [1]


def test_a_hard_deletion_needs_a_soft_one_first(registry, subject, path):
    registry.registered(subject, BASE)
    registry.expect(registry.delete(path, permanent="true"), 404, 40405, apicurio=[(409, 40405)])
    registry.deleted(path)
    assert registry.deleted(path, permanent="true") == [1]
    assert subject not in registry.items("/subjects", deleted="true")
    registry.expect(registry.delete(path, permanent="true"), 404, 40401)


def test_a_hard_deletion_of_a_version_needs_a_soft_one_first(registry, subject):
    registry.registered(subject, BASE)
    registry.registered(subject, COMPATIBLE)
    registry.expect(registry.delete(versions(subject, 1), permanent="true"), 404, 40407,
                    apicurio=[(409, 40407)])
    assert registry.deleted(versions(subject, 1)) == 1
    assert registry.deleted(versions(subject, 1), permanent="true") == 1
    assert registry.body(versions(subject), deleted="true") == [2]
    registry.expect(registry.delete(versions(subject, 1), permanent="true"), 404, 40402)


def test_a_soft_deleted_version_is_read_with_deleted_alone(registry, subject):
    registry.registered(subject, BASE)
    registry.registered(subject, COMPATIBLE)
    assert registry.deleted(versions(subject, 1)) == 1
    registry.expect(registry.get(versions(subject, 1)), 404, 40402, axonops=[(404, 40406)])
    assert registry.body(versions(subject, 1), deleted="true")["version"] == 1
    assert registry.body(versions(subject, "latest"))["version"] == 2


def test_a_second_soft_deletion_of_a_version_is_40406(registry, subject):
    registry.registered(subject, BASE)
    registry.registered(subject, COMPATIBLE)
    registry.deleted(versions(subject, 1))
    registry.expect(registry.delete(versions(subject, 1)), 404, 40406, axonops=[(404, 40402)],
                    apicurio=[(409, 40406)])


def test_the_latest_version_is_deleted_by_its_name(registry, subject):
    registry.registered(subject, BASE)
    registry.registered(subject, COMPATIBLE)
    assert registry.deleted(versions(subject, "latest")) == 2
    assert registry.body(versions(subject)) == [1]
    assert registry.body(versions(subject, "latest"))["version"] == 1


def test_a_subject_without_versions_is_gone(registry, subject):
    registry.registered(subject, BASE)
    registry.deleted(versions(subject, 1))
    assert subject not in registry.items("/subjects")
    registry.expect(registry.get(versions(subject)), 404, 40401)


def test_lookup_finds_a_deleted_schema_with_deleted_alone(registry, subject):
    registry.registered(subject, BASE)
    schema_id = registry.registered(subject, COMPATIBLE)
    registry.deleted(versions(subject, 2))
    registry.expect(registry.look_up(subject, COMPATIBLE), 404, 40403)
    reply = registry.look_up(subject, COMPATIBLE, deleted="true")
    assert reply.status == 200 and reply.body["id"] == schema_id, reply


def test_registered_again_after_a_soft_deletion_it_has_its_id_and_a_new_version(
        registry, subject, path):
    first = registry.registered(subject, BASE)
    registry.registered(subject, COMPATIBLE)
    registry.deleted(path)
    assert registry.registered(subject, BASE) == first
    assert registry.body(versions(subject)) == [3]
    deleted = registry.body(versions(subject), deleted="true")
    # Confluent's registry drops the deleted version that has the same schema.
    assert deleted == [2, 3] or registry.lets("axonops", "apicurio") and deleted == [1, 2, 3]


def test_registered_again_after_one_version_was_deleted_it_comes_last(registry, subject):
    registry.registered(subject, BASE)
    second = registry.registered(subject, COMPATIBLE)
    registry.deleted(versions(subject, 2))
    assert registry.registered(subject, COMPATIBLE) == second
    assert registry.body(versions(subject)) == [1, 3]


def test_after_a_hard_deletion_versions_begin_again(registry, subject, path):
    schema = text(sales(name="R" + uuid.uuid4().hex[:8]))
    registry.registered(subject, schema)
    registry.deleted(path)
    registry.deleted(path, permanent="true")
    registry.registered(subject, schema)
    assert registry.body(versions(subject)) == [1]


def test_an_id_is_not_given_again_after_a_hard_deletion(registry, subject, new_subject, path):
    schema_id = registry.registered(subject, text(sales(name="R" + uuid.uuid4().hex[:8])))
    registry.deleted(path)
    registry.deleted(path, permanent="true")
    other = text(sales(name="R" + uuid.uuid4().hex[:8]))
    assert registry.registered(new_subject(), other) != schema_id


def test_the_id_of_a_hard_deleted_schema_is_readable_or_40403(registry, subject, path):
    schema_id = registry.registered(subject, text(sales(name="R" + uuid.uuid4().hex[:8])))
    registry.deleted(path)
    registry.deleted(path, permanent="true")
    registry.expect(registry.get(versions(subject)), 404, 40401)
    reply = registry.get(f"/schemas/ids/{schema_id}")
    assert reply.status == 200 or (reply.status, reply.code) == (404, 40403), reply


def test_a_hard_deletion_takes_the_level_of_the_subject_too(registry, subject, path):
    registry.registered(subject, BASE)
    registry.set_level(subject, "FULL")
    registry.deleted(path)
    registry.deleted(path, permanent="true")
    registry.expect(registry.get(config(subject)), 404, 40408, apicurio=[(404, 40401)])
    registry.registered(subject, BASE)
    assert registry.compatible(subject, text(sales(sold="long")))
    assert not registry.compatible(subject, NO_DEFAULT)

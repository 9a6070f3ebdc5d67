"""Lists of schemas and subjects, whole and in pieces."""

import json
import uuid

import pytest

from schemas import BASE, COMPATIBLE, PROMO, sales


@pytest.fixture
def listed(registry, new_subject):
    """A prefix under which three subjects stand: with two versions, one, and one that is deleted."""
    if registry.lets("apicurio") and registry.get("/schemas").status == 404:
        pytest.skip("Apicurio 2.6 has no list of schemas")
    prefix = f"list-{uuid.uuid4().hex[:8]}"
    names = [f"{prefix}-{letter}" for letter in "abc"]
    registry.registered(names[0], BASE)
    registry.registered(names[0], COMPATIBLE)
    registry.registered(names[1], BASE)
    registry.registered(names[2], BASE)
    registry.deleted(f"/subjects/{names[2]}")
    yield prefix
    for name in names:
        registry.remove(name)


@pytest.fixture
def schemas_of(registry, listed):
    """schemas_of(query...) is what is listed under the prefix; in the order of subjects and versions,
    but AxonOps 0.2.1 has the order of ids."""
    def ask(**query):
        found = registry.items("/schemas", subjectPrefix=listed, **query)
        return sorted(found, key=place) if registry.lets("axonops") else found

    return ask


def place(entry):
    return entry["subject"], entry["version"]


def pairs(found):
    return [(entry["subject"].rpartition("-")[2], entry["version"]) for entry in found]


def test_every_schema_is_listed_with_all_that_is_known(schemas_of):
    found = schemas_of()
    assert pairs(found) == [("a", 1), ("a", 2), ("b", 1)]
    assert found[0]["id"] == found[2]["id"] != found[1]["id"]
    assert json.loads(found[1]["schema"]) == sales([PROMO])


def test_the_latest_of_each_subject(schemas_of):
    assert pairs(schemas_of(latestOnly="true")) == [("a", 2), ("b", 1)]


def test_deleted_schemas_too(schemas_of):
    assert pairs(schemas_of(deleted="true")) == [("a", 1), ("a", 2), ("b", 1), ("c", 1)]


def test_a_list_comes_in_pieces(schemas_of):
    every = schemas_of()
    first, second = schemas_of(offset=0, limit=2), schemas_of(offset=2, limit=2)
    assert (len(first), len(second)) == (2, 1)
    assert sorted(first + second, key=place) == every
    assert len(schemas_of(offset=1)) == 2
    assert schemas_of(offset=9) == []
    assert schemas_of(limit=-1) == every


def test_an_unknown_prefix_lists_nothing(registry, listed):
    assert registry.items("/schemas", subjectPrefix=listed + "-nobody") == []


def test_subjects_are_listed_by_prefix_and_in_pieces(registry, listed):
    def names(**query):
        return [name.rpartition("-")[2]
                for name in registry.items("/subjects", subjectPrefix=listed, **query)]

    assert names() == ["a", "b"]
    assert names(deleted="true") == ["a", "b", "c"]
    assert names(limit=1) == ["a"]
    assert names(offset=1) == ["b"]

"""The registry that the contract is held against.

    REGISTRY_PEER=axonops|apicurio|ours    started for the tests
    REGISTRY_URL, REGISTRY_USER=name:password    one that runs already, when REGISTRY_PEER is not given
    REGISTRY_STRICT=1    only what Confluent's registry answers; else what is marked as the way of one
                         of the two peers passes too, with that peer

Every test uses fresh subjects, so a registry need not be empty; but some change the global level or
the global mode for a moment, so only one run at a time.
"""

import os
import uuid

import pytest

from api import Registry


@pytest.fixture(scope="session")
def registry(request):
    strict = os.environ.get("REGISTRY_STRICT") == "1"
    name = os.environ.get("REGISTRY_PEER")
    if name:
        server = request.getfixturevalue(name)
        found = Registry(server.url, name=name, strict=strict, user=server.user)
    else:
        found = Registry(os.environ["REGISTRY_URL"].rstrip("/"), strict=strict,
                         user=os.environ.get("REGISTRY_USER"))
    before = found.call("GET", "/config").body["compatibilityLevel"]
    found.set_level(None, "BACKWARD")
    yield found
    found.set_level(None, before)


@pytest.fixture
def new_subject(registry):
    """new_subject() makes a name that is not in use; what stands under it is removed at the end."""
    made = []

    def make(suffix="-value"):
        made.append(f"contract-{uuid.uuid4().hex[:10]}{suffix}")
        return made[-1]

    yield make
    # The newest first: it may refer to one before it.
    for subject in reversed(made):
        registry.remove(subject)


@pytest.fixture
def subject(new_subject):
    return new_subject()


@pytest.fixture
def modes(registry):
    """Skips the test where the peer knows no modes."""
    if registry.lets("apicurio") and registry.call("GET", "/mode").status == 404:
        pytest.skip("Apicurio 2.6 has no modes")

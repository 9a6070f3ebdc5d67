"""Fixtures of the registry tests, beside those of tests/conftest.py: running registries. What they
said last stands in the report of a test that fails."""

import contextlib

import pytest

import servers
from certificates import Certificates
from runs import DAYS, ITEMS, STORES, Runs, emptied

RUNNING = []


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if report.failed:
        used = [server for server in RUNNING if server.name in getattr(item, "fixturenames", ())]
        report.sections += [(server.name, server.said()) for server in used or RUNNING]
    return report


@contextlib.contextmanager
def running(server, stop):
    RUNNING.append(server)
    yield server
    RUNNING.remove(server)
    stop(server)


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("registries")


@pytest.fixture(scope="session")
def axonops(folder):
    with running(servers.start_axonops(folder), servers.Server.stop) as server:
        yield server


@pytest.fixture(scope="session")
def axonops_auth(folder):
    """Answers only to servers.USER."""
    with running(servers.start_axonops(folder, servers.USER), servers.Server.stop) as server:
        yield server


@pytest.fixture(scope="session")
def apicurio(folder):
    with running(servers.start_apicurio(folder), servers.Server.stop) as server:
        yield server


@pytest.fixture(scope="session")
def ours(tillstream, folder):
    """Our own registry over a log that is empty at first."""
    server = servers.start_ours(tillstream.path, folder / "log", folder)
    with running(server, servers.stop_ours):
        yield server


@pytest.fixture(scope="session")
def certificates(tmp_path_factory):
    return Certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def axonops_registry(axonops):
    return emptied(axonops)


@pytest.fixture(scope="session")
def data(tillstream, tmp_path_factory):
    directory = tmp_path_factory.mktemp("data")
    tillstream.check("synth", "--out", directory, "--stores", STORES, "--items", ITEMS, "--days",
                     DAYS, "--seed", 7, "-q")
    return directory


@pytest.fixture
def runs(tillstream, data, tmp_path):
    return Runs(tillstream, data, tmp_path / "log")

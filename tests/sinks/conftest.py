"""Fixtures of the tests of tables: a real PostgreSQL, datasets with their logs."""

import itertools
import pathlib
import shutil
import sys
import tempfile

import pytest

sys.path.append(str(pathlib.Path(__file__).parents[1] / "crash"))

from postgres_server import PostgresServer  # noqa: E402
from streams import Stream  # noqa: E402


@pytest.fixture(scope="module")
def postgres():
    server = PostgresServer()
    try:
        yield server.start()
    finally:
        server.remove()


_numbers = itertools.count(1)


@pytest.fixture
def database(postgres):
    """A new database; it ends with the server."""
    return postgres.new_database(f"db{next(_numbers)}")


@pytest.fixture(scope="module")
def place():
    path = pathlib.Path(tempfile.mkdtemp(prefix="tillstream-sinks-"))
    yield path
    shutil.rmtree(path)


@pytest.fixture(scope="module")
def small(tillstream, place):
    """3 stores, 40 items, 100 days: four months, and prices that are null at first."""
    return Stream(tillstream, place / "small", 3, 40, 100).replay()


@pytest.fixture(scope="module")
def small_rows(small):
    return small.dataset.sales(), small.dataset.store_days()

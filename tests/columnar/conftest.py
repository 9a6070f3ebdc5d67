"""Fixtures of the tests of DuckDB files and Parquet folders."""

import pathlib
import shutil
import sys
import tempfile

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "crash"))

import columnar  # noqa: E402
import lib  # noqa: E402


@pytest.fixture
def work():
    path = pathlib.Path(tempfile.mkdtemp(prefix="tillstream-columnar-"))
    yield path
    shutil.rmtree(path)


class Stream:
    """A dataset, and logs with a part of it."""

    def __init__(self, tillstream, place, stores, items, days):
        self.tillstream = tillstream
        self.days = days
        self.data = lib.synth(tillstream, place / "data", stores, items, days)
        self.log = place / "log"
        self.replay(self.log)

    def replay(self, log, *options):
        self.tillstream.check(*lib.replay(self.data, log, "-q", *options))
        return log


@pytest.fixture(scope="module")
def small(tillstream, tmp_path_factory):
    """3 stores, 40 items, 100 days from 2011-01-29: four months, the last one not over."""
    return Stream(tillstream, tmp_path_factory.mktemp("small"), 3, 40, 100)


@pytest.fixture(scope="module")
def medium(tillstream, tmp_path_factory):
    """10 stores, 100 items, 400 days: 400,000 events."""
    return Stream(tillstream, tmp_path_factory.mktemp("medium"), 10, 100, 400)


@pytest.fixture(params=("duckdb", "parquet"))
def sink(request, tillstream, work):
    """Both kinds, each in a place of its own."""
    return columnar.SINKS[request.param](tillstream, work / "target")

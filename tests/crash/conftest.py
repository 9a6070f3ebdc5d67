"""Fixtures of the crash tests, beside those of tests/conftest.py."""

import os
import pathlib
import shutil
import tempfile

import pytest

import lib

# A fast place needs room for this much; what the tests write is far less.
FAST_BYTES_NEEDED = 2 << 30


def _make_work(parent=None):
    path = pathlib.Path(tempfile.mkdtemp(prefix="tillstream-crash-", dir=parent))
    yield path
    shutil.rmtree(path)


@pytest.fixture
def work():
    """A folder in memory where there is one: a sync costs nothing there, and the end of a process
    does not tell it from a disk."""
    fast = pathlib.Path("/dev/shm")
    use = fast.is_dir() and os.access(fast, os.W_OK)
    use = use and shutil.disk_usage(fast).free > FAST_BYTES_NEEDED
    yield from _make_work(fast if use else None)


@pytest.fixture
def disk_work():
    """A folder on a disk, where syncs take time."""
    yield from _make_work()


@pytest.fixture(scope="module")
def small(tillstream):
    """2 stores, 5 items, 60 days: several segments of 4 KiB in every codec."""
    for path in _make_work():
        yield lib.synth(tillstream, path / "data", stores=2, items=5, days=60)


@pytest.fixture(scope="module")
def medium(tillstream):
    """10 stores, 100 items, 400 days: 400,000 events."""
    for path in _make_work():
        yield lib.synth(tillstream, path / "data", stores=10, items=100, days=400)

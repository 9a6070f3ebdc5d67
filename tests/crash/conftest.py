"""Fixtures of the crash tests, beside those of tests/conftest.py."""

import importlib.util
import os
import pathlib
import random
import shutil
import sys
import tempfile

import pytest

import lib

# pytest takes the folder of the file that it is given as its root and looks no further up.
_specification = importlib.util.spec_from_file_location(
    "tests_conftest", pathlib.Path(__file__).parent.parent / "conftest.py")
_shared = importlib.util.module_from_spec(_specification)
sys.modules[_specification.name] = _shared
_specification.loader.exec_module(_shared)

pytest_sessionfinish = _shared.pytest_sessionfinish
tillstream = _shared.tillstream
full = _shared.full
m5_dir = _shared.m5_dir
count = _shared.count

# A fast place needs room for this much; what the tests write is far less.
FAST_BYTES_NEEDED = 2 << 30


@pytest.fixture(scope="session")
def seed():
    """TILLSTREAM_SEED repeats a run; the count lines name it."""
    value = int(os.environ.get("TILLSTREAM_SEED", random.SystemRandom().randrange(1_000_000)))
    print(f"TILLSTREAM_SEED={value}")
    return value


@pytest.fixture
def rng(seed):
    return random.Random(seed)


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

"""Fixtures of the black-box tests. What they find in the environment: tests/CMakeLists.txt."""

import os
import pathlib
import random
import subprocess

import pytest

# ctest shows a test as skipped when it ends with this (SKIP_RETURN_CODE in tests/CMakeLists.txt).
ALL_SKIPPED_EXIT_CODE = 77

SOURCE = pathlib.Path(os.environ.get("TILLSTREAM_SOURCE", pathlib.Path(__file__).parent.parent))
DEFAULT_BINARY = SOURCE / "build" / "tillstream"


def pytest_sessionfinish(session, exitstatus):
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    outcomes = {name for name, reports in reporter.stats.items() if name and reports}
    if exitstatus == pytest.ExitCode.OK and "skipped" in outcomes and "passed" not in outcomes:
        session.exitstatus = ALL_SKIPPED_EXIT_CODE


class Binary:
    """The program under test. Calls return the finished process with text in stdout and stderr."""

    def __init__(self, path):
        self.path = str(path)

    def run(self, *arguments, timeout=120, **options):
        """Runs it and looks at nothing."""
        command = [self.path, *(str(argument) for argument in arguments)]
        options.setdefault("stdin", subprocess.DEVNULL)
        return subprocess.run(command, capture_output=True, text=True, timeout=timeout, **options)

    def check(self, *arguments, code=0, **options):
        """Runs it; fails the test with its output when the exit code is not `code`."""
        done = self.run(*arguments, **options)
        assert done.returncode == code, (
            f"exit code {done.returncode}, expected {code}: {' '.join(map(str, arguments))}\n"
            f"{done.stdout[-4000:]}\n{done.stderr[-4000:]}")
        return done


@pytest.fixture(scope="session")
def tillstream():
    return Binary(os.environ.get("TILLSTREAM", DEFAULT_BINARY))


@pytest.fixture(scope="session")
def source():
    """The source tree."""
    return SOURCE


@pytest.fixture(scope="session")
def full():
    """Whether the large counts are asked for (make test-full)."""
    return os.environ.get("TILLSTREAM_FULL") == "1"


@pytest.fixture(scope="session")
def m5_dir():
    """The real M5 files; skips the test when they are not there."""
    directory = pathlib.Path(os.environ.get("TILLSTREAM_M5_DIR", "/nonexistent"))
    if not any(directory.glob("sales_train_*.csv*")):
        pytest.skip("no M5 files in TILLSTREAM_M5_DIR")
    return directory


@pytest.fixture(scope="session")
def seed():
    """TILLSTREAM_SEED repeats a run; the count lines name it."""
    value = int(os.environ.get("TILLSTREAM_SEED", random.SystemRandom().randrange(1_000_000)))
    print(f"TILLSTREAM_SEED={value}")
    return value


@pytest.fixture
def rng(seed):
    return random.Random(seed)


@pytest.fixture(scope="session")
def count():
    """count("kill -9 at 312 system calls, 0 differences"): a line at the end of `make test`."""
    target = os.environ.get("TILLSTREAM_COUNTS")

    def write(line):
        print(line)
        if target:
            with open(target, "a", encoding="utf-8") as file:
                file.write(line + "\n")

    return write

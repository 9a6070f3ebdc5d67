"""The service units of deploy/: systemd's own checks, and that what they keep from the program is
nothing that it needs."""

import os
import pathlib
import re
import shutil
import subprocess

import pytest

SOURCE = pathlib.Path(os.environ.get("TILLSTREAM_SOURCE", pathlib.Path(__file__).parents[2]))
DEPLOY = SOURCE / "deploy"
GENERATOR, SUPERVISOR = "tillstream-generator@.service", "tillstream-replay.service"
UNITS = (GENERATOR, SUPERVISOR)
INSTALLED = "/usr/local/bin/tillstream"
# Tenths, as systemd-analyze counts: 1.5 of 10.
EXPOSURE_MAX = 15
SECONDS = 60


def lines_of(unit):
    """(key, value) of every setting."""
    text = (DEPLOY / unit).read_text(encoding="utf-8")
    return re.findall(r"^(\w+)=(.*)$", text, re.M)


def value(unit, key):
    found = [text for name, text in lines_of(unit) if name == key]
    assert len(found) == 1, (unit, key, found)
    return found[0]


def analyze(*words):
    done = subprocess.run(["systemd-analyze", "--no-pager", *words], capture_output=True, text=True,
                          timeout=SECONDS, check=False)
    return done.returncode, done.stdout, done.stderr


def verified(folder, unit, text, binary):
    """What systemd-analyze verify says of a unit with this text, with the binary that is built."""
    path = folder / unit
    path.write_text(text.replace(INSTALLED, binary), encoding="utf-8")
    code, out, err = analyze("verify", "--man=no", path)
    return code, out + err


@pytest.mark.parametrize("unit", UNITS)
def test_systemd_finds_no_fault(tillstream, unit, tmp_path, count):
    text = (DEPLOY / unit).read_text(encoding="utf-8")
    assert verified(tmp_path, unit, text, tillstream.path) == (0, "")
    planted = 0
    for right, wrong in (("ProtectSystem=strict", "ProtectSystem=strickt"),
                         ("RestartPreventExitStatus=2", "RestartPreventExitStatus=two"),
                         ("NoNewPrivileges=yes", "NoNewPrivilege=yes"),
                         ("SystemCallFilter=@system-service", "SystemCallFilter=@system-services"),
                         ("ExecStart=", "ExecStart=/nowhere")):
        assert right in text
        _, said = verified(tmp_path, unit, text.replace(right, wrong), tillstream.path)
        assert unit.partition("@")[0].partition(".")[0] in said, wrong
        planted += 1
    count(f"deploy: systemd finds no fault in {unit}, and {planted} that were planted")


@pytest.mark.parametrize("unit", UNITS)
def test_little_is_exposed(unit, tmp_path):
    def exposed(path):
        return analyze("security", "--offline=true", f"--threshold={EXPOSURE_MAX}", path)[0]

    assert exposed(DEPLOY / unit) == 0
    text = (DEPLOY / unit).read_text(encoding="utf-8")
    weaker = tmp_path / unit
    weaker.write_text(text.replace("SystemCallFilter=@system-service\n", "").replace(
        "PrivateUsers=yes\n", ""), encoding="utf-8")
    assert exposed(weaker) != 0


@pytest.mark.parametrize("unit", UNITS)
def test_a_start_that_would_end_the_same_is_none(tillstream, unit):
    """Exit codes as `tillstream --help` has them."""
    codes = re.search(r"Exit codes: (.*?)\.\n", tillstream.check("--help").stdout, re.S)[1]
    meaning = dict(re.findall(r"(\d) ([^,(]+)", codes.replace("\n", " ")))
    never = value(unit, "RestartPreventExitStatus").split()
    assert [meaning[code].strip() for code in never] == [
        "usage", "bad input data", "corrupt log or a record that cannot be decoded", "refused"]
    assert value(unit, "Restart") == "on-failure"
    assert value(unit, "SuccessExitStatus") == "130 143"
    assert "130 and 143 stopped by a signal" in codes
    assert value(unit, "KillSignal") == "SIGTERM"
    # Longer than a sync may take (kSyncTimeout).
    generator = (SOURCE / "src" / "replay" / "generator.h").read_text(encoding="utf-8")
    minutes = int(re.search(r"std::chrono::minutes kSyncTimeout\{(\d+)\}", generator)[1])
    assert int(value(unit, "TimeoutStopSec")) > minutes * 60


def environment(folder):
    """The example's variables as systemd reads them, those behind a # among them."""
    text = (DEPLOY / "tillstream.env").read_text(encoding="utf-8")
    found = re.findall(r"^(#?)([A-Z_]+)=(.*)$", text, re.M)
    assert len(found) == len({name for _, name, _ in found})
    used = {name: setting for off, name, setting in found if not off}
    optional = {name: setting for off, name, setting in found if off}
    used["TILLSTREAM_DATA"] = str(folder / "data")
    used["TILLSTREAM_LOG"] = str(folder / "log")
    used["TILLSTREAM_SPEED"] = "max"
    return used, optional


def command(unit, store):
    binary, *words = value(unit, "ExecStart").replace("%i", store).split()
    assert binary == INSTALLED
    return words


def test_the_example_of_an_environment_is_taken(tillstream, tmp_path):
    tillstream.check("synth", "--out", tmp_path / "data", "--stores", 2, "--items", 3, "--days", 9,
                     "-q")
    used, optional = environment(tmp_path)
    clean = {"PATH": os.environ["PATH"], **used,
             **{name: setting for name, setting in optional.items()
                if name.startswith("TILLSTREAM_")}}
    for store in ("CA_1", "TX_1"):
        tillstream.check(*command(GENERATOR, store), env=clean, cwd=tmp_path)
    tillstream.check("verify", "--data", tmp_path / "data", "--log", tmp_path / "log", "--complete")
    all_stores = {**clean, "TILLSTREAM_TOPIC": "all"}
    tillstream.check(*command(SUPERVISOR, ""), env=all_stores, cwd=tmp_path)
    tillstream.check("verify", "--data", tmp_path / "data", "--log", tmp_path / "log", "-t", "all",
                     "--complete")
    assert '"rebase_weeks"' in (tmp_path / "log" / "sales.run.json").read_text(encoding="utf-8")
    options = set(re.findall(r"--([a-z-]+)", tillstream.check("replay", "--help").stdout))
    for name in {*used, *optional} - {"KAFKA_BROKERS", "SCHEMA_REGISTRY_URL"}:
        assert name.removeprefix("TILLSTREAM_").lower().replace("_", "-") in options, name


def calls_of(name):
    """The system calls of a set of systemd's, those of the sets in it among them."""
    if not name.startswith("@"):
        return {name}
    code, out, err = analyze("syscall-filter", name)
    assert code == 0, err
    found = set()
    for word in re.findall(r"^ +([@\w-]+)$", out, re.M):
        found |= calls_of(word)
    return found


def allowed(unit):
    found = calls_of("@default")
    for key, text in lines_of(unit):
        if key == "SystemCallFilter":
            calls = set().union(*map(calls_of, text.removeprefix("~").split()))
            found = found - calls if text.startswith("~") else found | calls
    return found


@pytest.fixture(scope="module")
def made(tillstream, tmp_path_factory):
    """(system calls, address families) of a replay into a log, and of clients of Kafka and of a
    registry with TLS, where nobody answers."""
    folder = tmp_path_factory.mktemp("traced")
    tillstream.check("synth", "--out", folder / "data", "--stores", 2, "--items", 30, "--days", 60,
                     "-q")
    replay = ("replay", "--data", folder / "data", "--log", folder / "log", "--speed", "100d/s")
    registry = ("--registry", "https://localhost:9", "--registry-timeout", "1s")
    calls, families = set(), set()
    for words, code in ((replay, 0), ((*replay, "-t", "apart", "--processes"), 0),
                        ((*replay, "-t", "other", *registry), 5),
                        (("doctor", "-b", "localhost:9", "--timeout", "1s"), 5)):
        trace = folder / "trace"
        done = subprocess.run(["strace", "-f", "-o", trace, tillstream.path, *words],
                              capture_output=True, text=True, timeout=SECONDS, check=False)
        assert done.returncode == code, done.stderr
        text = trace.read_text(encoding="utf-8", errors="replace")
        calls |= set(re.findall(r"^\d+ +(?:<\.\.\. )?(\w+)(?:\(| resumed)", text, re.M))
        families |= set(re.findall(r"socket\((AF_\w+),", text))
    assert {"execve", "openat", "fdatasync", "connect", "memfd_create", "prctl"} <= calls
    return calls, families


@pytest.mark.skipif(shutil.which("strace") is None, reason="no strace")
@pytest.mark.parametrize("unit", UNITS)
def test_every_system_call_of_a_replay_is_allowed(unit, made, count):
    calls, families = made
    assert calls - allowed(unit) == set()
    assert "fdatasync" in calls - (allowed(unit) - calls_of("@sync"))
    # The resolver asks the kernel for addresses, and takes all families where it may not.
    assert families - set(value(unit, "RestrictAddressFamilies").split()) <= {"AF_NETLINK"}
    count(f"deploy: {len(calls)} system calls of a replay are allowed by {unit}")

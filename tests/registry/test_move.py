"""Moving a registry: `schema copy` between ours and others, ids kept, and what stops it."""

import json
import re
import signal
import socket
import subprocess
import time

import pytest

import servers
from api import Registry, config, mode, versions
from fault_proxy import FaultProxy, answer, silent
from runs import DAYS, ITEMS, STORES, Runs, assert_done, emptied

MONEY = json.dumps({"type": "record", "name": "Money", "namespace": "m",
                    "fields": [{"name": "cents", "type": "long"}]})
SALE = json.dumps({"type": "record", "name": "Sale", "namespace": "m",
                   "fields": [{"name": "price", "type": "Money"}]})
SALE_2 = json.dumps({"type": "record", "name": "Sale", "namespace": "m",
                     "fields": [{"name": "price", "type": "Money"},
                                {"name": "units", "type": "int", "default": 1}]})
OTHER = json.dumps({"type": "enum", "name": "Other", "symbols": ["A"]})


DEADLINE_SECONDS = 30


def reference(version=1):
    return [{"name": "m.Money", "subject": "money", "version": version}]


@pytest.fixture
def fresh(tillstream, tmp_path):
    """fresh(): a registry of ours over an empty log of its own."""
    running = []

    def start(log=None, *options):
        log = log or tmp_path / f"fresh-{len(running)}"
        running.append(servers.start_ours(tillstream.path, log, tmp_path, *options))
        return Registry(running[-1].url, name="ours")

    yield start
    for server in running:
        servers.stop_ours(server)


@pytest.fixture
def copy(tillstream):
    """copy(source, target, ...): the finished command; source is a registry or a log."""

    def run(source, target, *options, code=0, execute=True):
        where = ["--registry", source.url] if isinstance(source, Registry) else ["--log", source]
        options = [*options, *(["--execute"] if execute else [])]
        return tillstream.check("schema", "copy", *where, "--to", target.url, *options, code=code)

    return run


def fill(registry):
    """Ids with a gap, versions with a gap, a reference, levels, a deleted version."""
    registry.registered("gap", '"long"')
    registry.registered("money", MONEY)
    registry.registered("sale", SALE, references=reference())
    registry.registered("sale", SALE_2, references=reference())
    registry.deleted(versions("sale", 1))
    registry.registered("twin", MONEY)
    registry.deleted("/subjects/gap")
    registry.set_level("money", "FULL_TRANSITIVE")
    registry.set_level(None, "FORWARD")


def contents(registry):
    """Everything that a copy keeps."""
    found = {}
    for subject in registry.items("/subjects"):
        for version in registry.items(versions(subject)):
            body = registry.body(versions(subject, version))
            found[subject, version] = (body["id"], json.loads(body["schema"]),
                                       body.get("references") or [])
    levels = {subject: registry.get(config(subject)).body.get("compatibilityLevel")
              for subject in [None, *registry.items("/subjects")]}
    return found, levels


def no_modes(registry):
    for subject in registry.items("/subjects", deleted="true"):
        assert registry.get(mode(subject)).status == 404, subject
    assert registry.body("/mode")["mode"] == "READWRITE"


# ---- there and back


def test_ours_to_another_and_back_keeps_everything(fresh, copy, axonops_registry, count):
    first, last = fresh(), fresh()
    fill(first)
    try:
        copy(first, axonops_registry)
        assert contents(axonops_registry) == contents(first)
        copy(axonops_registry, last)
        assert contents(last) == contents(first)
        assert len(contents(last)[0]) == 3
        no_modes(axonops_registry)
        no_modes(last)
        count("schema copy: ours to AxonOps and back: ids, versions, references, levels the same")
    finally:
        axonops_registry.set_level(None, "BACKWARD")


def test_events_are_read_with_the_new_registry(fresh, copy, axonops_registry, tillstream, data,
                                               tmp_path):
    """The ids in the frames stay those of the registry that the run began with."""
    axonops_registry.registered("before", OTHER)  # so that the ids are not 1 and 2
    runs = Runs(tillstream, data, tmp_path / "log")
    assert_done(runs.replay(axonops_registry.url))
    moved = fresh()
    copy(axonops_registry, moved)
    done = runs.consume(moved.url)
    assert_done(done)
    assert len(done.stdout.splitlines()) == STORES * ITEMS * DAYS
    runs.assert_complete(moved.url)


def test_the_log_s_own_schemas_move_without_a_server(fresh, copy, tillstream, data, tmp_path):
    runs = Runs(tillstream, data, tmp_path / "log")
    assert_done(runs.replay(None))
    moved = fresh()
    done = copy(runs.log, moved)
    assert re.search(r"^sales-value +1 +1 +- +copied$", done.stdout, re.MULTILINE), done.stdout
    assert runs.ids() == {moved.body(versions("sales-value", 1))["id"]}


def test_copying_again_changes_nothing(fresh, copy):
    first, second = fresh(), fresh()
    fill(first)
    first.registered("a/b c%", OTHER)  # AxonOps 0.2.1 lists such a name as it was encoded
    copy(first, second)
    assert contents(second) == contents(first)
    with FaultProxy(second.url) as proxy:
        done = copy(first, Registry(proxy.url))
        assert proxy.count("PUT", "") == proxy.count("DELETE", "") == 0
        assert proxy.count("POST", "/versions$") == 0
    assert "nothing to copy: all 6 are there already" in done.stderr


def test_without_execute_nothing_is_written(fresh, copy):
    first, second = fresh(), fresh()
    fill(first)
    done = copy(first, second, execute=False)
    assert "dry run: 5 of 5 would be copied; --execute copies them" in done.stderr
    assert "2 deleted versions are left out" in done.stderr
    assert second.items("/subjects") == []
    said = json.loads(copy(first, second, "--json", execute=False).stdout)
    assert said["executed"] is False and said["deleted_left_out"] == 2
    assert [(row["subject"], row["version"], row["state"]) for row in said["versions"]] == [
        ("money", 1, "to copy"), ("twin", 1, "to copy"), ("sale", 2, "to copy")]


# ---- what stops it


def test_ids_that_are_another_schema_s_are_refused_before_anything_is_written(fresh, copy):
    first, second = fresh(), fresh()
    first.registered("a", MONEY)
    first.registered("b", OTHER)
    second.registered("x", OTHER)
    done = copy(first, second, code=7)
    assert 'id 1 of subject "a": version 1 is another schema\'s there' in done.stderr
    assert "nothing was written" in done.stderr
    assert second.items("/subjects") == ["x"]


def test_versions_with_other_ids_are_refused_before_anything_is_written(fresh, copy):
    first, second = fresh(), fresh()
    first.registered("gap", OTHER)
    first.registered("a", MONEY)
    first.deleted("/subjects/gap")
    second.registered("a", MONEY)
    done = copy(first, second, code=7)
    assert 'subject "a": version 1 has id 1 there, needed 2' in done.stderr
    assert second.items("/subjects") == ["a"]


def test_a_subject_with_versions_needs_force(fresh, copy):
    first, second = fresh(), fresh()
    first.registered("a", MONEY)
    copy(first, second)
    first.registered("a", json.dumps({**json.loads(MONEY), "doc": "in cents"}))
    done = copy(first, second, code=7)
    assert 'subject "a" has versions there already; --force imports beside them' in done.stderr
    assert second.items(versions("a")) == [1]
    copy(first, second, "--force")
    assert contents(second) == contents(first)
    no_modes(second)


def test_a_registry_that_is_away_is_exit_five(fresh, copy):
    first = fresh()
    fill(first)
    with socket.socket() as taken:  # bound, and nobody listens
        taken.bind(("127.0.0.1", 0))
        away = Registry(f"http://127.0.0.1:{taken.getsockname()[1]}")
        done = copy(first, away, "--to-timeout", "300ms", code=5)
    assert "connection refused" in done.stderr


def test_a_registry_without_import_is_said_to_be_one(fresh, copy, apicurio):
    first = fresh()
    first.registered("a", MONEY)
    target = emptied(apicurio)
    done = copy(first, target, code=5)
    assert "has no mode IMPORT, so it cannot take ids; --new-ids copies the schemas" in done.stderr
    assert target.items("/subjects") == []


def test_without_ids_schemas_and_references_go_to_any_registry(fresh, copy, apicurio):
    first = fresh()
    fill(first)
    target = emptied(apicurio)
    try:
        copy(first, target, "--new-ids")
        assert sorted(target.items("/subjects")) == ["money", "sale", "twin"]
        body = target.body(versions("sale", "latest"))
        assert json.loads(body["schema"]) == json.loads(SALE_2)
        assert body["references"] == reference()
        assert "nothing to copy" in copy(first, target, "--new-ids").stderr
    finally:
        target.set_level(None, "BACKWARD")


def test_the_mode_is_set_back_after_an_error(fresh, copy):
    first, second = fresh(), fresh()
    first.registered("a", MONEY)
    first.registered("b", OTHER)
    with FaultProxy(second.url) as proxy:
        proxy.fail(answer(422, {"error_code": 42201, "message": "no"}), method="POST",
                   path="^/subjects/b/versions")
        done = copy(first, Registry(proxy.url), code=3)
    assert 'subject "b": version 1: 42201 no' in done.stderr
    assert second.items("/subjects") == ["a"]
    no_modes(second)


def copy_until(tillstream, first, proxy, sent, *options):
    """A copy that gets the signal when it writes subject b: exit code, table, stderr."""
    running = subprocess.Popen(
        [tillstream.path, "schema", "copy", "--registry", first.url, "--to", proxy.url, "--execute",
         *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    end = time.monotonic() + DEADLINE_SECONDS
    while not proxy.count("POST", "^/subjects/b/versions"):
        assert time.monotonic() < end and running.poll() is None, running.communicate()
    running.send_signal(sent)
    table, said = running.communicate(timeout=DEADLINE_SECONDS)
    return running.returncode, table, said


@pytest.fixture
def two(fresh):
    """A registry with two subjects, and an empty one."""
    first, second = fresh(), fresh()
    first.registered("a", MONEY)
    first.registered("b", OTHER)
    return first, second


def test_the_mode_is_set_back_after_ctrl_c(two, tillstream):
    first, second = two
    with FaultProxy(second.url) as proxy:
        proxy.fail(silent, method="POST", path="^/subjects/b/versions")
        code, table, said = copy_until(tillstream, first, proxy, signal.SIGINT)
    assert code == 130, said
    assert "stopped: 1 of 2 copied; run it again with --force to go on" in said
    assert re.search(r"^b +1 +2 +- +to copy$", table, re.MULTILINE), table
    no_modes(second)


def test_without_ids_a_stopped_copy_goes_on_without_force(two, tillstream):
    first, second = two
    with FaultProxy(second.url) as proxy:
        proxy.fail(silent, method="POST", path="^/subjects/b/versions")
        code, _, said = copy_until(tillstream, first, proxy, signal.SIGINT, "--new-ids")
    assert code == 130, said
    assert "stopped: 1 of 2 copied; run it again to go on" in said


def test_a_mode_that_stays_after_ctrl_c_is_an_error(two, tillstream):
    first, second = two
    with FaultProxy(second.url) as proxy:
        proxy.fail(silent, method="POST", path="^/subjects/b/versions")
        proxy.fail(answer(403), method="DELETE", path="^/mode/")
        code, _, said = copy_until(tillstream, first, proxy, signal.SIGINT)
    assert code == 5, said
    assert re.search(r'^error: .*subject "a" is left in mode IMPORT$', said, re.MULTILINE), said


def test_the_mode_is_set_back_by_the_copy_after_a_kill(two, copy, tillstream):
    first, second = two
    with FaultProxy(second.url) as proxy:
        proxy.fail(silent, method="POST", path="^/subjects/b/versions")
        copy_until(tillstream, first, proxy, signal.SIGKILL)
    assert second.body(mode("a"))["mode"] == second.body(mode("b"))["mode"] == "IMPORT"
    done = copy(first, second, execute=False)
    assert ('warning: subject "a" is in mode IMPORT there, as a copy that was killed leaves it; '
            "--execute takes it back") in done.stderr
    copy(first, second, "--force")
    no_modes(second)
    assert contents(second) == contents(first)

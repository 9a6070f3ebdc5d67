"""Our client against real registries: registering, evolving, refusing, going on, authenticating."""

import json

import pytest

from api import versions
from fault_proxy import FaultProxy
from messages import assert_said
from runs import DAYS, ITEMS, STORES, assert_done, emptied
from servers import USER

SUBJECTS = ("sales-value", "sales-days-value")


@pytest.fixture(scope="module")
def schema(source):
    """The schema of events, as it is shipped."""
    return json.loads((source / "schemas" / "sales_record.avsc").read_text(encoding="utf-8"))


@pytest.fixture(params=["axonops", "apicurio"])
def registry(request):
    return emptied(request.getfixturevalue(request.param))


# ---- registering


def test_replay_registers_and_frames_with_the_registry_s_ids(registry, runs, schema):
    assert_done(runs.replay(registry.url))
    latest = [registry.body(versions(subject, "latest")) for subject in SUBJECTS]
    assert [found["version"] for found in latest] == [1, 1]
    assert json.loads(latest[0]["schema"]) == schema
    assert runs.ids("sales") == {latest[0]["id"]}
    assert runs.ids("sales-days") == {latest[1]["id"]}
    assert not (runs.log / "_schemas-0").exists()
    runs.assert_complete(registry.url)


def test_consume_and_verify_need_the_registry_too(registry, runs):
    assert_done(runs.replay(registry.url))
    done = runs.consume(registry.url)
    assert_done(done)
    assert len(done.stdout.splitlines()) == STORES * ITEMS * DAYS
    assert_said(runs.consume(None), "registry needed", "")


def test_each_subject_is_registered_once_for_all_stores(axonops_registry, runs):
    with FaultProxy(axonops_registry.url) as proxy:
        assert_done(runs.replay(proxy.url))
        for subject in SUBJECTS:
            assert proxy.count("POST", f"^/subjects/{subject}/versions") == 1


def test_each_id_is_asked_for_once(axonops_registry, runs):
    assert_done(runs.replay(axonops_registry.url))
    with FaultProxy(axonops_registry.url) as proxy:
        assert_done(runs.consume(proxy.url))
        assert proxy.count("GET", "^/schemas/ids/") == 1
        runs.assert_complete(proxy.url, "--threads", 4)
        # Events and totals.
        assert proxy.count("GET", "^/schemas/ids/") == 1 + 2


@pytest.mark.parametrize("strategy, subject", [
    ("topic", "sales-value"), ("record", "m5.forecasting.avro.SalesRecord"),
    ("topic-record", "sales-m5.forecasting.avro.SalesRecord")])
def test_the_subject_follows_the_strategy(axonops_registry, runs, strategy, subject):
    assert_done(runs.replay(axonops_registry.url, "--subject", strategy))
    assert subject in axonops_registry.items("/subjects")
    runs.assert_complete(axonops_registry.url)


def test_without_registering_a_schema_is_looked_up(registry, runs, schema):
    assert_said(runs.replay(registry.url, "--no-register"), "not registered", registry.url)
    assert registry.items("/subjects") == []
    assert_done(runs.replay(registry.url))
    before = [registry.body(versions(subject)) for subject in SUBJECTS]
    runs.log = runs.log.with_name("other")
    assert_done(runs.replay(registry.url, "--no-register"))
    assert [registry.body(versions(subject)) for subject in SUBJECTS] == before


# ---- evolving and refusing


def with_field(schema, field):
    return {**schema, "fields": [*schema["fields"], field]}


def retyped(schema, name, kind):
    return {**schema, "fields": [{**field, "type": kind} if field["name"] == name else field
                                 for field in schema["fields"]]}


def test_a_compatible_schema_becomes_the_next_version(registry, runs, schema):
    older = with_field(schema, {"name": "promo", "type": ["null", "string"], "default": None})
    registry.registered("sales-value", json.dumps(older))
    assert_done(runs.replay(registry.url))
    assert registry.body(versions("sales-value")) == [1, 2]
    assert runs.ids() == {registry.body(versions("sales-value", 2))["id"]}
    runs.assert_complete(registry.url)


def test_an_incompatible_schema_is_refused_before_the_first_event(registry, runs, schema):
    registry.registered("sales-value", json.dumps(retyped(schema, "sold", "string")))
    assert_said(runs.replay(registry.url), "incompatible", registry.url)
    assert registry.body(versions("sales-value")) == [1]
    assert not list(runs.log.glob("sales-*/*.log"))


def test_nothing_is_registered_when_one_of_two_subjects_is_refused(registry, runs, source):
    totals = json.loads((source / "schemas" / "store_day.avsc").read_text(encoding="utf-8"))
    registry.registered("sales-days-value", json.dumps(retyped(totals, "units", "string")))
    done = runs.replay(registry.url)
    assert done.returncode == 3 and "sales-days-value" in done.stderr, done.stderr
    assert registry.items("/subjects") == ["sales-days-value"]
    assert not list(runs.log.glob("sales-*/*.log"))


# ---- going on


def test_a_run_goes_on_with_the_ids_that_it_began_with(registry, runs):
    assert_done(runs.replay(registry.url, "--to", "d_8"))
    ids = runs.ids()
    assert_done(runs.replay(registry.url))
    assert runs.ids() == ids
    assert [registry.body(versions(subject)) for subject in SUBJECTS] == [[1], [1]]
    runs.assert_complete(registry.url)


def test_a_run_does_not_go_on_with_other_ids(axonops_registry, axonops_auth, runs):
    assert_done(runs.replay(axonops_registry.url, "--to", "d_8"))
    written = runs.ids() | runs.ids("sales-days")
    other = emptied(axonops_auth)
    taken = 0
    while taken <= max(written):
        name = f"T{taken}"
        taken = other.registered(f"{name}-value", f'{{"type":"fixed","name":"{name}","size":1}}')
    done = runs.replay(other.url, "--registry-user", USER)
    assert_said(done, "other id", other.url)
    assert runs.ids() | runs.ids("sales-days") == written


def test_a_run_without_a_registry_does_not_go_on_with_one(registry, runs):
    # Ids of a log begin at 1; with another schema before it the registry's does not.
    registry.registered("before-value", '{"type":"record","name":"B","fields":[]}')
    assert_done(runs.replay(None, "--to", "d_8"))
    assert_said(runs.replay(registry.url), "other id", registry.url)


# ---- finding and authenticating


def test_the_environment_names_the_registry(axonops_registry, runs, monkeypatch):
    monkeypatch.setenv("SCHEMA_REGISTRY_URL", axonops_registry.url)
    assert_done(runs.replay(None))
    assert axonops_registry.body(versions("sales-value")) == [1]


def test_the_second_url_is_used_when_the_first_is_down(axonops_registry, runs):
    with FaultProxy(axonops_registry.url) as proxy:
        proxy.refuse()
        assert_done(runs.replay(f"{proxy.url},{axonops_registry.url}"))
        runs.assert_complete(f"{proxy.url},{axonops_registry.url}")


def test_basic_authentication(axonops_auth, runs):
    emptied(axonops_auth)
    for options in ([], ["--registry-user", USER + "x"]):
        assert_said(runs.replay(axonops_auth.url, *options), "unauthorized", axonops_auth.url)
    done = runs.replay(axonops_auth.url, "--registry-user", USER, "-v")
    assert_done(done)
    assert USER.partition(":")[2] not in done.stderr
    runs.assert_complete(axonops_auth.url, "--registry-user", USER)


def test_a_bearer_token_from_a_file(axonops_registry, runs, tmp_path):
    token = tmp_path / "token"
    with FaultProxy(axonops_registry.url, token="s3cret") as proxy:
        token.write_text("wrong\n", encoding="utf-8")
        options = ["--registry-token-file", token]
        assert_said(runs.replay(proxy.url, *options), "unauthorized", proxy.url)
        token.write_text("s3cret\n", encoding="utf-8")
        done = runs.replay(proxy.url, *options, "-v")
        assert_done(done)
        assert "s3cret" not in done.stderr
        runs.assert_complete(proxy.url, *options)


def test_tls_is_trusted_with_its_authority_alone(axonops_registry, runs, certificates):
    with FaultProxy(axonops_registry.url, tls=certificates.context()) as proxy:
        assert_said(runs.replay(proxy.url), "certificate", proxy.url)
        assert proxy.count() == 0
        assert_done(runs.replay(proxy.url, "--registry-ca", certificates.ca))
    with FaultProxy(axonops_registry.url, tls=certificates.context("elsewhere")) as proxy:
        done = runs.replay(proxy.url, "--registry-ca", certificates.ca)
        assert_said(done, "certificate", proxy.url)


def test_a_client_certificate_is_shown(axonops_registry, runs, certificates):
    with FaultProxy(axonops_registry.url, tls=certificates.context(client_needed=True)) as proxy:
        options = ["--registry-ca", certificates.ca]
        assert_said(runs.replay(proxy.url, *options), "client certificate", proxy.url)
        options += ["--registry-cert", certificates.client_certificate,
                    "--registry-key", certificates.client_key]
        assert_done(runs.replay(proxy.url, *options))
        runs.assert_complete(proxy.url, *options)


# ---- the schema commands


def test_schema_commands_speak_to_a_registry(registry, tillstream, schema, tmp_path):
    file = tmp_path / "schema.avsc"
    file.write_text(json.dumps(schema), encoding="utf-8")
    target = ["--registry", registry.url]
    tillstream.check("schema", "register", *target, "--subject", "sales-value", file)
    assert registry.body(versions("sales-value")) == [1]
    listed = json.loads(tillstream.check("schema", "list", *target, "--json").stdout)
    assert [entry["subject"] for entry in listed] == ["sales-value"]
    shown = tillstream.check("schema", "show", *target, "sales-value").stdout
    assert json.loads(shown) == schema
    tillstream.check("schema", "check", *target, "--subject", "sales-value", file)
    file.write_text(json.dumps(retyped(schema, "sold", "string")), encoding="utf-8")
    done = tillstream.check("schema", "check", *target, "--subject", "sales-value", file, code=3)
    assert "sold" in done.stdout or "/fields/6" in done.stdout

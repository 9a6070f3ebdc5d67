"""deploy/cloud-init.yaml against cloud-init's schema, and what stands in it against the rest of
deploy/; tests/deploy/fetch.sh gets the schema."""

import copy
import json
import os
import pathlib
import subprocess

import jsonschema
import pytest
import yaml

import compose

SOURCE = pathlib.Path(os.environ.get("TILLSTREAM_SOURCE", pathlib.Path(__file__).parents[2]))
FILE = SOURCE / "deploy" / "cloud-init.yaml"
SCHEMA = compose.PEERS / "cloud-config.schema.json"
UNIT = "/etc/systemd/system/tillstream.service"
SCRIPT = "/usr/local/sbin/tillstream-install"
ENVIRONMENT = "/etc/tillstream/env"
SECONDS = 30
# Writes its name and arguments to the file $CALLS; git makes the folder that it would clone into.
STAND_IN = """#!/bin/sh
echo "${0##*/} $*" >>"$CALLS"
[ "${0##*/}" = docker ] || { for last; do :; done; mkdir -p "$last/deploy"; }
"""


@pytest.fixture(scope="module")
def config():
    return yaml.safe_load(FILE.read_text(encoding="utf-8"))


def faults(config):
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    return [error.message for error in jsonschema.Draft4Validator(schema).iter_errors(config)]


def file_of(config, path):
    return next(file for file in config["write_files"] if file["path"] == path)["content"]


def variables(text):
    return [line.partition("=")[0] for line in text.splitlines()
            if "=" in line and not line.startswith("#")]


def test_cloud_init_knows_the_file_by_its_first_line():
    assert FILE.read_text(encoding="utf-8").startswith("#cloud-config\n")


def test_the_schema_accepts_it(config):
    assert faults(config) == []


@pytest.mark.parametrize("spoil", [
    lambda config: config["write_files"].append({"pat": "/a"}),
    lambda config: config.update(packages="git"),
    lambda config: config.update(runcmd=[{"run": "it"}]),
    lambda config: config["apt"].update(source={})])
def test_the_schema_refuses_what_is_wrong(config, spoil):
    spoilt = copy.deepcopy(config)
    spoil(spoilt)
    assert faults(spoilt) != []


def test_its_variables_are_those_of_the_compose_files(config):
    example = (SOURCE / "deploy" / "env.example").read_text(encoding="utf-8")
    assert sorted(variables(file_of(config, ENVIRONMENT))) == sorted(variables(example))


def test_what_is_written_is_what_is_run(config):
    assert config["runcmd"] == [[SCRIPT], ["systemctl", "daemon-reload"],
                                ["systemctl", "enable", "--now", UNIT.rpartition("/")[2]]]
    unit = file_of(config, UNIT)
    started = [line.partition("=")[2] for line in unit.splitlines()
               if line.startswith(("ExecStart=", "ExecStop="))]
    assert len(started) == 2
    assert all(command.startswith(f"/usr/bin/docker compose --env-file {ENVIRONMENT} ")
               for command in started)
    assert "WorkingDirectory=/srv/tillstream/source/deploy\n" in unit
    assert "docker-compose-plugin" in config["packages"]


def run_script(config, folder):
    """Runs it below `folder` with stand-ins; what they were called with."""
    tools = folder / "bin"
    tools.mkdir(exist_ok=True)
    for name in ("docker", "git"):
        (tools / name).write_text(STAND_IN, encoding="utf-8")
        (tools / name).chmod(0o755)
    script = file_of(config, SCRIPT).replace("/srv/", f"{folder}/srv/")
    calls = folder / "calls"
    calls.write_text("", encoding="utf-8")
    subprocess.run(["sh", "-c", script], check=True, timeout=SECONDS, capture_output=True,
                   env={"PATH": f"{tools}:{os.environ['PATH']}", "CALLS": str(calls)})
    return calls.read_text(encoding="utf-8").replace(f"{folder}/", "/").splitlines()


def test_the_script_fetches_builds_and_makes_data_once(config, tmp_path):
    compose_call = f"docker compose --env-file {ENVIRONMENT} "
    build = compose_call + "build registry"
    assert run_script(config, tmp_path) == [
        "git clone --depth 1 https://git.example.org/tillstream.git /srv/tillstream/source", build,
        compose_call + "run --rm --no-deps --user 0 --volume /srv/tillstream/data:/new registry "
        "synth --out /new"]
    (tmp_path / "srv" / "tillstream" / "data" / "calendar.csv").touch()
    assert run_script(config, tmp_path) == [build]

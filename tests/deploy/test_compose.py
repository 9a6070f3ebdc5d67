"""deploy/compose.yaml and compose.zookeeper.yaml, read by docker compose's own parser."""

import os
import pathlib
import re
import socket
import subprocess
import time

import pytest

import compose

SOURCE = pathlib.Path(os.environ.get("TILLSTREAM_SOURCE", pathlib.Path(__file__).parents[2]))
DEPLOY = SOURCE / "deploy"
KRAFT, ZOOKEEPER = DEPLOY / "compose.yaml", DEPLOY / "compose.zookeeper.yaml"
FILES = pytest.mark.parametrize("path", [KRAFT, ZOOKEEPER], ids=lambda path: path.name)
STORES = ["CA_1", "CA_2", "CA_3", "CA_4", "TX_1", "TX_2", "TX_3", "WI_1", "WI_2", "WI_3"]
OURS = "tillstream:"
READY_SECONDS = 20


def services(path, **variables):
    return compose.load(path, **variables)["services"]


def clients(path):
    return {name: service for name, service in services(path).items()
            if "KAFKA_BROKERS" in service.get("environment", {})}


@FILES
def test_the_parser_accepts_it(path):
    assert services(path)


@pytest.mark.parametrize(("good", "bad"), [
    ("    restart: always\n", "    restarts: always\n"),
    ("{condition: service_healthy}", "{condition: service_well}"),
    ("  registry:\n    <<: *tillstream", "  registry:\n    <<: *nothing"),
    ("kafka-2: *when-healthy", "kafka-4: *when-healthy")])
def test_the_parser_refuses_what_is_wrong(tmp_path, good, bad):
    text = KRAFT.read_text(encoding="utf-8")
    assert good in text
    (tmp_path / "compose.yaml").write_text(text.replace(good, bad), encoding="utf-8")
    assert compose.parse(tmp_path / "compose.yaml", TILLSTREAM_DATA="/data").returncode == 1


@FILES
def test_the_data_folder_has_no_default(path):
    done = compose.parse(path)
    assert done.returncode == 1
    assert "TILLSTREAM_DATA is missing a value: the folder of the M5 files" in done.stderr


@FILES
def test_every_service_comes_back_and_has_a_version(path):
    for name, service in services(path).items():
        assert service["restart"] == "always", name
        assert re.search(r":v?\d+\.\d+\.\d+$", service["image"]), name


def test_the_image_has_the_version_of_the_source():
    version = re.search(r"project\(tillstream VERSION ([\d.]+)",
                        (SOURCE / "CMakeLists.txt").read_text(encoding="utf-8"))[1]
    for path in (KRAFT, ZOOKEEPER):
        ours = {service["image"] for service in services(path).values()
                if service["image"].startswith(OURS)}
        assert ours == {OURS + version}
    dockerfile = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    assert f"docker build -t {OURS}{version} " in dockerfile


@FILES
def test_every_server_has_a_health_check_and_clients_wait_for_it(path):
    for name, service in services(path).items():
        assert (name in clients(path)) != ("healthcheck" in service), name
    brokers = list(compose.broker_services(compose.load(path)))
    for name, service in clients(path).items():
        assert {on: how["condition"] for on, how in service["depends_on"].items()} == {
            on: "service_healthy" for on in [*brokers, "registry"]}, name


@FILES
def test_one_generator_for_each_store_of_m5(path):
    commands = {name: service["command"] for name, service in services(path).items()
                if name.startswith("generator-")}
    assert commands == {f"generator-{store.lower().replace('_', '-')}": ["replay", "--store", store]
                        for store in STORES}


@FILES
def test_clients_use_the_internal_listeners_and_the_mounted_data(path):
    project = compose.load(path)
    internal = [compose.listeners(service["environment"]["KAFKA_ADVERTISED_LISTENERS"])["INTERNAL"]
                for service in compose.broker_services(project).values()]
    assert [host for host, _ in internal] == list(compose.broker_services(project))
    for name, service in clients(path).items():
        assert service["environment"]["KAFKA_BROKERS"] == ",".join(
            f"{host}:{port}" for host, port in internal), name
        mounted = service["volumes"][0]
        assert mounted["target"] == service["environment"]["TILLSTREAM_DATA"], name
        assert mounted["read_only"], name


def test_the_original_keeps_positions_in_zookeeper():
    for name, service in clients(ZOOKEEPER).items():
        assert service["environment"]["TILLSTREAM_POSITIONS"] == (
            "zookeeper://zookeeper:2181/tillstream"), name


@FILES
def test_one_variable_moves_what_external_clients_are_told(path):
    here, there = compose.load(path), compose.load(path, KAFKA_HOST="shop.example.org")
    for name, service in compose.broker_services(there).items():
        before = here["services"][name]["environment"]
        moved = {key for key, value in service["environment"].items() if value != before[key]}
        assert moved == {"KAFKA_ADVERTISED_LISTENERS"}
        was = compose.listeners(before["KAFKA_ADVERTISED_LISTENERS"])
        now = compose.listeners(service["environment"]["KAFKA_ADVERTISED_LISTENERS"])
        assert now == {**was, "EXTERNAL": ("shop.example.org", was["EXTERNAL"][1])}


@FILES
def test_external_listeners_are_published_under_the_port_that_is_advertised(path):
    ports = []
    for service in compose.broker_services(compose.load(path)).values():
        advertised = compose.listeners(service["environment"]["KAFKA_ADVERTISED_LISTENERS"])
        bound = compose.listeners(service["environment"]["KAFKA_LISTENERS"])
        published = service["ports"][0]
        assert int(published["published"]) == advertised["EXTERNAL"][1]
        assert published["target"] == bound["EXTERNAL"][1]
        ports.append(published["published"])
    assert len(set(ports)) == len(ports)


@FILES
def test_nothing_is_published_to_other_hosts_unless_told_so(path):
    assert {port["host_ip"] for service in services(path).values()
            for port in service.get("ports", [])} == {"127.0.0.1"}
    open_to_all = {name for name, service in services(path, KAFKA_BIND="0.0.0.0").items()
                   for port in service.get("ports", []) if port["host_ip"] == "0.0.0.0"}
    assert open_to_all == {"kafka-1", "kafka-2", "kafka-3", "registry"}


def test_env_example_has_every_variable_and_the_defaults_of_the_files():
    example = dict(line.split("=", 1) for line in (DEPLOY / "env.example").read_text(
        encoding="utf-8").splitlines() if line and not line.startswith("#"))
    used = {}
    for path in (KRAFT, ZOOKEEPER):
        for name, default in re.findall(r"\$\{(\w+)(?::-([^}]*)|:\?[^}]*)?\}",
                                        path.read_text(encoding="utf-8")):
            assert used.setdefault(name, default) == default, name
    assert set(example) == set(used)
    assert {name: example[name] for name, default in used.items() if default} == {
        name: default for name, default in used.items() if default}


@FILES
def test_the_binary_has_every_option_that_is_used(tillstream, path):
    for name, service in clients(path).items():
        subcommand, *arguments = service["command"]
        text = tillstream.check(subcommand, "--help").stdout
        for option in (argument for argument in arguments if argument.startswith("--")):
            assert re.search(rf"(^|[ ,]){option}[ =]", text, re.MULTILINE), f"{name}: {option}"
    text = tillstream.check("replay", "--help").stdout
    for variable in next(iter(clients(path).values()))["environment"]:
        if variable.startswith("TILLSTREAM_"):
            assert "--" + variable.removeprefix("TILLSTREAM_").lower().replace("_", "-") in text


def health_of_registry(tillstream, port):
    command = services(KRAFT)["registry"]["healthcheck"]["test"]
    assert command[:2] == ["CMD", "tillstream"]
    arguments = [argument.replace(":8081", f":{port}") for argument in command[2:]]
    return tillstream.run(*arguments, "--registry-timeout", "1s").returncode


def test_the_registry_is_healthy_once_it_serves(tillstream, tmp_path):
    command = [argument.replace("0.0.0.0:8081", "127.0.0.1:0").replace("/var/lib/tillstream",
                                                                     str(tmp_path / "log"))
               for argument in services(KRAFT)["registry"]["command"]]
    with subprocess.Popen([tillstream.path, *command], stderr=subprocess.PIPE, text=True) as server:
        try:
            end = time.monotonic() + READY_SECONDS
            for line in server.stderr:
                assert time.monotonic() < end, "not ready"
                if line.startswith("listening: "):
                    break
            port = int(line.rpartition(":")[2])
            assert health_of_registry(tillstream, port) == 0
        finally:
            server.terminate()
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        assert health_of_registry(tillstream, nobody.getsockname()[1]) != 0

"""Real clients read what `replay` wrote and write what `consume` reads. The bytes go through the log's
files, the schemas through a registry, and nothing else is given to anybody."""

import datetime
import json
import uuid

import pytest

import clients
import foreign_log
import foreign_writer
import servers
from api import Registry

EPOCH = datetime.date(1970, 1, 1)
# Of each partition; the ends are among them.
SAMPLES = 200
TOPICS = ("sales", "sales-days")
ROWS = [
    {"item_id": f"FOODS_3_{number:03}", "dept_id": "FOODS_3", "cat_id": "FOODS", "store_id": "WI_3",
     "state_id": "Wisconsin é", "day": number - 3, "sold": number * 1_000_003,
     "sell_price": None if number % 3 == 0 else number / 4}
    for number in range(50)
]


@pytest.fixture(scope="module")
def log(tillstream, data, tmp_path_factory):
    directory = tmp_path_factory.mktemp("log") / "log"
    tillstream.check("replay", "--data", data, "--log", directory, "-q")
    return directory


@pytest.fixture(scope="module")
def serving(tillstream, log, folder):
    """Our registry over the log that `replay` wrote."""
    server = servers.start_ours(tillstream.path, log, folder)
    yield server
    servers.stop_ours(server)


@pytest.fixture(params=clients.ALL, ids=lambda client: client.name)
def client(request):
    return request.param


def samples(log, topic):
    for partition in foreign_log.partitions(log, topic):
        records = list(foreign_log.records(log, topic, partition))
        yield from records[::max(1, len(records) // SAMPLES)]
        yield records[-1]


def in_json(value):
    """As JSON has a value: a date is its number of days."""
    return {name: (field - EPOCH).days if isinstance(field, datetime.date) else field
            for name, field in value.items()}


@pytest.mark.parametrize("topic", TOPICS)
def test_a_client_reads_what_replay_wrote(log, serving, client, topic, count):
    schemas = foreign_log.schemas(log)
    values = [record.value for record in samples(log, topic)]
    expected = [in_json(foreign_log.decode(value, schemas)) for value in values]
    assert client.decode(serving, values) == expected
    count(f"{client.name}: {len(values)} values of {topic} read with our registry's URL alone")


def written(client, server, log, topic, schema):
    """The client writes ROWS with the registry's schema into a new topic of the log."""
    registry = Registry(server.url, name=server.name, user=server.user)
    registry.registered(f"{topic}-value", schema)
    values = client.encode(server, topic, ROWS)
    start = 1_300_000_000_000
    foreign_writer.write(log, topic, [(start + number, row["item_id"].encode(), value)
                                      for number, (row, value) in enumerate(zip(ROWS, values))])


def assert_rows(done):
    assert [json.loads(line) for line in done.stdout.splitlines()] == ROWS


def test_consume_reads_what_a_client_wrote_with_our_registry(
        tillstream, source, log, serving, client):
    topic = f"foreign-{uuid.uuid4().hex[:8]}"
    schema = (source / "schemas" / "sales_record.avsc").read_text(encoding="utf-8")
    written(client, serving, log, topic, schema)
    for options in ([], ["--registry", serving.url]):
        assert_rows(tillstream.check("consume", "--log", log, "-t", topic, "-e", "-q", "--format",
                                     "json", *options))


@pytest.mark.parametrize("server", ["axonops", "apicurio"])
def test_consume_reads_what_a_client_wrote_with_a_real_registry(
        tillstream, source, tmp_path, request, client, server):
    server = request.getfixturevalue(server)
    topic = f"foreign-{uuid.uuid4().hex[:8]}"
    schema = (source / "schemas" / "sales_record.avsc").read_text(encoding="utf-8")
    written(client, server, tmp_path / "log", topic, schema)
    assert_rows(tillstream.check("consume", "--log", tmp_path / "log", "-t", topic, "-e", "-q",
                                 "--format", "json", "--registry", server.url))


@pytest.mark.parametrize("server", ["axonops", "apicurio"])
def test_a_client_reads_what_replay_wrote_with_a_real_registry(
        tillstream, data, log, tmp_path, request, client, server):
    server = request.getfixturevalue(server)
    other = tmp_path / "log"
    tillstream.check("replay", "--data", data, "--log", other, "--registry", server.url, "-q")
    schemas = foreign_log.schemas(log)
    expected = [in_json(foreign_log.decode(record.value, schemas))
                for record in samples(log, "sales")]
    values = [record.value for record in samples(other, "sales")]
    assert client.decode(server, values) == expected

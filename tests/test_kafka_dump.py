"""Kafka's own dump tool reads what the embedded log holds: every batch, every record, every index
entry, for every codec."""

import re
import shutil
import subprocess

import pytest

STORES, ITEMS, DAYS = 3, 20, 60
SUMMARY = re.compile(r"^(?P<file>.*\.log): (?P<records>\d+) records in (?P<batches>\d+) batches$",
                     re.MULTILINE)


@pytest.fixture(scope="session")
def dump(source):
    script = source / "tests" / "kafka_tools" / "dump.sh"

    def run(*files):
        return subprocess.run([script, *files], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, timeout=120, check=False)

    return run


@pytest.fixture(scope="module")
def data(tillstream, tmp_path_factory):
    directory = tmp_path_factory.mktemp("data")
    tillstream.check("synth", "--out", directory, "--stores", STORES, "--items", ITEMS,
                     "--days", DAYS, "--seed", 7)
    return directory


@pytest.fixture(scope="module", params=["none", "lz4", "zstd"])
def log(tillstream, data, request, tmp_path_factory):
    directory = tmp_path_factory.mktemp("log") / request.param
    tillstream.check("replay", "--data", data, "--log", directory, "--codec", request.param, "-q")
    return directory


def records_by_topic(output):
    sums = {}
    for match in SUMMARY.finditer(output):
        topic = match["file"].split("/")[-2].rpartition("-")[0]
        sums[topic] = sums.get(topic, 0) + int(match["records"])
    return sums


def test_every_record_of_every_topic_is_valid(log, dump, count):
    files = sorted(log.rglob("*.log"))
    done = dump(*files)
    assert done.returncode == 0, done.stdout
    found = records_by_topic(done.stdout)
    schemas = found.pop("_schemas")
    assert found == {"sales": STORES * ITEMS * DAYS, "sales-days": STORES * DAYS}
    assert schemas >= 2
    count(f"Kafka's dump tool: {log.name}: {sum(found.values()) + schemas} records in "
          f"{len(files)} segments, all valid")


def test_every_index_agrees_with_its_log(log, dump):
    files = sorted([*log.rglob("*.index"), *log.rglob("*.timeindex")])
    assert files
    done = dump(*files)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("place", ["header", "records", "end"])
def test_a_flipped_byte_is_reported(log, dump, tmp_path, place):
    partition = tmp_path / "sales-0"
    shutil.copytree(log / "sales-0", partition)
    (path,) = partition.glob("*.log")
    content = bytearray(path.read_bytes())
    # Byte 21 to 60 of a batch are under its CRC; the CRC itself is 17 to 20.
    content[{"header": 25, "records": len(content) // 2, "end": len(content) - 1}[place]] ^= 0x10
    path.write_bytes(content)
    done = dump(path)
    assert done.returncode == 1, done.stdout


def test_an_unfinished_last_batch_is_reported(log, dump, tmp_path):
    partition = tmp_path / "sales-0"
    shutil.copytree(log / "sales-0", partition)
    (path,) = partition.glob("*.log")
    path.write_bytes(path.read_bytes()[:-3])
    done = dump(path)
    assert done.returncode == 1, done.stdout

"""One broker with the settings of three, as Kafka's defaults have them: no transaction can begin."""

import json

import pytest

from cluster import Cluster
from stream_runs import StreamRuns

OF_THREE = {"transaction.state.log.replication.factor": 3, "transaction.state.log.min.isr": 2,
            "offsets.topic.replication.factor": 3}
# Far less than the deadline after which it could only say that nobody answered.
REFUSED_SECONDS = 15
LINE = ("begins no transaction: its log needs 3 brokers (transaction.state.log.replication.factor), "
        "found 1; start more, or set transaction.state.log.replication.factor=1 and "
        "transaction.state.log.min.isr=1")


@pytest.fixture(scope="module")
def bootstrap(tmp_path_factory):
    cluster = Cluster(tmp_path_factory.mktemp("kafka"), 1, **OF_THREE)
    try:
        cluster.start()
        yield cluster.bootstrap
    finally:
        cluster.stop()


def test_replay_refuses_at_once_and_doctor_says_the_same(tillstream, bootstrap, registry, tmp_path):
    tillstream.check("synth", "--out", tmp_path, "--stores", 1, "--items", 2, "--days", 7, "-q")
    runs = StreamRuns(tillstream, tmp_path, bootstrap, registry)
    refused = tillstream.check(*runs.arguments("-q"), code=5, timeout=REFUSED_SECONDS)
    assert refused.stderr == f"error: kafka: broker 1 {LINE}\n"

    done = tillstream.check("doctor", *runs.where(), "--json", code=1)
    said = {finding["level"]: f"{finding['found']}; {finding['remedy']}"
            for finding in json.loads(done.stdout) if finding["what"] == "broker 1"}
    assert said["error"] == LINE
    assert said["warning"].startswith("serves no consumer group: its offsets need 3 brokers")

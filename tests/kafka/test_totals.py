"""Totals and dead letters on a real broker: published once, kept before the group's position."""

import json
import random
import signal
import subprocess

from kafka import KafkaConsumer, KafkaProducer, TopicPartition

from conftest import DAYS, STORES
from stream_runs import COMMAND_SECONDS, ended

BY = ("--totals", "store,category", "--by", "week")
WEEKS = DAYS // 7


def consume(runs, *options):
    done = runs.tillstream.check("consume", *runs.where(), "-e", *options, timeout=COMMAND_SECONDS)
    return [json.loads(line) for line in done.stdout.splitlines()], done.stderr


def records(runs, topic, isolation="read_committed"):
    consumer = KafkaConsumer(bootstrap_servers=runs.bootstrap, isolation_level=isolation,
                             enable_auto_commit=False)
    partition = TopicPartition(topic, 0)
    consumer.assign([partition])
    consumer.seek_to_beginning()
    end, found = consumer.end_offsets([partition])[partition], []
    while consumer.position(partition) < end:
        for batch in consumer.poll(timeout_ms=200).values():
            found += batch
    consumer.close()
    return found


def test_totals_are_those_of_the_embedded_log(runs, tillstream, tmp_path):
    runs = runs.on("totals-whole")
    runs.replay()
    log = tmp_path / "log"
    tillstream.check("replay", "--data", runs.data, "--log", log, "-q")
    expected = tillstream.check("consume", "--log", log, "-e", *BY).stdout
    found, _ = consume(runs, *BY)
    assert found == [json.loads(line) for line in expected.splitlines()]
    assert len({line["begin"] for line in found}) == WEEKS


def test_killed_at_random_totals_are_published_once(runs, full, count):
    runs = runs.on("totals-killed")
    runs.replay()
    expected, _ = consume(runs, *BY)
    kills, seed = 30 if full else 3, random.randrange(1 << 32)
    chance = random.Random(seed)
    uncommitted = runs_done = done = 0
    while done < kills:
        topic = f"weekly-{runs_done}"
        options = (*BY, "--totals-topic", topic)
        command = [runs.tillstream.path, "consume", *runs.where(), "-e", *options]
        while done < kills:
            process = subprocess.Popen(command, stdout=subprocess.DEVNULL,
                                       stderr=subprocess.PIPE, text=True)
            try:
                process.wait(chance.uniform(0.1, 1.2))
            except subprocess.TimeoutExpired:
                pass
            if process.poll() is not None:
                assert ended(process)[0] == 0
                break
            ended(process, signal.SIGKILL)
            done += 1
        _, said = consume(runs, *options)
        found = records(runs, topic)
        assert len(found) == len(expected), f"seed {seed}: {said}"
        assert [record.key.decode() for record in found] == [
            f"{line['store_id']},{line['cat_id']}" for line in expected], f"seed {seed}"
        values, _ = consume(runs.on(topic))
        assert [value["units"] for value in values] == [line["units"] for line in expected]
        uncommitted += len(records(runs, topic, "read_uncommitted")) - len(found)
        runs_done += 1
    count(f"kafka: totals of {runs_done} topics, consumer killed {done} times, each record once "
          f"(seed {seed}); {uncommitted} more by read_uncommitted")


def test_other_totals_in_the_topic_are_refused(runs):
    runs = runs.on("totals-other")
    runs.replay("--to", "d_30")
    consume(runs, *BY, "--totals-topic", "other-weekly")
    refused = runs.tillstream.check("consume", *runs.where(), "-e", "--totals", "store",
                                    "--totals-topic", "other-weekly", code=7)
    assert ("error: kafka: other-weekly-0: was written from totals by store, category a week of "
            "topic totals-other, top 3, and this would write totals by store a day of topic "
            "totals-other, top 3; use another topic\n") in refused.stderr


def test_dead_letters_are_kept_before_the_group_moves(runs):
    runs = runs.on("totals-poison")
    runs.replay("--to", "d_3")
    producer = KafkaProducer(bootstrap_servers=runs.bootstrap)
    sent = [producer.send(runs.topic, b"poison %d" % i, key=b"k", partition=i % STORES,
                          headers=[("own", b"\x00\xff")]).get(30) for i in range(20)]
    producer.close()
    lines, said = consume(runs, "-g", "report", "--on-error", "dlq:totals-dead")
    assert len(lines) > 0
    assert "kept 20: frame: found magic byte N, needed N" in said
    letters = records(runs, "totals-dead")
    assert len(letters) == 20
    origins = set()
    for letter in letters:
        headers = dict(letter.headers)
        assert headers["own"] == b"\x00\xff"
        assert headers["dlq.topic"] == runs.topic.encode()
        assert headers["dlq.error"] == b"frame: found magic byte 0x70, needed 0x00"
        assert letter.key == b"k" and letter.value.startswith(b"poison ")
        assert int(headers["dlq.timestamp"]) == letter.timestamp
        origins.add((int(headers["dlq.partition"]), int(headers["dlq.offset"])))
    assert origins == {(record.partition, record.offset) for record in sent}
    again, said = consume(runs, "-g", "report", "--on-error", "dlq:totals-dead")
    assert again == [] and "kept" not in said
    assert len(records(runs, "totals-dead")) == 20

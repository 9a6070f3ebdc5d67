"""A generator that is stopped (SIGSTOP) while its transaction is open, past the transaction's
timeout: alone it goes on, replaced it writes nothing more."""

import re
import signal
import time

from conftest import DAYS, ITEMS
from kafka import KafkaConsumer, TopicPartition
from stream_runs import ended, wait_for_line

STORE_EVENTS = ITEMS * DAYS
TIMEOUT_MS = 2000
# One transaction that would go on for the whole run, of some seconds.
OPTIONS = ("--store", "CA_1", "--speed", "100d/s", "--commit", "1000000,1s",
           "-X", f"transaction.timeout.ms={TIMEOUT_MS}",
           "-X", f"message.timeout.ms={TIMEOUT_MS - 200}")
WAIT_SECONDS = 60


def last_stable_offset(runs):
    """Stays at the first event of an open transaction."""
    return _end(runs, "read_committed")


def _end(runs, isolation):
    consumer = KafkaConsumer(bootstrap_servers=runs.bootstrap, isolation_level=isolation,
                             enable_auto_commit=False)
    partition = TopicPartition(runs.topic, 0)
    try:
        return consumer.end_offsets([partition])[partition]
    finally:
        consumer.close()


def wait_until(holds, what):
    deadline = time.monotonic() + WAIT_SECONDS
    while not holds():
        assert time.monotonic() < deadline, f"{what}: not within {WAIT_SECONDS} s"


def stopped_in_a_transaction(runs):
    """A generator that was stopped while a transaction with events was open."""
    process = runs.start(*OPTIONS)
    wait_for_line(process.stderr, "streaming")
    while True:
        wait_until(lambda: _end(runs, "read_uncommitted") > 0, "the first events")
        process.send_signal(signal.SIGSTOP)
        if _end(runs, "read_uncommitted") > last_stable_offset(runs):
            return process
        assert process.poll() is None
        process.send_signal(signal.SIGCONT)


def wait_until_given_up(runs):
    """The broker ends the transaction, so that nothing is open."""
    wait_until(lambda: _end(runs, "read_uncommitted") == last_stable_offset(runs),
               "the end of the transaction")


def test_alone_it_goes_on(runs, count):
    runs = runs.on("alone")
    process = stopped_in_a_transaction(runs)
    wait_until_given_up(runs)
    process.send_signal(signal.SIGCONT)
    code, _, err = ended(process)
    assert code == 0, err
    assert "; goes on from what is committed" in err, err
    assert runs.verify("--store", "CA_1", "--complete")[0]["events_equal"] == STORE_EVENTS
    count(f"kafka: a generator stopped past its transaction's {TIMEOUT_MS} ms goes on, "
          f"{STORE_EVENTS:,} events read once each")


def test_replaced_it_writes_nothing_more(runs, count):
    runs = runs.on("replaced")
    first = stopped_in_a_transaction(runs)
    runs.replay("--store", "CA_1")
    assert runs.verify("--store", "CA_1", "--complete")[0]["events_equal"] == STORE_EVENTS
    end = _end(runs, "read_uncommitted")
    first.send_signal(signal.SIGCONT)
    code, _, err = ended(first)
    assert code == 7, err
    errors = [line for line in err.splitlines() if line.startswith("error: ")]
    assert len(errors) == 1 and re.match(
        r"error: kafka: replaced-0: another writer took the stream over \(process \d+ on ",
        errors[0]), err
    assert _end(runs, "read_uncommitted") == end
    assert runs.verify("--store", "CA_1", "--complete")[0]["events_equal"] == STORE_EVENTS
    count("kafka: a generator stopped and replaced ends with exit code 7 and writes nothing more")

"""A client of its own process: writes records in one transaction and reads the topic to its end.

    client.py SERVERS TOPIC NAME COUNT EXPECTED

Prints JSON: the brokers as the cluster names them to it, and the values read, EXPECTED at least.
"""

import json
import sys
import time

from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient

DEADLINE_SECONDS = 60


def write(servers, topic, name, count):
    producer = Producer({"bootstrap.servers": servers, "transactional.id": name,
                         "transaction.timeout.ms": 30_000})
    producer.init_transactions(DEADLINE_SECONDS)
    producer.begin_transaction()
    for i in range(count):
        producer.produce(topic, f"{name}-{i}")
    producer.commit_transaction(DEADLINE_SECONDS)


def read(servers, topic, expected):
    consumer = Consumer({"bootstrap.servers": servers, "group.id": "not-joined",
                         "enable.auto.commit": False, "isolation.level": "read_committed"})
    consumer.assign([TopicPartition(topic, 0, 0)])
    values, deadline = [], time.monotonic() + DEADLINE_SECONDS
    while len(values) < expected and time.monotonic() < deadline:
        for message in consumer.consume(1000, 0.5):
            assert message.error() is None, message.error()
            values.append(message.value().decode())
    consumer.close()
    return values


def main():
    servers, topic, name, count, expected = sys.argv[1:]
    write(servers, topic, name, int(count))
    brokers = AdminClient({"bootstrap.servers": servers}).list_topics(
        timeout=DEADLINE_SECONDS).brokers.values()
    print(json.dumps({"brokers": sorted(f"{broker.host}:{broker.port}" for broker in brokers),
                      "values": read(servers, topic, int(expected))}))


main()

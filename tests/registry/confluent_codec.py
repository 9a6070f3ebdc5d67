"""Confluent's Python client, with nothing given but the registry's URL.

    confluent_codec.py URL decode           hexadecimal framed values on stdin, JSON on stdout
    confluent_codec.py URL encode TOPIC     JSON on stdin, hexadecimal framed values on stdout

One value a line. encode takes the latest schema of the topic's subject. REGISTRY_USER=name:password
for basic authentication, REGISTRY_CA=FILE for a registry behind TLS."""

import datetime
import json
import os
import sys

from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer
from confluent_kafka.serialization import MessageField, SerializationContext

EPOCH = datetime.date(1970, 1, 1)


def client(url):
    configuration = {"url": url}
    if "REGISTRY_USER" in os.environ:
        configuration["basic.auth.user.info"] = os.environ["REGISTRY_USER"]
    if "REGISTRY_CA" in os.environ:
        configuration["ssl.ca.location"] = os.environ["REGISTRY_CA"]
    return SchemaRegistryClient(configuration)


def plain(value):
    """What JSON has no word for: a date is its number of days, as it is in Avro."""
    if isinstance(value, datetime.date):
        return (value - EPOCH).days
    raise TypeError(f"{value!r} in JSON")


def decode(registry, lines):
    deserialize = AvroDeserializer(registry)
    context = SerializationContext("any", MessageField.VALUE)
    for line in lines:
        print(json.dumps(deserialize(bytes.fromhex(line.strip()), context), default=plain))


def encode(registry, lines, topic):
    serialize = AvroSerializer(registry, conf={"auto.register.schemas": False,
                                               "use.latest.version": True})
    context = SerializationContext(topic, MessageField.VALUE)
    for line in lines:
        print(serialize(json.loads(line), context).hex())


def main():
    url, action, *rest = sys.argv[1:]
    {"decode": decode, "encode": encode}[action](client(url), sys.stdin, *rest)


if __name__ == "__main__":
    main()

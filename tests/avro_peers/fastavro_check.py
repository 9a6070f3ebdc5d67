#!/usr/bin/env python3
"""Holds our Avro codec and fastavro to the same bytes and values.

    fastavro_check.py AVRO_VECTORS [SEED]

AVRO_VECTORS is the program of avro_vectors.cc. It writes vectors of every case of cases.json, which
fastavro must read as we do (with the writer's schema and with the reader's) and write as we do; then
fastavro writes random values of its own, which the program must read as fastavro does.
"""

import datetime
import io
import json
import pathlib
import random
import subprocess
import sys

import fastavro
from fastavro.schema import fingerprint, to_parsing_canonical_form

HERE = pathlib.Path(__file__).parent
EPOCH = datetime.date(1970, 1, 1)
VECTORS_PER_CASE = 300


def plain(value):
    """A value of fastavro's as the program's JSON has it."""
    if isinstance(value, (bytes, bytearray)):
        return {"hex": bytes(value).hex()}
    if isinstance(value, datetime.date):
        return (value - EPOCH).days
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    return value


def native(value):
    """The other way."""
    if isinstance(value, dict):
        if list(value) == ["hex"]:
            return bytes.fromhex(value["hex"])
        return {key: native(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [native(inner) for inner in value]
    return value


def read(data, writer, reader=None):
    stream = io.BytesIO(data)
    value = fastavro.schemaless_reader(stream, writer, reader)
    if stream.read():
        raise ValueError("bytes are left")
    return value


def write(value, schema):
    stream = io.BytesIO()
    fastavro.schemaless_writer(stream, schema, value)
    return stream.getvalue()


class RandomValues:
    """Values of a schema's JSON, in ranges that JSON holds exactly."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.named = {}

    def number(self, bits):
        return self.random.getrandbits(self.random.randrange(bits)) * self.random.choice((1, -1))

    def text(self, alphabet):
        length = self.random.choice((0, 1, 5, 11, 11, 70, 300))
        return "".join(self.random.choice(alphabet) for _ in range(length))

    def make(self, schema, depth=0):
        if isinstance(schema, str) and schema in self.named:
            schema = self.named[schema]
        if isinstance(schema, list):
            return self.make(schema[0] if depth > 20 else self.random.choice(schema), depth + 1)
        kind = schema if isinstance(schema, str) else schema["type"]
        if kind in ("record", "enum", "fixed"):
            self.named[schema["name"]] = schema
        if kind == "null":
            return None
        if kind == "boolean":
            return self.random.random() < 0.5
        if kind == "int":
            if isinstance(schema, dict) and schema.get("logicalType") == "date":
                return self.random.randrange(30000)
            return self.number(31)
        if kind == "long":
            return self.number(53)
        if kind == "float":
            return self.number(24) / 64
        if kind == "double":
            return self.number(50) / 1024
        if kind == "string":
            return self.text("abcABC_019 \u00e9\u20ac\U0001f600")
        if kind == "bytes":
            return self.random.randbytes(self.random.choice((0, 1, 9, 100)))
        if kind == "fixed":
            return self.random.randbytes(schema["size"])
        if kind == "enum":
            return self.random.choice(schema["symbols"])
        if kind == "array":
            return [self.make(schema["items"], depth) for _ in range(self.random.randrange(4))]
        if kind == "map":
            return {
                f"k{i}": self.make(schema["values"], depth) for i in range(self.random.randrange(4))
            }
        return {field["name"]: self.make(field["type"], depth + 1) for field in schema["fields"]}


def check_ours(lines):
    """Yields what is wrong with the program's vectors."""
    for number, line in enumerate(lines):
        vector = json.loads(line)
        where = f"vector {number} ({vector['case']}): {vector['hex']}"
        writer, reader = vector["writer"], vector["reader"]
        data = bytes.fromhex(vector["hex"])
        canonical = to_parsing_canonical_form(fastavro.parse_schema(writer))
        if canonical != vector["canonical"]:
            yield f"{where}: canonical form {vector['canonical']}, theirs {canonical}"
        # fastavro prints the fingerprint's bytes least significant first.
        theirs = bytes.fromhex(fingerprint(canonical, "CRC-64-AVRO"))[::-1].hex()
        if theirs != vector["fingerprint"]:
            yield f"{where}: fingerprint {vector['fingerprint']}, theirs {theirs}"
        for name, value, expected in (
            ("written", read(data, writer), vector["value"]),
            ("read", read(data, writer, reader), vector["read"]),
        ):
            if plain(value) != expected:
                yield f"{where}: {name} {expected}, theirs {plain(value)}"
        again = write(native(vector["value"]), writer)
        if again != data:
            yield f"{where}: theirs {again.hex()}"


def their_vectors(lines, seed):
    """Vectors of fastavro's for the pairs of schemas in the program's."""
    values = RandomValues(seed)
    pairs = {}
    for line in lines:
        vector = json.loads(line)
        pairs.setdefault(vector["case"], (vector["writer"], vector["reader"]))
    for name, (writer, reader) in pairs.items():
        for _ in range(VECTORS_PER_CASE):
            data = write(values.make(writer), writer)
            yield json.dumps(
                {
                    "case": name,
                    "writer": writer,
                    "reader": reader,
                    "hex": data.hex(),
                    "value": plain(read(data, writer)),
                    "read": plain(read(data, writer, reader)),
                },
            )


def main():
    program = sys.argv[1]
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else random.randrange(1 << 31)
    print(f"seed {seed}, fastavro {fastavro.__version__}")
    command = [program, "write", str(HERE / "cases.json"), str(seed)]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    if not lines:
        sys.exit("no vectors were written")
    faults = list(check_ours(lines))
    for fault in faults[:10]:
        print(fault, file=sys.stderr)
    print(f"{len(lines)} of our vectors checked, {len(faults)} faults")
    theirs = "".join(line + "\n" for line in their_vectors(lines, seed))
    answer = subprocess.run([program, "check"], input=theirs, text=True, check=False)
    sys.exit(1 if faults or answer.returncode != 0 else 0)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Random pairs of schemas through our schema resolution and through fastavro's.

    fastavro_random.py AVRO_VECTORS [SEED [PAIRS]]

Of each pair one schema evolved from the other, or they have nothing to do with each other. Values
that fastavro wrote, and some that we wrote, are read with the reader's schema by both. What we call
compatible we must read. Where we read a value, fastavro must read the same; where we do not, it must
refuse. KNOWN has the differences, each with its reason; everything else fails the test.
"""

import collections
import io
import json
import random
import struct
import subprocess
import sys

import fastavro
import fastavro.read
import fastavro.write
from random_schemas import NAMED, PROMOTIONS, Schemas, Values, nodes_of, schema_json

PAIRS = 4000
VALUES_PER_PAIR = 4
FAULTS_SHOWN = 5

# Values as they are in the bytes: an implementation's types for dates are not the matter here.
fastavro.read.LOGICAL_READERS.clear()
fastavro.write.LOGICAL_WRITERS.clear()


def write(schema, value):
    stream = io.BytesIO()
    fastavro.schemaless_writer(stream, schema, value)
    return stream.getvalue()


def read(data, writer, reader):
    """The value, and nothing; or nothing, and the error."""
    stream = io.BytesIO(data)
    try:
        return fastavro.schemaless_reader(stream, writer, reader), None
    except Exception as error:
        return None, error


def is_same(ours, theirs, is_number_enough=False):
    """Whether two values agree, fastavro's in Python's types."""
    if isinstance(ours, dict) and list(ours) == ["hex"]:
        if isinstance(theirs, str):
            # fastavro leaves the default of bytes and fixed the text that it is in JSON.
            return ours["hex"] == theirs.encode("latin-1").hex() or (
                is_number_enough and ours["hex"] == theirs.encode().hex()
            )
        return isinstance(theirs, bytes) and ours["hex"] == theirs.hex()
    if isinstance(ours, dict):
        return (
            isinstance(theirs, dict)
            and ours.keys() == theirs.keys()
            and all(is_same(ours[key], theirs[key], is_number_enough) for key in ours)
        )
    if isinstance(ours, list):
        return (
            isinstance(theirs, list)
            and len(ours) == len(theirs)
            and all(is_same(a, b, is_number_enough) for a, b in zip(ours, theirs))
        )
    if isinstance(ours, str) and isinstance(theirs, bytes):
        return is_number_enough and ours.encode() == theirs
    if isinstance(ours, float) and isinstance(theirs, float):
        # What is promoted to float stays Python's double in fastavro.
        return theirs in (ours,) or struct.unpack("f", struct.pack("f", theirs))[0] == ours
    if is_number_enough and {type(ours), type(theirs)} == {int, float}:
        return ours == theirs
    return type(ours) is type(theirs) and ours == theirs


class Pair:
    """Two schemas, as trees and as JSON."""

    def __init__(self, writer, reader):
        self.writer, self.reader = writer, reader
        self.writer_json, self.reader_json = schema_json(writer), schema_json(reader)
        self.writer_nodes, self.reader_nodes = nodes_of(writer), nodes_of(reader)

    def reader_unions(self):
        return [node["branches"] for node in self.reader_nodes if node["type"] == "union"]


# The differences. Each takes the pair, our answer for a datum and what fastavro made of it.


def promotes_early(pair, answer, value, error):
    """In a reader's union fastavro takes the first branch that fits, promotion or not; the
    specification wants the same type first only implicitly, Avro for Java and we do so."""
    early = any(
        later["type"] != branch["type"] and branch["type"] in PROMOTIONS.get(later["type"], ())
        for branches in pair.reader_unions()
        for at, branch in enumerate(branches)
        for later in branches[at + 1 :]
    )
    return early and error is None and "read" in answer and is_same(answer["read"], value, True)


def same_names_in_union(pair, answer, value, error):
    """Of branches that share the last part of their name fastavro takes the first, whether it
    resolves or not, and whatever the namespace."""
    for branches in pair.reader_unions():
        keys = []
        for branch in branches:
            if branch["type"] in NAMED:
                own = {branch["name"], *(alias.split(".")[-1] for alias in branch["aliases"])}
                keys += own
        if len(set(keys)) < len(keys):
            return "read" in answer
    return False


def kinds_of_one_name(pair, answer, value, error):
    """fastavro takes a record, an enum and a fixed of one name for each other."""
    for wanted in pair.reader_nodes:
        for given in pair.writer_nodes:
            if wanted["type"] in NAMED and given["type"] in NAMED and wanted["type"] != given["type"]:
                names = {wanted["name"], *(alias.split(".")[-1] for alias in wanted["aliases"])}
                if given["name"] in names:
                    return "error" in answer and (error is None or isinstance(error, KeyError))
    return False


def empty_collection(pair, answer, value, error):
    """An empty array or map of the wrong type is read by us; fastavro looks at the type first."""

    def has_empty(node):
        if isinstance(node, dict):
            return not node or any(map(has_empty, node.values()))
        return isinstance(node, list) and (not node or any(map(has_empty, node)))

    is_refused = isinstance(error, fastavro.read.SchemaResolutionError)
    return is_refused and "read" in answer and has_empty(answer["value"])


def alias_without_namespace(pair, answer, value, error):
    """For fastavro an alias without a namespace is an alias in every namespace."""
    for wanted in pair.reader_nodes:
        for given in pair.writer_nodes:
            if wanted["type"] == given["type"] and wanted["type"] in NAMED:
                is_other = wanted["namespace"] != given["namespace"]
                if is_other and given["name"] in wanted["aliases"]:
                    return "error" in answer and error is None
    return False


def name_and_alias(pair, answer, value, error):
    """When a writer's record has a field by the name and one by an alias of a reader's field,
    fastavro lets the first feed it, and breaks at the second; for us the name goes before."""
    records = [node for node in pair.writer_nodes if node["type"] == "record"]
    for wanted in pair.reader_nodes:
        for field in wanted.get("fields", []):
            for given in records:
                names = {given_field["name"] for given_field in given["fields"]}
                if len(names & {field["name"], *field["aliases"]}) > 1:
                    return True
    return False


def decimals_differ(pair, answer, value, error):
    """fastavro does not compare the precision and scale of decimals."""
    return "decimal(" in answer.get("error", "") and error is None


def name_for_definition(pair, answer, value, error):
    """Where one schema has a type by its name and the other defines it, fastavro sometimes takes the
    name for the definition, or the definition for the name, and fails on it."""
    broken = ("string indices", "unhashable type: 'dict'")
    return isinstance(error, TypeError) and any(text in str(error) for text in broken)


KNOWN = (promotes_early, same_names_in_union, kinds_of_one_name, empty_collection,
         alias_without_namespace, name_and_alias, decimals_differ, name_for_definition)


def make_pairs(seed, count):
    chance = random.Random(seed)
    schemas, values = Schemas(chance), Values(chance)
    pairs = []
    for number in range(count):
        writer = schemas.make()
        pair = Pair(writer, schemas.make() if number % 4 == 0 else schemas.evolve(writer))
        pair.data = [
            write(pair.writer_json, values.make(writer)).hex() for _ in range(VALUES_PER_PAIR)
        ]
        pairs.append(pair)
    return pairs


def ask(program, seed, pairs):
    lines = "".join(
        json.dumps({"writer": p.writer_json, "reader": p.reader_json, "data": p.data}) + "\n"
        for p in pairs
    )
    done = subprocess.run(
        [program, "pairs", str(seed)], input=lines, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        sys.exit(done.stderr)
    return [json.loads(line) for line in done.stdout.splitlines()]


def judge(pair, answer, is_compatible, counts):
    """Says what is wrong with one datum, or nothing."""
    if answer["again"] != answer["hex"]:
        return f"our bytes are {answer['again']}"
    if is_compatible and "error" in answer:
        return f"compatible, but: {answer['error']}"
    value, error = read(bytes.fromhex(answer["hex"]), pair.writer_json, pair.reader_json)
    if error is None and "read" in answer and is_same(answer["read"], value):
        counts["read the same"] += 1
        return None
    if isinstance(error, fastavro.read.SchemaResolutionError) and "error" in answer:
        counts["refused by both"] += 1
        return None
    for known in KNOWN:
        if known(pair, answer, value, error):
            counts[known.__name__] += 1
            return None
    return f"fastavro: {value if error is None else repr(error)}"


def main():
    program = sys.argv[1]
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else random.randrange(1 << 31)
    count = int(sys.argv[3]) if len(sys.argv) > 3 else PAIRS
    print(f"seed {seed}, fastavro {fastavro.__version__}", flush=True)
    pairs = make_pairs(seed, count)
    counts, faults = collections.Counter(), []
    for pair, answer in zip(pairs, ask(program, seed, pairs), strict=True):
        is_compatible = not answer["faults"]
        counts["compatible pairs"] += is_compatible
        for one in answer["values"]:
            fault = judge(pair, one, is_compatible, counts)
            if fault is not None:
                faults.append((pair, answer["faults"], one, fault))
                break
    for name, number in counts.items():
        print(f"{number:7} {name}")
    faults.sort(key=lambda fault: len(str(fault[0].writer_json)) + len(str(fault[0].reader_json)))
    for pair, reasons, one, fault in faults[:FAULTS_SHOWN]:
        print(
            f"writer {json.dumps(pair.writer_json)}\nreader {json.dumps(pair.reader_json)}\n"
            f"  faults {reasons}\n  ours {json.dumps(one)}\n  {fault}",
            file=sys.stderr,
        )
    print(f"{len(pairs)} pairs, {len(faults)} faults")
    is_telling = min(counts["compatible pairs"], counts["read the same"], counts["refused by both"])
    if faults or is_telling < count // 4:
        sys.exit(1)


if __name__ == "__main__":
    main()

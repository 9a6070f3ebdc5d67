"""Schemas and bodies that nobody means well with, each with the statuses that may be answered."""

import json

# A schema may be taken, be none, be too large for the log or for a request, or not fit its subject.
TAKEN, REFUSED, TOO_LARGE = {200}, {422}, {413}
ANY = {200, 409, 413, 422}


def record(name, fields):
    return json.dumps({"type": "record", "name": name, "fields": fields})


def nested(levels):
    """A record in a record in a record, as text since json.dumps() would not go so deep."""
    opening = "".join(f'{{"type":"record","name":"R{i}","fields":[{{"name":"f","type":'
                      for i in range(levels))
    return opening + '"int"' + "}]}" * levels


def arrays(levels):
    return '{"type":"array","items":' * levels + '"int"' + "}" * levels


def doubling(levels):
    """Each record has two fields of the one before: 2 ** levels paths."""
    types = {"type": "record", "name": "D0", "fields": [{"name": "x", "type": "int"}]}
    for level in range(1, levels):
        types = {"type": "record", "name": f"D{level}",
                 "fields": [{"name": "a", "type": types}, {"name": "b", "type": f"D{level - 1}"}]}
    return json.dumps(types)


def doubling_defaults(levels):
    """The default of each record holds the one before twice, filled up from {}."""
    types = {"type": "record", "name": "D0",
             "fields": [{"name": "x", "type": "string", "default": "x" * 100}]}
    for level in range(1, levels):
        types = {"type": "record", "name": f"D{level}",
                 "fields": [{"name": "a", "type": types, "default": {}},
                            {"name": "b", "type": f"D{level - 1}", "default": {}}]}
    return json.dumps(types)


def union_of_namesakes(count, space, last):
    """A union of records with one name in `count` namespaces, so that each of a reader's has to be
    compared with each of a writer's; with another type `last` it is in vain."""
    branches = [{"type": "record", "name": "R", "namespace": f"{space}{i}",
                 "fields": [{"name": "a", "type": "int"}, {"name": "b", "type": last}]}
                for i in range(count)]
    return record("Top", [{"name": "u", "type": branches}])


def cyclic(count, name="C", kind="int"):
    """Records that all refer to each other."""
    last = json.dumps([f"{name}{i}" for i in range(count - 1)] + ["null"])
    types = f'{{"type":"record","name":"{name}{count - 1}","fields":[{{"name":"n","type":{last}}},' \
            f'{{"name":"v","type":"{kind}"}}]}}'
    for i in reversed(range(count - 1)):
        types = f'{{"type":"record","name":"{name}{i}","fields":[{{"name":"n","type":{types}}}]}}'
    return types


def many_fields(count, kind="int", **more):
    return record("Many", [{"name": f"f{i}", "type": kind, **more} for i in range(count)])


def fixed(name, **more):
    return {"type": "fixed", "name": name, "size": 1, **more}


def used_often(count, name, namespace_bytes):
    """A type that is named `count` times by its last part, in a namespace that is long."""
    fields = [{"name": f"f{i}", "type": name if i else fixed(name)} for i in range(count)]
    return json.dumps({"type": "record", "name": "R", "namespace": "n" * namespace_bytes,
                       "fields": fields}, separators=(",", ":"))


def aliases(count, namespace_bytes):
    return json.dumps(fixed("F", namespace="n" * namespace_bytes,
                            aliases=[f"A{i}" for i in range(count)]))


def enums(count, namespace_bytes):
    """Enums that have the namespace of the record around them."""
    fields = [{"name": f"f{i}", "type": {"type": "enum", "name": f"E{i}", "symbols": ["A"]}}
              for i in range(count)]
    return json.dumps({"type": "record", "name": "R", "namespace": "n" * namespace_bytes,
                       "fields": fields})


def defaults_far_inside(levels, count):
    """Fields with defaults, each a long way of names from the top."""
    inner = json.dumps([{"name": f"f{i}", "type": "int", "default": 1} for i in range(count)],
                       separators=(",", ":"))
    opening = "".join(f'{{"type":"record","name":"R{i}","fields":[{{"name":"{"f" * 60}","type":'
                      for i in range(levels))
    return opening + f'{{"type":"record","name":"R","fields":{inner}}}' + "}]}" * levels


def unions_of_aliases(unions, count):
    """A type with aliases in many unions, each of which is looked through by name."""
    first = fixed("F", namespace="n" * 300, aliases=[f"A{i}" for i in range(count)])
    fields = [{"name": f"f{i}", "type": ["null", f"{'n' * 300}.F" if i else first]}
              for i in range(unions)]
    return record("U", fields)


def products():
    """As schemas(): what is long times what is many, in a text below the longest."""
    return [
        ("namespace of 100,000 bytes, 2,000 aliases", aliases(2000, 100_000), REFUSED),
        ("namespace of 1,000 bytes, 4,000 aliases", aliases(4000, 1000), ANY),
        ("namespace of 1,000 bytes, 60,000 aliases", aliases(60_000, 1000), REFUSED),
        ("namespace of 100,000 bytes, 1,900 enums", enums(1900, 100_000), REFUSED),
        ("namespace of 1,000 bytes, 500 enums", enums(500, 1000), ANY),
        ("namespace of 100,000 bytes, 3,000 uses of `map`", used_often(3000, "map", 100_000),
         REFUSED),
        ("namespace of 1,000 bytes, 2,000 uses of `map`", used_often(2000, "map", 1000), ANY),
        ("namespace of 1,000 bytes, 6,000 uses", used_often(6000, "F", 1000), REFUSED),
        ("4,000 defaults 38 records deep", defaults_far_inside(38, 4000), ANY),
        ("1,000 unions of 10,000 aliases", unions_of_aliases(1000, 10_000), ANY),
        ("numbers that are printed longer", record("S", [{
            "name": "s", "type": {"type": "array", "items": "double"}}])[:-3]
         + ',"default":[' + ",".join(["1e6"] * 40_000) + "]}]}", ANY),
    ]


def schemas():
    """(name, text of the schema, statuses)."""
    big = 900_000
    return [
        ("records 30 deep", nested(30), TAKEN),
        ("records 100 deep", nested(100), REFUSED),
        ("records 20,000 deep", nested(20_000), {413, 422}),
        ("arrays 100 deep", arrays(100), TAKEN),
        ("arrays 30,000 deep", arrays(30_000), REFUSED),
        ("brackets 900,000 deep", "[" * big, REFUSED),
        ("objects 100,000 deep", '{"a":' * 100_000, REFUSED),
        ("name of 900,000 bytes", record("N" * big, []), ANY),
        ("field name of 900,000 bytes", record("N", [{"name": "f" * big, "type": "int"}]), ANY),
        ("namespace of 900,000 bytes", json.dumps({"type": "fixed", "name": "F", "size": 1,
                                                  "namespace": "n." * (big // 2) + "n"}), ANY),
        ("doc of 900,000 bytes", json.dumps({"type": "fixed", "name": "F", "size": 1,
                                            "doc": "d" * big}), ANY),
        ("doc of 300,000 characters that grow when escaped",
         json.dumps({"type": "fixed", "name": "F", "size": 1, "doc": "\u007f\u00e9\"" * 100_000},
                    ensure_ascii=False), ANY),
        ("doc of 150,000 control characters", json.dumps({"type": "fixed", "name": "F", "size": 1,
                                                        "doc": "\x01" * 150_000}), ANY),
        ("doc of 20,000 control characters", json.dumps({"type": "fixed", "name": "F", "size": 1,
                                                       "doc": "\x01" * 20_000}), ANY),
        ("20,000 fields", many_fields(20_000), ANY),
        ("1,500 fields with defaults", many_fields(1500, default=7), ANY),
        ("5,000 fields with the same name", record("S", [{"name": "f", "type": "int"}] * 5000),
         REFUSED),
        ("10,000 branches", json.dumps([{"type": "fixed", "name": f"F{i}", "size": 1}
                                        for i in range(10_000)]), ANY),
        ("100,000 branches of one type", json.dumps(["int"] * 100_000), REFUSED),
        ("60,000 symbols", json.dumps({"type": "enum", "name": "E",
                                        "symbols": [f"S{i}" for i in range(60_000)]}), ANY),
        ("60,000 aliases", json.dumps({"type": "fixed", "name": "F", "size": 1,
                                        "aliases": [f"A{i}" for i in range(60_000)]}), ANY),
        ("30,000 properties", json.dumps({"type": "int", **{f"p{i}": i for i in range(30_000)}}),
         REFUSED),
        ("2 ** 30 paths", doubling(30), TAKEN),
        ("2 ** 30 defaults", doubling_defaults(30), REFUSED),
        ("40 records that refer to each other", cyclic(40), ANY),
        ("record of itself", record("S", [{"name": "s", "type": "S"}]), ANY),
        ("name that is not there", record("S", [{"name": "s", "type": "T"}]), REFUSED),
        ("keys twice", '{"type":"int","type":"string"}', ANY),
        ("name twice", '{"type":"fixed","name":"A","name":"B","size":1}', ANY),
        ("size of 1e400", '{"type":"fixed","name":"F","size":1e400}', REFUSED),
        ("size of 400 digits", '{"type":"fixed","name":"F","size":' + "9" * 400 + "}", REFUSED),
        ("size of 2 ** 62", '{"type":"fixed","name":"F","size":4611686018427387904}', ANY),
        ("negative size", '{"type":"fixed","name":"F","size":-1}', REFUSED),
        ("default of 1e400", record("S", [{"name": "s", "type": "double"}])[:-2]
         + ',"default":1e400}]}', REFUSED),
        ("default of 100,000 digits", '{"type":"record","name":"S","fields":[{"name":"s",'
         '"type":"double","default":' + "1" * 100_000 + "}]}", ANY),
        ("property of 1e400", '{"type":"int","p":1e400}', ANY),
        ("property of 100,000 digits", '{"type":"int","p":' + "1" * 100_000 + "}", ANY),
        ("default of 800,000 bytes", record("S", [{"name": "s", "type": "string",
                                                   "default": "x" * 800_000}]), ANY),
        ("default of 200,000 items", record("S", [{"name": "s", "type": {"type": "array",
                                                                        "items": "int"},
                                                   "default": [1] * 200_000}]), ANY),
        ("default of 1,500 keys", record("S", [{"name": "s", "type": {"type": "map",
                                                                      "values": "int"},
                                                "default": {f"k{i}": i for i in range(1500)}}]),
         ANY),
        ("decimal of 2 ** 31 digits", '{"type":"bytes","logicalType":"decimal",'
         '"precision":2147483648,"scale":-5}', ANY),
        ("lone surrogate", '{"type":"int","doc":"\\ud800"}', REFUSED),
        ("zero byte", '{"type":"int","doc":"a\\u0000b"}', ANY),
        ("zero byte in a name", '{"type":"fixed","name":"a\\u0000b","size":1}', REFUSED),
        ("nothing", "", REFUSED), ("white space", " " * 100_000, REFUSED),
        ("a number", "7", REFUSED), ("null", "null", REFUSED), ("NaN", "NaN", REFUSED),
        ("empty union", "[]", ANY), *products(),
    ]


def bodies():
    """(name, body of a registration as bytes, statuses)."""
    schema = json.dumps('"int"').encode()
    return [
        ("invalid UTF-8", b'{"schema":"\\"int\\"\xff"}', {400}),
        ("overlong UTF-8", b'{"schema":"\xc0\xaf"}', {400}),
        ("UTF-16", '{"schema":"\\"int\\""}'.encode("utf-16"), {400}),
        ("brackets 1,000,000 deep", b"[" * 1_000_000, {400}),
        ("objects 150,000 deep", b'{"a":' * 150_000, {400}),
        ("keys twice", b'{"schema":"7","schema":' + schema + b"}", {200, 400, 422}),
        ("60,000 keys", json.dumps({**{f"k{i}": i for i in range(60_000)}}).encode(), {400, 422}),
        ("15,000 references", json.dumps({"schema": '"int"', "references": [
            {"name": "n", "subject": "s", "version": 1}] * 15_000}).encode(), {422}),
        ("id of 400 digits", b'{"schema":' + schema + b',"id":' + b"9" * 400 + b"}", {400, 422}),
        ("id of 1e400", b'{"schema":' + schema + b',"id":1e400}', {400, 422}),
        ("id of 2 ** 31", b'{"schema":' + schema + b',"id":2147483648}', {422}),
        ("id of -2 ** 63", b'{"schema":' + schema + b',"id":-9223372036854775808}', {422}),
        ("schema that is no text", b'{"schema":{"type":"int"}}', {422}),
        ("type of 900,000 bytes", json.dumps({"schema": '"int"', "schemaType": "T" * 900_000})
         .encode(), {422}),
        ("reference of 900,000 bytes", json.dumps({"schema": '"int"', "references": [
            {"name": "n" * 900_000, "subject": "s", "version": 1}]}).encode(), {422}),
        ("nothing behind it", b"{", {400}), ("no bytes", b"", {422}),
    ]

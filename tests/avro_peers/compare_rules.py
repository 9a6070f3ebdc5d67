#!/usr/bin/env python3
"""Puts the table of compatibility rules to other implementations; prints where they differ.

    compare_rules.py AVRO_VECTORS [NAME=URL...]

AVRO_VECTORS is the program of avro_vectors.cc, whose table src/avro/compatibility_cases.h is. Each
URL is the base of a Confluent-compatible registry: the writer's schema is registered under a subject
of its own at the level BACKWARD, the reader's is checked against it, and the subject is deleted.
fastavro is asked by reading values of every case. Not a test: it makes the table of differences in
docs/formats/avro.md.
"""

import json
import random
import subprocess
import sys
import urllib.error
import urllib.request

import fastavro_random
from random_schemas import NAMED, PRIMITIVES, Values

SUBJECT = "tillstream-compare-rules"
TIMEOUT_S = 20
VALUES_PER_CASE = 40


def call(method, url, body=None):
    """The status and the JSON of the answer."""
    request = urllib.request.Request(
        url,
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Content-Type": "application/vnd.schemaregistry.v1+json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:
            return answer.status, json.loads(answer.read() or b"null")
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode(errors="replace")


def registry_verdict(base, case):
    subject = f"{base}/subjects/{SUBJECT}"
    call("DELETE", subject)
    call("DELETE", f"{subject}?permanent=true")
    status, answer = call(
        "POST", f"{subject}/versions", {"schema": json.dumps(case["writer"])}
    )
    if status != 200:
        return f"writer refused: {status}"
    call("PUT", f"{base}/config/{SUBJECT}", {"compatibility": "BACKWARD"})
    status, answer = call(
        "POST",
        f"{base}/compatibility/subjects/{SUBJECT}/versions/latest",
        {"schema": json.dumps(case["reader"])},
    )
    call("DELETE", subject)
    call("DELETE", f"{subject}?permanent=true")
    if status != 200:
        return f"reader refused: {status}"
    return "compatible" if answer["is_compatible"] else "incompatible"


def tree(schema, named):
    """The JSON of a schema as random_schemas.Values takes it."""
    if isinstance(schema, list):
        return {"type": "union", "branches": [tree(branch, named) for branch in schema]}
    if isinstance(schema, str):
        return {"type": schema} if schema in PRIMITIVES else named[schema]
    kind = schema["type"]
    if kind not in NAMED:
        element = schema.get("items", schema.get("values"))
        return {"type": kind} if element is None else {"type": kind, "element": tree(element, named)}
    node = named[schema["name"]] = {**schema}
    if kind == "record":
        node["fields"] = [{**f, "type": tree(f["type"], named)} for f in schema["fields"]]
    return node


def fastavro_verdict(case):
    """Compatible as long as every value can be read."""
    values = Values(random.Random(1))
    writer = tree(case["writer"], {})
    for _ in range(VALUES_PER_CASE):
        data = fastavro_random.write(case["writer"], values.make(writer))
        _, error = fastavro_random.read(data, case["writer"], case["reader"])
        if error is not None:
            return "incompatible"
    return "compatible"


def main():
    program, *registries = sys.argv[1:]
    cases = json.loads(subprocess.run([program, "rules"], capture_output=True, check=True).stdout)
    judges = {"fastavro": fastavro_verdict}
    for registry in registries:
        name, url = registry.split("=", 1)
        judges[name] = lambda case, base=url.rstrip("/"): registry_verdict(base, case)
    print(f"| case | ours | {' | '.join(judges)} |")
    print("|---" * (len(judges) + 2) + "|")
    for case in cases:
        ours = "incompatible" if case["faults"] else "compatible"
        verdicts = [judge(case) for judge in judges.values()]
        if any(verdict != ours for verdict in verdicts):
            print(f"| {case['name']} | {ours} | {' | '.join(verdicts)} |")
    print(f"\n{len(cases)} cases")


if __name__ == "__main__":
    main()

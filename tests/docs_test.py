"""What docs/ repeats of the source is what the source says."""

import pathlib
import re

SOURCE = pathlib.Path(__file__).parent.parent
ROUTES = SOURCE / "src" / "web" / "registry_routes.cc"
SOURCES = sorted(path for path in (SOURCE / "src").rglob("*.cc") if not path.name.endswith("_test.cc"))
CODES = SOURCE / "src" / "registry" / "registry_error.h"
REST = SOURCE / "docs" / "formats" / "registry_rest.md"
OPERATING = SOURCE / "docs" / "operating.md"


def text(path):
    return path.read_text(encoding="utf-8")


def difference(documented, there):
    """Empty when both lists are the same; each line says which way."""
    assert there, "nothing was found in the source"
    return ([f"not documented: {each}" for each in there if each not in documented] +
            [f"not in the source: {each}" for each in documented if each not in there])


def routes(source):
    return re.findall(r'\{"([A-Z]+)", "(/[^"]*)",', source)


def documented_routes(page):
    return re.findall(r"^\| ([A-Z]+) \| `(/[^`]*)` \|", page, re.MULTILINE)


def metrics(source):
    # A table of the sinks is called so, too.
    return sorted(set(re.findall(r'"(tillstream_[a-z_]+)"', source)) - {"tillstream_offsets"})


def documented_metrics(page):
    return sorted(re.findall(r"^\| `(tillstream_[a-z_]+)` \|", page, re.MULTILINE))


def codes(source):
    return re.findall(r"\bk\w+ = (\d{5}),", source)


def documented_codes(page):
    return re.findall(r"^\| (\d{5}) \|", page, re.MULTILINE)


def test_every_path_of_the_registry_is_documented_in_order():
    assert difference(documented_routes(text(REST)), routes(text(ROUTES))) == []
    assert documented_routes(text(REST)) == routes(text(ROUTES))


def test_every_metric_is_documented():
    there = metrics("".join(text(path) for path in SOURCES))
    assert difference(documented_metrics(text(OPERATING)), there) == []


def test_every_error_code_of_the_registry_is_documented():
    documented = documented_codes(text(REST))
    assert difference(documented, codes(text(CODES))) == []


def test_a_difference_is_found():
    source = '{"GET", "/a", false},\n{"PUT", "/b/*", true},'
    page = "| GET | `/a` | |\n| GET | `/b/*` | |\n"
    assert difference(documented_routes(page), routes(source)) == [
        "not documented: ('PUT', '/b/*')", "not in the source: ('GET', '/b/*')"]
    assert difference(documented_metrics("| `tillstream_a` | |\n"), metrics('"tillstream_b"')) == [
        "not documented: tillstream_b", "not in the source: tillstream_a"]

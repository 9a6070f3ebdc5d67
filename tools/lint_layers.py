#!/usr/bin/env python3
"""Holds the includes of src/ to the layers, third-party headers to their folder, and
src/CMakeLists.txt to the same table. docs/architecture.md repeats the table in words.

    tools/lint_layers.py [SOURCE_TREE]

Prints `file:line: what is wrong` for each fault; exit code 1 when there is one.
"""

import pathlib
import re
import sys

# folder: the folders it stands directly on. Whatever these stand on may be included too; nothing
# else, so siblings do not see each other.
LAYERS = {
    "base": [],
    "model": ["base"],
    "dataset": ["model"],
    "avro": ["model"],
    "log": ["model"],
    "forecast": ["model"],
    "registry": ["avro", "log"],
    "kafka": ["log"],
    "zookeeper": ["log"],
    "replay": ["dataset", "registry"],
    "consume": ["dataset", "registry"],
    "live": ["consume", "forecast"],
    "postgres": ["consume"],
    "parquet": ["consume"],
    "duckdb": ["consume"],
    "web": ["registry"],
    "app": ["web", "replay", "live", "postgres", "parquet", "duckdb", "kafka", "zookeeper"],
}

# Doubles and contract suites. They may include any layer, since they stand in for it; only tests
# and the folder itself may include them.
TESTING = "testing"

# Third-party header -> where it may be included: folders or single files. Headers of ours that
# wrap one (base/json.h) are the way for everybody else.
THIRD_PARTY = [
    (r"fmt/.*", ["*"]),
    (r"tl/expected\.hpp", ["base/result.h"]),
    (r"nlohmann/.*", ["base/json.h"]),
    (r"isa-l(\.h|/.*)", ["base"]),
    (r"(isal|igzip_lib|crc)\.h", ["base"]),
    (r"xxh(ash|3)\.h", ["base"]),
    (r"lz4(frame|hc)?\.h", ["log"]),
    (r"zstd(_errors)?\.h", ["log"]),
    (r"Eigen/.*", ["forecast"]),
    # Takes 20 s to compile: one source has it all.
    (r"curl/.*", ["registry/curl_client.cc", "registry/library_versions.cc"]),
    (r"librdkafka/.*", ["kafka"]),
    (r"zookeeper/zookeeper(_version)?\.h", ["zookeeper"]),
    (r"libpq-fe\.h", ["postgres"]),
    (r"boost/.*", ["web/http_server.cc", "web/http_connection.h", "web/library_versions.cc"]),
    (r"prometheus/.*", ["web/metrics.cc"]),
    (r"crypt\.h", ["web/user_file.cc"]),
    (r"sodium\.h", ["web/user_file.cc", "web/library_versions.cc"]),
    (r"CLI/.*", ["app"]),
    (r"toml\+\+/.*", ["app"]),
    (r"(gtest|gmock)/.*", [TESTING, "tests"]),
    # Avro C: the peer that our codec is checked against.
    (r"avro(/.*|\.h)", ["tests"]),
]

# The operating system behind base/: files, clocks, locks; and what a program does with its
# terminal, its signals and its limits.
SYSTEM_HEADER_FOLDERS = ["base", "app", TESTING, "tests"]
# Processor intrinsics: code that uses them chooses at run time what the processor has.
INTRINSICS = re.compile(r"((x86|imm|nmm|emm)intrin|arm_neon|cpuid)\.h")

INCLUDE = re.compile(r'^\s*#\s*include\s*(?P<mark>["<])(?P<path>[^">]+)[">]')
CMAKE_LAYER = re.compile(r"tillstream_layer\(\s*(\w+)([^)]*)\)")


def below(folder, table=None):
    """All folders that `folder` stands on, directly or not."""
    table = LAYERS if table is None else table
    found = set()
    for lower in table[folder]:
        found |= {lower} | below(lower, table)
    return found


def is_test(path):
    """Tests, and what several tests of a folder share."""
    return path.name.endswith(("_test.cc", "_fixture.h"))


def quoted_include_fault(path, relative, included):
    folder = relative.parts[0]
    target, _, rest = included.partition("/")
    if not rest:
        return f'"{included}": needed a path from src/, as in "base/result.h"'
    if rest.endswith("_fixture.h") and folder != TESTING and not is_test(path):
        return f'"{included}": fixtures are for tests'
    if target == TESTING:
        if folder != TESTING and not is_test(path):
            return f'"{included}": {TESTING}/ is for tests'
        return None
    if target not in LAYERS:
        return f'"{included}": no folder {target}/ in the table of tools/lint_layers.py'
    if folder == TESTING or target == folder or target in below(folder):
        return None
    direction = "up" if folder in below(target) else "sideways"
    return f'"{included}": points {direction}; {folder}/ may see {", ".join(sorted(below(folder))) or "nothing"}'


def allowed_at(places, path, relative):
    folder = relative.parts[0]
    return ("*" in places or folder in places or relative.as_posix() in places
            or ("tests" in places and is_test(path)))


def angled_include_fault(path, relative, included):
    for pattern, places in THIRD_PARTY:
        if re.fullmatch(pattern, included):
            if allowed_at(places, path, relative):
                return None
            return f"<{included}>: belongs in {', '.join(places)} only"
    if INTRINSICS.fullmatch(included):
        return None
    if "." not in included and "/" not in included:
        return None  # the standard library
    if included.endswith(".h"):
        if allowed_at(SYSTEM_HEADER_FOLDERS, path, relative):
            return None
        return f"<{included}>: system headers belong in {', '.join(SYSTEM_HEADER_FOLDERS)}; use Clock and FileSystem"
    return f"<{included}>: a third-party header that tools/lint_layers.py has no folder for"


def include_faults(source):
    root = source / "src"
    for path in sorted([*root.rglob("*.h"), *root.rglob("*.cc")]):
        relative = path.relative_to(root)
        folder = relative.parts[0]
        if len(relative.parts) < 2 or (folder not in LAYERS and folder != TESTING):
            yield f"src/{relative}:1: no such layer; needed one of {', '.join(LAYERS)}, {TESTING}"
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            match = INCLUDE.match(line)
            if not match:
                continue
            check = quoted_include_fault if match["mark"] == '"' else angled_include_fault
            fault = check(path, relative, match["path"])
            if fault:
                yield f"src/{relative}:{number}: {fault}"


def cmake_faults(source):
    """Differences between LAYERS and the DEPENDS of src/CMakeLists.txt."""
    text = (source / "src" / "CMakeLists.txt").read_text(encoding="utf-8")
    text = re.sub(r"#.*", "", text)
    declared = {}
    for match in CMAKE_LAYER.finditer(text):
        words = match[2].split()
        depends = []
        if "DEPENDS" in words:
            for word in words[words.index("DEPENDS") + 1:]:
                if word.isupper():
                    break
                depends.append(word)
        declared[match[1]] = depends
    for folder in sorted(LAYERS.keys() | declared.keys()):
        ours = LAYERS.get(folder)
        theirs = declared.get(folder)
        if ours is None or theirs is None or sorted(ours) != sorted(theirs):
            yield (f"src/CMakeLists.txt:1: {folder} depends on {theirs}, "
                   f"tools/lint_layers.py has {ours}")


def faults(source):
    yield from include_faults(source)
    yield from cmake_faults(source)


def main():
    source = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent.parent)
    found = list(faults(source))
    for fault in found:
        print(fault)
    if not found:
        print(f"layers: {len(LAYERS)} folders, no include points up or sideways")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())

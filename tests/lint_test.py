"""The lints find what they are there for: each rule against a planted fault, and silence on clean
code; and what the lints cannot know: that every black-box test is registered."""

import os
import pathlib
import re
import subprocess
import sys

import pytest

SOURCE = pathlib.Path(__file__).parent.parent
sys.path.insert(0, str(SOURCE / "tools"))

import lint_calls
import lint_layers


@pytest.fixture
def tree(tmp_path):
    """A source tree with clean folders; tree.write() plants, tree.layers() and .calls() judge."""

    class Tree:
        root = tmp_path

        def write(self, name, text):
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")

        def layers(self):
            return list(lint_layers.faults(tmp_path))

        def calls(self):
            return list(lint_calls.faults(tmp_path))

    tree = Tree()
    tree.write("src/CMakeLists.txt",
               (SOURCE / "src" / "CMakeLists.txt").read_text(encoding="utf-8"))
    tree.write("src/base/result.h", '#pragma once\n#include <tl/expected.hpp>\n')
    tree.write("src/log/segment.cc", '#include "log/segment.h"\n#include <vector>\n'
                                     '#include <fmt/format.h>\n#include "base/result.h"\n')
    return tree


def test_a_clean_tree_has_no_faults(tree):
    assert tree.layers() == []
    assert tree.calls() == []


@pytest.mark.parametrize("file, include, words", [
    ("src/base/hash.cc", '"model/date.h"', "points up"),
    ("src/model/date.h", '"app/main.h"', "points up"),
    ("src/log/segment.cc", '"avro/schema.h"', "points sideways"),
    ("src/dataset/csv.cc", '"log/event_log.h"', "points sideways"),
    ("src/registry/registry.cc", '"dataset/dataset.h"', "points sideways"),
    ("src/replay/generator.cc", '"consume/sink.h"', "points sideways"),
    ("src/log/segment.cc", '"testing/sim_clock.h"', "is for tests"),
    ("src/log/segment.cc", '"log/log_fixture.h"', "are for tests"),
    ("src/log/segment.cc", '"segment.h"', "needed a path from src/"),
    ("src/log/segment.cc", '"vendor/thing.h"', "no folder vendor/"),
    ("src/log/segment_test.cc", '"avro/schema.h"', "points sideways"),
    ("src/kitchen/sink.cc", "<vector>", "no such layer"),
    ("src/avro/schema.cc", "<nlohmann/json.hpp>", "belongs in base/json.h"),
    ("src/base/text.h", "<nlohmann/json.hpp>", "belongs in base/json.h"),
    ("src/log/crc.cc", "<isa-l/crc.h>", "belongs in base"),
    ("src/dataset/csv.cc", "<igzip_lib.h>", "belongs in base"),
    ("src/dataset/csv.cc", "<xxhash.h>", "belongs in base"),
    ("src/base/file.cc", "<lz4frame.h>", "belongs in log"),
    ("src/base/file.cc", "<zstd.h>", "belongs in log"),
    ("src/replay/generator.cc", "<CLI/CLI.hpp>", "belongs in app"),
    ("src/replay/generator.cc", "<toml++/toml.h>", "belongs in app"),
    ("src/model/ids.h", "<tl/expected.hpp>", "belongs in base/result.h"),
    ("src/log/segment.cc", "<gtest/gtest.h>", "belongs in testing, tests"),
    ("src/log/segment.cc", "<grpcpp/grpcpp.hpp>", "no folder for"),
    ("src/web/routes.cc", "<boost/asio.hpp>", "belongs in web/http_server.cc"),
    ("src/replay/generator.cc", "<prometheus/counter.h>", "belongs in web/metrics.cc"),
    ("src/log/segment.cc", "<fcntl.h>", "system headers"),
])
def test_a_planted_include_is_found(tree, file, include, words):
    tree.write(file, f"#include <string>\n#include {include}\n")
    found = tree.layers()
    assert len(found) == 1, found
    assert words in found[0]
    line = 1 if words == "no such layer" else 2
    assert found[0].startswith(f"{file}:{line}: ")


@pytest.mark.parametrize("file, include", [
    ("src/log/segment_test.cc", '"testing/temp_dir.h"'),
    ("src/log/log_fixture.h", '"testing/temp_dir.h"'),
    ("src/log/segment_test.cc", '"log/log_fixture.h"'),
    ("src/testing/memory_log.h", '"log/event_log.h"'),
    ("src/testing/contract.h", "<gtest/gtest.h>"),
    ("src/app/main.cc", '"base/result.h"'),
    ("src/consume/sink.cc", '"log/event_log.h"'),
    ("src/log/compression.cc", "<zstd.h>"),
    ("src/base/file.cc", "<fcntl.h>"),
    ("src/avro/schema_test.cc", "<avro.h>"),
])
def test_an_include_that_points_down_is_fine(tree, file, include):
    tree.write(file, f"#include {include}\n")
    assert tree.layers() == []


@pytest.mark.parametrize("old, new", [
    ("tillstream_layer(model DEPENDS base)", "tillstream_layer(model DEPENDS base log)"),
    ("tillstream_layer(model DEPENDS base)", ""),
    ("tillstream_layer(model DEPENDS base)",
     "tillstream_layer(model DEPENDS base)\ntillstream_layer(extra DEPENDS base)"),
])
def test_a_difference_to_cmake_is_found(tree, old, new):
    text = (tree.root / "src" / "CMakeLists.txt").read_text(encoding="utf-8")
    assert old in text
    tree.write("src/CMakeLists.txt", text.replace(old, new))
    found = tree.layers()
    assert len(found) == 1 and found[0].startswith("src/CMakeLists.txt"), found


@pytest.mark.parametrize("rule, line", [
    ("clock", "auto t = std::chrono::system_clock::now();"),
    ("clock", "auto t = std::chrono::steady_clock :: now();"),
    ("clock", "std::time(nullptr);"),
    ("clock", "clock_gettime(CLOCK_REALTIME, &t);"),
    ("sleep", "std::this_thread::sleep_for(delay);"),
    ("sleep", "usleep(1000);"),
    ("sleep", "nanosleep(&t, nullptr);"),
    ("file", "int fd = ::open(path, 0);"),
    ("file", "int fd = open(path, O_RDONLY);"),
    ("file", "FILE* f = fopen(path, mode);"),
    ("file", "std::ifstream in(path);"),
    ("file", "std::ofstream out(path);"),
    ("file", "std::filesystem::remove(path);"),
    ("file", "::rename(a, b);"),
    ("print", "std::printf(text);"),
    ("print", "std::cout << text;"),
    ("print", "fmt::print(text);"),
    ("print", "std::cerr << text;"),
    ("random", "int n = rand();"),
    ("random", "std::random_device device;"),
    ("exit", "std::exit(1);"),
    ("exit", "abort();"),
    ("environment", "getenv(name);"),
    ("throw", "throw Thing();"),
    ("assert", "assert(n > 0);"),
    ("volatile", "volatile int n = 0;"),
    ("todo", "int n = 0;  // TODO: more"),
    ("todo", "/* FIXME */"),
    ("commented-out", "// Call(one, two);"),
    ("commented-out", "  // return 0;"),
    ("commented-out", "// int n = 0;"),
    ("commented-out", "//  if (n == 0) {"),
    ("commented-out", "// }"),
    ("commented-out", "// #include <vector>"),
])
def test_a_planted_line_is_found(tree, rule, line):
    tree.write("src/replay/generator.cc", f"int a = 0;\n{line}\n")
    found = tree.calls()
    assert len(found) == 1, found
    assert found[0].startswith(f"src/replay/generator.cc:2: {rule}: ")


@pytest.mark.parametrize("line", [
    'Log("throw, open(path, O_RDONLY), printf(");',
    "// What a clock says now, and why open() fails; assert (n) is not ours.",
    "/// `return Error{...};` reads as intended;",
    "const Status status = log.open(path);",
    "clock.Now();",
    "writer->rename(path);",
    "static_assert(sizeof(int) == 4);",
    "//   Call(example);",
    "// Wraps behind a semicolon;",
    "// The first half; then (in the order of the file) the second",
    "const char c = '\"'; Call(\"exit(1)\");",
    "const int64_t n = 1'000'000; // 'a' and 'b'",
])
def test_a_line_that_only_looks_like_it_is_fine(tree, line):
    tree.write("src/replay/generator.cc", line + "\n")
    assert tree.calls() == []


@pytest.mark.parametrize("file", ["src/base/file.cc", "src/app/main.cc", "src/log/segment_test.cc",
                                  "src/testing/temp_dir.h"])
def test_where_the_machine_is_allowed_calls_are_fine(tree, file):
    tree.write(file, "auto t = std::chrono::steady_clock::now();\nint fd = ::open(path, 0);\n")
    assert tree.calls() == []


def test_a_reason_excuses_its_own_rule_only(tree):
    tree.write("src/log/a.cc", "// LINT(exit): a watchdog\nabort();\n")
    assert tree.calls() == []
    tree.write("src/log/a.cc", "// LINT(throw): a watchdog\nabort();\n")
    assert len(tree.calls()) == 1
    tree.write("src/log/a.cc", "// LINT(exit):\nabort();\n")
    assert len(tree.calls()) == 1


def test_a_long_file_is_found(tree):
    tree.write("src/log/long.cc", "int a;\n" * 500)
    assert tree.calls() == []
    tree.write("src/log/long.cc", "int a;\n" * 501)
    assert ["length" in fault for fault in tree.calls()] == [True]


@pytest.mark.parametrize("file, text", [
    ("CMakeLists.txt", "add_compile_options(-march=native)\n"),
    ("CMakePresets.json", '"CMAKE_CXX_FLAGS": "-mavx2"\n'),
    ("Makefile", "CXXFLAGS += -mtune=native\n"),
    ("src/CMakeLists.txt", None),
    ("cmake/Speed.cmake", "set(FLAGS -msse4.2)\n"),
    ("bench/CMakeLists.txt", "target_compile_options(x PRIVATE -mcpu=native)\n"),
])
def test_a_flag_for_one_machine_is_found(tree, file, text):
    if text is None:
        text = (tree.root / file).read_text(encoding="utf-8") + "add_compile_options(-march=x86-64-v3)\n"
    tree.write(file, text)
    found = tree.calls()
    assert len(found) == 1 and "machine-flag" in found[0], found


def test_an_unformatted_file_is_found(tmp_path):
    """The check itself, with our configuration, over a tree with one bad file."""
    for name in ("bench", "fuzz", "tests", "tools", "src"):
        (tmp_path / name).mkdir()
    (tmp_path / ".clang-format").write_text((SOURCE / ".clang-format").read_text())
    script = tmp_path / "tools" / "format.sh"
    script.write_text((SOURCE / "tools" / "format.sh").read_text())
    bad = tmp_path / "src" / "a.cc"

    def check():
        return subprocess.run(["bash", script, "--check"], capture_output=True, text=True)

    bad.write_text("int  a ;\n")
    assert check().returncode != 0
    bad.write_text("int a;\n")
    assert check().returncode == 0


def test_every_black_box_test_is_registered():
    tests = SOURCE / "tests"
    registered = set()
    for lists in tests.rglob("CMakeLists.txt"):
        names = re.findall(r"tillstream_pytest\(\s*\S+\s+(\S+)", lists.read_text(encoding="utf-8"))
        for path in (lists.parent / name for name in names):
            registered |= set(path.glob("test_*.py")) if path.is_dir() else {path}
    registered = {path for path in registered if path.suffix == ".py"}
    there = {path for path in tests.rglob("*.py") if re.fullmatch(r"test_.*|.*_test\.py", path.name)}
    assert there == registered


def test_every_script_is_executable_and_every_package_list_is_read():
    for path in [*(SOURCE / "tools").glob("*.sh"), *(SOURCE / "tools").glob("lint_*.py"),
                 SOURCE / ".ci" / "run"]:
        assert os.access(path, os.X_OK), path
    makefile = (SOURCE / "Makefile").read_text(encoding="utf-8")
    used = set(" ".join(re.findall(r"\$\(INSTALL(?:_KAFKA)?\) (.*)", makefile)).split())
    assert used == {path.stem for path in (SOURCE / "tools" / "packages").glob("*.txt")}


def test_the_makefile_lists_its_targets():
    """`make` alone names every target that has a name of its own, internal steps aside."""
    makefile = (SOURCE / "Makefile").read_text(encoding="utf-8")
    internal = {"help", "release-tests", "test-programs", "bench-programs", "asan", "tsan", "venv",
                "kafka-tools", "registry-peers", "deploy-peers"}
    phony = set(re.search(r"\.PHONY: ((?:.*\\\n)*.*)", makefile)[1].replace("\\", " ").split())
    shown = set(re.findall(r'@echo "  make ([\w-]+)', makefile))
    assert shown == {name for name in phony - internal if not name.startswith("install-")}

#!/usr/bin/env python3
"""Rules of style.md that a machine can see: banned calls, debris, long files, flags that tie a
build to one machine.

    tools/lint_calls.py [SOURCE_TREE]

Prints `file:line: rule: what is wrong` for each fault; exit code 1 when there is one. A line that
must break a rule carries the reason on it or on the line before: `// LINT(rule): reason`.
"""

import pathlib
import re
import sys

import lint_layers

LINE_COUNT_MAX = 500
# File -> why it may be longer.
LONG_FILES = {}

# Below app/, outside base/: time, I/O and the end of the process come from outside; errors are
# values. rule, pattern, what to use.
BANNED_BELOW_APP = [
    ("clock", r"\b\w*_clock\s*::\s*now\b|\b(std::)?(clock_gettime|gettimeofday)\s*\("
              r"|(?<![\w.>:])(std::)?time\s*\(\s*(NULL|nullptr|0|&)", "Clock"),
    ("sleep", r"\b(u|nano)?sleep\s*\(|\bthis_thread\s*::\s*sleep_", "Clock::SleepUntil()"),
    # A lambda may be called open.
    ("file", r"(?<![\w.>])(::|std::)?(fopen|openat|creat|opendir|unlink|rename|mkdir|fsync|fdatasync)\s*\("
             r"|(?<!\w)::open\s*\(|(?<![\w.>])open\s*\([^()]*\bO_"
             r"|\b[io]?fstream\b|\bstd::filesystem\b", "FileSystem"),
    ("print", r"(?<![\w.>])(::|std::)?(printf|fprintf|puts|fputs|putchar|perror)\s*\("
              r"|\bfmt::print\b|\bstd::c(out|err|log)\b", "a returned value or an observer"),
    ("random", r"(?<![\w.>])(std::)?s?rand\s*\(|\brandom_device\b", "a seed from outside"),
    ("exit", r"(?<![\w.>])(::|std::)?(_?exit|quick_exit|abort|terminate)\s*\(",
     "Result, or TILLSTREAM_CHECK for a bug"),
    ("environment", r"(?<![\w.>])(std::)?(secure_)?getenv\s*\(", "an option from app/"),
]
# Everywhere but in app/, whose command line library takes a callback's refusal as an exception.
BANNED_OUTSIDE_APP = [
    ("throw", r"\bthrow\b", "Result"),
]
# Everywhere in src/, tests aside.
BANNED = [
    ("assert", r"(?<![\w.>])assert\s*\(", "TILLSTREAM_CHECK"),
    ("volatile", r"\bvolatile\b", "std::atomic"),
]
# In comments too, in every source file.
DEBRIS = [
    ("todo", r"\b(TODO|FIXME|XXX|HACK)\b", "an issue, or the work itself"),
]
# A comment of two slashes that is a statement. Documentation may quote code: behind ///, or as an
# example that is set off by three spaces or more.
COMMENTED_OUT = re.compile(
    r"^\s*//(?!/) {0,2}(?! )("
    r".*(\w\(.*\)|\w\]?\s*[-+*/|&]?=\s*\S.*|\w\]|\w\+\+|\w--)\s*;\s*$"
    r"|(if|for|while|switch)\s*\(.*[{;]?\s*$(?<=[{;)])"
    r"|(return|auto|const|std::)\b.*;\s*$"
    r"|#\s*(include|define|if)\b"
    r"|[{}]\s*$)")

MACHINE_FLAGS = re.compile(r"-m(arch|cpu|tune)=|-m(avx|sse|bmi|popcnt|aes|pclmul|fma)[\w.]*\b")

LINT_MARK = re.compile(r"//\s*LINT\((?P<rule>[\w-]+)\):\s*\S")
SOURCE_FOLDERS = ["src", "bench", "fuzz", "tests"]
BUILD_FILES = ["CMakeLists.txt", "CMakePresets.json", "Makefile"]


def strip(text):
    """The code without comments and without what stands in string and character literals; line
    numbers stay. Raw strings included."""
    pattern = re.compile(
        r'R"(?P<tag>[^(\s]*)\((?s:.*?)\)(?P=tag)"'
        r'|"(?:\\.|[^"\\\n])*"'
        r"|(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+'"
        r"|//[^\n]*"
        r"|/\*(?s:.*?)\*/")

    def blank(match):
        found = match[0]
        lines = "\n" * found.count("\n")
        return lines if found.startswith("/") else '""' + lines

    return pattern.sub(blank, text)


def is_excused(lines, number, rule):
    for line in lines[max(0, number - 2):number]:
        match = LINT_MARK.search(line)
        if match and match["rule"] == rule:
            return True
    return False


def matches(rules, lines, searched):
    """(line number, rule, text) where a rule's pattern occurs in `searched`."""
    for rule, pattern, instead in rules:
        expression = re.compile(pattern)
        for number, line in enumerate(searched, 1):
            match = expression.search(line)
            if match and not is_excused(lines, number, rule):
                yield number, rule, f'"{match[0].strip()}": needed {instead}'


def source_faults(source, path):
    relative = path.relative_to(source)
    text = path.read_text(encoding="utf-8")
    lines = text.splitlines()
    code = strip(text).splitlines()

    yield from matches(DEBRIS, lines, lines)
    for number, line in enumerate(lines, 1):
        if COMMENTED_OUT.match(line) and not is_excused(lines, number, "commented-out"):
            yield number, "commented-out", f'code in a comment: "{line.strip()}"'

    if relative.parts[0] == "src" and not lint_layers.is_test(path):
        folder = relative.parts[1]
        if folder != "testing":
            yield from matches(BANNED, lines, code)
            if folder != "app":
                yield from matches(BANNED_OUTSIDE_APP, lines, code)
        if folder not in ("base", "app", "testing"):
            yield from matches(BANNED_BELOW_APP, lines, code)


def length_fault(source, path):
    relative = path.relative_to(source).as_posix()
    count = len(path.read_text(encoding="utf-8").splitlines())
    if count > LINE_COUNT_MAX and relative not in LONG_FILES:
        yield LINE_COUNT_MAX, "length", (f"{count} lines, needed at most {LINE_COUNT_MAX}: split it by "
                                         "job, or give a reason in LONG_FILES of tools/lint_calls.py")
    if count <= LINE_COUNT_MAX and relative in LONG_FILES:
        yield 1, "length", "is short: remove it from LONG_FILES of tools/lint_calls.py"


def machine_flag_faults(path):
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        match = MACHINE_FLAGS.search(line)
        if match:
            yield number, "machine-flag", (f'"{match[0]}": the build must run on every machine of its '
                                           "kind; choose at run time")


def faults(source):
    for folder in SOURCE_FOLDERS:
        root = source / folder
        for path in sorted([*root.rglob("*.h"), *root.rglob("*.cc"), *root.rglob("*.py")]):
            found = list(length_fault(source, path))
            if path.suffix != ".py":
                found += source_faults(source, path)
            for number, rule, text in found:
                yield f"{path.relative_to(source)}:{number}: {rule}: {text}"
    build_files = [source / name for name in BUILD_FILES]
    for folder in [*SOURCE_FOLDERS, "cmake", ".ci"]:
        build_files += [*(source / folder).rglob("CMakeLists.txt"), *(source / folder).rglob("*.cmake"),
                        *(source / folder).glob("run")]
    for path in sorted(set(build_files)):
        if path.is_file():
            for number, rule, text in machine_flag_faults(path):
                yield f"{path.relative_to(source)}:{number}: {rule}: {text}"


def main():
    source = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent.parent)
    found = list(faults(source))
    for fault in found:
        print(fault)
    if not found:
        print("calls: nothing banned, nothing left lying about")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())

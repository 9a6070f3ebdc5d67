#!/usr/bin/env python3
"""Runs ctest and copies what it prints; before its closing lines come the lines that tests appended
to test-counts.txt (how many kills, faults, polluted files), which ctest would not show.

    tools/run_ctest.py BUILD_DIR [ctest arguments]

Exit code: ctest's.
"""

import pathlib
import re
import subprocess
import sys

CLOSING_LINE = re.compile(r"^\d+% tests passed")


def main():
    build_dir = pathlib.Path(sys.argv[1])
    counts = build_dir / "test-counts.txt"
    counts.unlink(missing_ok=True)
    command = ["ctest", "--test-dir", str(build_dir), "--output-on-failure", *sys.argv[2:]]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, errors="replace") as ctest:
        for line in ctest.stdout:
            if CLOSING_LINE.match(line) and counts.exists():
                print("Counted by the tests:")
                for text in sorted(counts.read_text(encoding="utf-8").splitlines()):
                    print("  " + text)
                print()
            print(line, end="", flush=True)
    return ctest.returncode


if __name__ == "__main__":
    sys.exit(main())

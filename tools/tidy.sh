#!/usr/bin/env bash
# clang-tidy over our own sources.
#
#   tools/tidy.sh BUILD_DIR JOBS [FILE...]    BUILD_DIR has been configured with the preset clang
set -uo pipefail

build=$1
jobs=$2
shift 2
source=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
files=("$@")
[[ ${#files[@]} != 0 ]] || files=("^$source/(src|bench|fuzz)/")
log=$(mktemp)
trap 'rm -f "$log"' EXIT

begin=$SECONDS
run-clang-tidy-19 -quiet -p "$build" -j "$jobs" "${files[@]}" >"$log" 2>&1
code=$?
# What remains when the lines are gone that it prints for every file, and its count of warnings in
# headers of others.
grep -vE '^(clang-tidy-19|.*/clang-tidy-19) |^[0-9]+ warnings? generated|^Suppressed|^Use -header-filter|^\[ *[0-9]+/' "$log" | sed '/^$/d'
if [[ $code != 0 ]]; then
  echo "tidy.sh: clang-tidy found faults (above), $((SECONDS - begin)) s" >&2
  exit 1
fi
echo "clang-tidy: clean, $((SECONDS - begin)) s"

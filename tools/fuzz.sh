#!/usr/bin/env bash
# Runs every libFuzzer program of a build folder for a while, from the seeds in fuzz/corpus.
#
#   tools/fuzz.sh BUILD_DIR SECONDS
#
# What it finds on the way is kept in BUILD_DIR/corpus; an input that crashes lands in BUILD_DIR.
set -euo pipefail

build=$1
seconds=$2
source=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

shopt -s nullglob
programs=("$build"/fuzz/*_fuzz)
[[ ${#programs[@]} != 0 ]] || { echo "fuzz.sh: $build/fuzz: no fuzz programs" >&2; exit 1; }
for program in "${programs[@]}"; do
  name=$(basename "$program")
  found=$build/corpus/$name
  mkdir -p "$found"
  seeds=("$source/fuzz/corpus/${name%_fuzz}")
  [[ -d ${seeds[0]} ]] || seeds=()
  echo "$name: $seconds s"
  if ! "$program" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
    -artifact_prefix="$build/$name-" "$found" "${seeds[@]}" >"$build/$name.log" 2>&1; then
    tail -n 60 "$build/$name.log"
    echo "fuzz.sh: $name found a fault; its input: $build/$name-*" >&2
    exit 1
  fi
  grep -E 'number_of_executed_units|average_exec_per_sec' "$build/$name.log" | sed 's/^/  /'
done

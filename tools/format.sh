#!/usr/bin/env bash
# clang-format over the C++ sources, with the version that .clang-format is written for.
#
#   tools/format.sh           formats them
#   tools/format.sh --check   says what is not formatted; exit 1 if anything
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

mapfile -d '' -t sources < <(find src bench fuzz tests -name '*.cc' -print0 -o -name '*.h' -print0)
if [[ ${1:-} == --check ]]; then
  clang-format-19 --dry-run --Werror "${sources[@]}"
  echo "${#sources[@]} files are formatted"
else
  clang-format-19 -i "${sources[@]}"
fi

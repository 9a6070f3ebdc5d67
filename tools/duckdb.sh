#!/usr/bin/env bash
# Gets DuckDB's library, pinned, once:
#
#   duckdb.sh          prints the path of libduckdb.so; consume --duckdb takes it, and a program in
#                      this tree's build/ finds it by itself
#   duckdb.sh --clean  removes it
#
# It comes inside the npm package of DuckDB's JavaScript client, since it has none of its own in a
# language's registry. Nothing of it is needed to build.
#
# DUCKDB_ROOT: the folder; default .cache/duckdb of the source tree.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
package=@duckdb/node-bindings-linux-x64@1.5.6-r.1
package_sha256=1b9f82478539bb9a1d1df44bd103121a12ae52142c07158dc52b97d2ec1d69ff
library_sha256=3f4962cdd266eab2b479a5b5a4a6d063d279b2954ae814ed00385d553b747633
root=${DUCKDB_ROOT:-$here/../.cache/duckdb}

fetch() {
  local part=$root.part
  [[ $(uname -m) == x86_64 ]] || { echo "duckdb.sh: only for x86_64 is a library pinned" >&2; exit 1; }
  command -v npm >/dev/null || { echo "duckdb.sh: npm is not installed; apt-get install npm" >&2; exit 1; }
  mkdir -p "$(dirname "$root")"
  rm -rf "$root" "$part"
  mkdir "$part"
  (cd "$part" && npm pack --silent "$package" >/dev/null)
  echo "$package_sha256  $(echo "$part"/*.tgz)" | sha256sum --check --quiet
  tar -xzf "$part"/*.tgz -C "$part" --strip-components 1 package/libduckdb.so package/LICENSE
  echo "$library_sha256  $part/libduckdb.so" | sha256sum --check --quiet
  rm "$part"/*.tgz
  mv "$part" "$root"
}

if [[ ${1:-} == --clean ]]; then
  rm -rf "$root"
  exit
fi
[[ -f $root/libduckdb.so ]] || fetch
cd "$root" && echo "$(pwd)/libduckdb.so"

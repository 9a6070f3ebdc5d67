#!/usr/bin/env bash
# Builds a newer librdkafka than Debian's, pinned, once:
#
#   librdkafka.sh          prints the folder that it is in; -DTILLSTREAM_RDKAFKA_ROOT takes it
#   librdkafka.sh --clean  removes it
#
# Its source comes inside the npm package of Confluent's JavaScript client, since it has none of its
# own in a language's registry. Debian 12 has 2.0.2; what the newer one mends is in
# docs/decisions/0009-transactions-on-kafka.md.
#
# RDKAFKA_ROOT: the folder; default .cache/librdkafka-2.15.1 of the source tree.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
version=2.15.1
package=@confluentinc/kafka-javascript@1.10.1
sha256=ada7d703bb1d3237e2292bfabf438d663b6160c9f1ac2a2406b5dc4257c81b66
root=${RDKAFKA_ROOT:-$here/../.cache/librdkafka-$version}

build() {
  local part=$root.part source
  mkdir -p "$(dirname "$root")"
  rm -rf "$root" "$part"
  mkdir "$part"
  (cd "$part" && npm pack --silent "$package" >/dev/null)
  echo "$sha256  $(echo "$part"/*.tgz)" | sha256sum --check --quiet
  tar -xzf "$part"/*.tgz -C "$part" package/deps/librdkafka
  source=$part/package/deps/librdkafka
  # Kerberos needs a library more, and no one here can test it.
  (cd "$source" && ./configure --prefix="$root" --disable-gssapi --CFLAGS=-O2 >"$part/log" 2>&1 &&
    make -C src -j "$(nproc)" >>"$part/log" 2>&1 && make -C src install >>"$part/log" 2>&1) ||
    { tail -20 "$part/log" >&2; exit 1; }
  rm -rf "$part"
}

if [[ ${1:-} == --clean ]]; then
  rm -rf "$root"
  exit
fi
[[ -f $root/lib/pkgconfig/rdkafka.pc ]] || build
cd "$root" && pwd

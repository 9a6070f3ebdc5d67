#!/usr/bin/env bash
# Gets what the tests of deploy/ need, each once:
#
#   compose_check             docker compose's own parser, built from Go modules; go.sum checks them
#   cloud-config.schema.json  cloud-init's schema of its files, from Debian's package, not installed
#
#   fetch.sh          gets what is missing or older than its sources
#   fetch.sh --clean  removes it
#
# DEPLOY_PEERS: the folder; default .cache/deploy of the source tree.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
peers=${DEPLOY_PEERS:-$here/../../.cache/deploy}
schema=usr/lib/python3/dist-packages/cloudinit/config/schemas/schema-cloud-config-v1.json

fetch_compose_check() {
  local sources
  sources=$(find "$here/compose_check" -newer "$peers/compose_check" 2>/dev/null) || sources=all
  [[ -z $sources ]] && return
  "$here/../go/build.sh" "$here/compose_check" . "$peers/compose_check"
}

fetch_cloud_init() {
  [[ -f $peers/cloud-config.schema.json ]] && return
  folder=$(mktemp -d)
  trap 'rm -rf "$folder"' EXIT
  (cd "$folder" && apt-get download -q cloud-init) >"$folder/log" 2>&1 ||
    { cat "$folder/log" >&2; return 1; }
  dpkg-deb -x "$folder"/cloud-init_*.deb "$folder/files"
  cp "$folder/files/$schema" "$peers/cloud-config.schema.json"
}

if [[ ${1:-} == --clean ]]; then
  rm -rf "$peers"
  exit 0
fi
mkdir -p "$peers"
fetch_compose_check
fetch_cloud_init

#!/usr/bin/env bash
# Gets the servers and clients of the registry tests, each once, all pinned:
#
#   axonops/       AxonOps Schema Registry, built from Go modules; go.sum checks what arrives
#   apicurio/      Apicurio Registry from Maven Central
#   node_modules/  @kafkajs/confluent-schema-registry; package-lock.json checks what arrives
#
#   fetch.sh              gets what is missing; each says how long it took
#   fetch.sh --part NAME  one of axonops, apicurio, node
#   fetch.sh --clean      removes them all
#
# REGISTRY_PEERS: the folder; default .cache/registry of the source tree.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
peers=${REGISTRY_PEERS:-$here/../../.cache/registry}

axonops_module=github.com/axonops/axonops-schema-registry
apicurio_version=2.6.13.Final
apicurio_sha256=3cda1b34aa020fb4ac4dd6a66018d757e81e437f97e20a1f92d366b70091c6ba

fetch_axonops() {
  local target=$peers/axonops
  [[ -x $target/schema-registry ]] && return
  rm -rf "$target" "$target.part"
  mkdir -p "$target.part"
  cp "$here/axonops/go.mod" "$here/axonops/go.sum" "$target.part"
  "$here/../go/build.sh" "$target.part" "$axonops_module/cmd/schema-registry" \
    "$target.part/schema-registry"
  mv "$target.part" "$target"
}

fetch_apicurio() {
  local target=$peers/apicurio archive=apicurio-registry-app-$apicurio_version-all.tar.gz
  [[ -f $target/$apicurio_version ]] && return
  rm -rf "$target" "$target.part"
  mkdir -p "$target.part"
  mvn -q -B -ntp org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy \
    -Dartifact="io.apicurio:apicurio-registry-app:$apicurio_version:tar.gz:all" \
    -DoutputDirectory="$target.part"
  echo "$apicurio_sha256  $target.part/$archive" | sha256sum --check --quiet
  tar -xzf "$target.part/$archive" -C "$target.part"
  rm "$target.part/$archive"
  mv "$target.part/apicurio-registry-app-$apicurio_version-runner.jar" "$target.part/runner.jar"
  touch "$target.part/$apicurio_version"
  mv "$target.part" "$target"
}

fetch_node() {
  local lock=$here/node/package-lock.json
  cmp -s "$lock" "$peers/package-lock.json" && [[ -d $peers/node_modules ]] && return
  rm -rf "$peers/node_modules"
  cp "$here/node/package.json" "$here/node/.npmrc" "$peers"
  cp "$lock" "$peers/package-lock.part.json"
  mv "$peers/package-lock.part.json" "$peers/package-lock.json"
  (cd "$peers" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error) || {
    rm -f "$peers/package-lock.json"
    return 1
  }
}

timed() {  # timed NAME PART : in a process of its own, since `set -e` does nothing on the left of ||
  local begin=$SECONDS code=0
  "$here/fetch.sh" --part "$2" || code=$?
  echo "$1: exit code $code after $((SECONDS - begin)) s"
  return "$code"
}

case ${1:-} in
  --clean)
    rm -rf "$peers"
    exit 0
    ;;
  --part)
    mkdir -p "$peers"
    "fetch_$2"
    exit 0
    ;;
esac

# The build needs the processors, the others the network: side by side.
timed "AxonOps Schema Registry" axonops &
axonops=$!
timed "Apicurio Registry" apicurio &
apicurio=$!
code=0
timed "npm packages" node || code=1
wait "$apicurio" || code=1
wait "$axonops" || code=1
exit "$code"

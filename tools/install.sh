#!/usr/bin/env bash
# Installs the Debian packages of tools/packages/<LIST>.txt that are missing.
#
#   tools/install.sh LIST...            says what it will install, installs it
#   tools/install.sh --dry-run LIST...  only says it
#
# Touches nothing, the network included, when nothing is missing. Uses sudo when not root.
set -euo pipefail

folder=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/packages
dry_run=no
if [[ ${1:-} == --dry-run ]]; then
  dry_run=yes
  shift
fi

wanted_packages() {  # wanted_packages LIST... : one a line, without those that a command stands for
  local list package unless command
  for list in "$@"; do
    while read -r package unless command; do
      [[ -z $package || $package == \#* ]] && continue
      [[ $unless == unless ]] && command -v "$command" >/dev/null && continue
      echo "$package"
    done <"$folder/$list.txt"
  done | sort -u
}

is_installed() {
  [[ $(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null) == installed ]]
}

for list in "$@"; do
  if [[ ! -f $folder/$list.txt ]]; then
    echo "install.sh: \"$list\" is no list; there are: $(cd "$folder" && echo *.txt)" >&2
    exit 2
  fi
done

mapfile -t wanted < <(wanted_packages "$@")
if ! command -v dpkg-query >/dev/null; then
  echo "install.sh: no dpkg here: install what these Debian packages hold, then NO_INSTALL=1: ${wanted[*]}" >&2
  exit 1
fi

missing=()
for package in "${wanted[@]}"; do
  is_installed "$package" || missing+=("$package")
done
if [[ ${#missing[@]} == 0 ]]; then
  echo "packages: all ${#wanted[@]} are there"
  exit 0
fi
echo "packages to install: ${missing[*]}"
[[ $dry_run == yes ]] && exit 0

install=(apt-get install -y -q --no-install-recommends "${missing[@]}")
as_root=()
if [[ $(id -u) != 0 ]]; then
  if ! command -v sudo >/dev/null; then
    echo "install.sh: not root and no sudo; as root: apt-get update && ${install[*]}" >&2
    exit 1
  fi
  as_root=(sudo)
fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT
run() {
  if ! "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive "$@" >"$log" 2>&1; then
    cat "$log" >&2
    echo "install.sh: \"$*\" ended with an error (above)" >&2
    exit 1
  fi
}
run apt-get update -q
run "${install[@]}"
echo "packages installed: ${#missing[@]}"

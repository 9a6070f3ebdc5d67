#!/usr/bin/env bash
# Runs one step of the Makefile: says its name and how long it took, keeps its output aside, and
# shows it, with the step's name behind it, when the step fails.
#
#   tools/step.sh NAME COMMAND...
#
# On a terminal the output is shown as it comes.
set -uo pipefail

name=$1
shift
begin=$SECONDS
if [[ -t 1 ]]; then
  echo "$name ..."
  "$@"
  code=$?
else
  log=$(mktemp)
  trap 'rm -f "$log"' EXIT
  "$@" >"$log" 2>&1
  code=$?
  [[ $code == 0 ]] || cat "$log"
fi
if [[ $code != 0 ]]; then
  echo "make: the step \"$name\" failed with exit code $code: $*" >&2
  exit "$code"
fi
echo "$name: done in $((SECONDS - begin)) s"

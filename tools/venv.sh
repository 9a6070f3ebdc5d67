#!/usr/bin/env bash
# Makes .venv with the packages of tests/requirements.txt, or leaves it when it has them already.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

requirements=tests/requirements.txt
done_mark=.venv/requirements.txt
if [[ -x .venv/bin/python ]] && cmp -s "$requirements" "$done_mark"; then
  exit 0
fi
rm -rf .venv
python3 -m venv .venv
.venv/bin/pip install -q --disable-pip-version-check --require-hashes -r "$requirements"
cp "$requirements" "$done_mark"

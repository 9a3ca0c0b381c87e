#!/bin/sh
# Installs schemathesis, as requirements.txt has it, into a folder of its own outside the tree, and prints its program.
set -eu
cd "$(dirname "$0")"
folder="${XDG_CACHE_HOME:-$HOME/.cache}/whisklet/schemathesis-$(cksum <requirements.txt | cut -d ' ' -f 1)"
if [ ! -e "$folder/complete" ]; then
  rm -rf "$folder"
  python3 -m venv "$folder"
  "$folder/bin/python" -m pip install --quiet --disable-pip-version-check --requirement requirements.txt >&2
  touch "$folder/complete"
fi
echo "$folder/bin/schemathesis"

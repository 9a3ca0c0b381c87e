#!/bin/sh
# Installs the locked dependencies when they are missing or older than the lock file; silent otherwise.
set -eu
cd "$(dirname "$0")/.."
if [ -x node_modules/.bin/bun ] && [ node_modules/.package-lock.json -nt package-lock.json ]; then
  exit 0
fi
if [ -L node_modules ]; then
  echo "node_modules is a link: installing here would empty the folder that it leads to. Remove the link, or install there." >&2
  exit 1
fi
if command -v npm >/dev/null 2>&1; then
  npm ci --no-audit --no-fund
else
  bun install --no-save
  touch node_modules/.package-lock.json
fi

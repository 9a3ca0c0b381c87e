#!/bin/sh
# Fetches the jars of a Kafka broker, as pom.xml has it, into a folder of their own outside the tree, and prints the folder.
# Needs a Java runtime and Maven.
set -eu
cd "$(dirname "$0")"
folder="${XDG_CACHE_HOME:-$HOME/.cache}/whisklet/kafka-$(cksum <pom.xml | cut -d ' ' -f 1)"
if [ ! -e "$folder/complete" ]; then
  rm -rf "$folder"
  mkdir -p "$folder"
  mvn --quiet --batch-mode dependency:copy-dependencies "-DoutputDirectory=$folder" >&2
  touch "$folder/complete"
fi
echo "$folder"

#!/usr/bin/env bash
# Kafka's own dump tool over segment files.
#
#   dump.sh --fetch     gets the jars from Maven Central, once (needs mvn); with 3.9.2 behind it
#                       those of the last line with ZooKeeper, into .cache/kafka-3.9.2
#   dump.sh FILE...     reads every batch and every record of .log files, and compares .index and
#                       .timeindex files with the .log beside them; a line a file:
#                       <file>: <n> records in <m> batches, or <n> entries
#
# Exit code 1 when a file is damaged. The tool itself exits with 0 then, and stops in silence at an
# unfinished batch or a length that cannot be; so its text is read, and the bytes that it accepted
# must be all of the file's.
#
# KAFKA_JARS: the folder of the jars; default .cache/kafka-4.3.1 of the source tree.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
jars=${KAFKA_JARS:-$here/../../.cache/kafka-4.3.1}

fetch() {  # fetch [3.9.2]
  local version=(-Pkafka4)
  [[ ${1:-} == 3.* ]] && jars=$here/../../.cache/kafka-$1 version=(-Pkafka3 "-Dkafka.version=$1")
  compgen -G "$jars/kafka_2.13-*.jar" >/dev/null && return
  mkdir -p "$(dirname "$jars")"
  rm -rf "$jars" "$jars.part"
  mvn -q -B -f "$here/pom.xml" "${version[@]}" dependency:copy-dependencies -DincludeScope=runtime \
    -DoutputDirectory="$jars.part"
  mv "$jars.part" "$jars"
}

dump() {  # dump FILE... : the tool's output for all files, in order
  local files
  files=$(IFS=,; echo "$*")
  java -Xmx256m -XX:TieredStopAtLevel=1 -cp "$jars/*" org.apache.kafka.tools.DumpLogSegments \
    --deep-iteration --files "$files" 2>&1
}

# Checks one output and prints the summary; exit code 1 on damage.
# Lines of a batch:  baseOffset: 0 lastOffset: 9 count: 10 ... position: 0 ... size: 512 ... isvalid: true
# Lines of a record: | offset: 0 ...
judge() {
  awk '
    function close_file(  size, command) {
      if (file == "") return
      if (file !~ /\.log$/) {
        printf "%s: %d entries\n", file, entries
        return
      }
      command = "stat -c %s \"" file "\""
      command | getline size
      close(command)
      if (accepted != size + 0) {
        printf "%s: the tool read %d of %d bytes\n", file, accepted, size
        bad = 1
      }
      if (records != announced) {
        printf "%s: %d records, %d announced by the batches\n", file, records, announced
        bad = 1
      }
      printf "%s: %d records in %d batches\n", file, records, batches
    }
    /^Dumping / { close_file(); file = $2; accepted = records = announced = batches = entries = 0; next }
    /^baseOffset: / {
      ++batches
      for (i = 1; i < NF; ++i) {
        if ($i == "count:") announced += $(i + 1)
        if ($i == "position:") position = $(i + 1)
        if ($i == "size:") accepted = position + $(i + 1)
      }
    }
    /^\| offset: / { ++records }
    /^(offset|timestamp): / { ++entries }
    /isvalid: false|Exception|Error|^Found |[Mm]ismatch|Non-consecutive|out of order/ { print; bad = 1 }
    END {
      close_file()
      if (file == "") { print "the tool dumped nothing"; bad = 1 }
      exit bad
    }'
}

if [[ ${1:-} == --fetch ]]; then
  fetch "${2:-}"
  exit 0
fi
[[ -d $jars ]] || { echo "dump.sh: $jars: no jars; dump.sh --fetch" >&2; exit 1; }

output=$(mktemp)
trap 'rm -f "$output"' EXIT
code=0
dump "$@" >"$output" || { code=$?; echo "dump.sh: the tool ended with exit code $code"; }
judge <"$output" || code=1
exit "$code"

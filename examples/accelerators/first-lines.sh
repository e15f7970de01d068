#!/bin/sh
# An accelerator in shell: the first lines of a file, as many as app.specific.lines says (10).
# Called as first-lines.sh -m 0|1|2 -i FILE -o FILE -j FILE -p FILE
set -eu
while getopts m:i:o:j:p: option; do
  case $option in
    m) mode=$OPTARG ;;
    i) input=$OPTARG ;;
    o) output=$OPTARG ;;
    j) parameters=$OPTARG ;;
    p) result=$OPTARG ;;
    *) exit 2 ;;
  esac
done

# 0 starts and 2 stops: there is nothing to load or to unload.
if [ "${mode:-1}" = 1 ]; then
  lines=$(sed -n 's/.*"lines" *: *\([0-9][0-9]*\).*/\1/p' "$parameters")
  head -n "${lines:-10}" "$input" >"$output"
fi
printf '{"app":{"status":0,"msg":""}}' >"$result"

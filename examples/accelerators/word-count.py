#!/usr/bin/env python3
"""An accelerator in Python: counts words. Called as `word-count.py -m 0|1|2 -i FILE -o FILE -j FILE -p FILE`."""
import argparse
import json
import os
import sys

parser = argparse.ArgumentParser()
parser.add_argument("-m", type=int, choices=(0, 1, 2), default=1, help="0 start, 1 process, 2 stop")
parser.add_argument("-i", help="input")
parser.add_argument("-o", help="output")
parser.add_argument("-j", help="parameters, as JSON")
parser.add_argument("-p", help="where the result goes, as JSON")
args = parser.parse_args()


def answer(status, msg="", **specific):
    """`app.status` other than 0 makes the job fail, with `app.msg` for the user."""
    if args.p:
        with open(args.p, "w") as out:
            json.dump({"app": {"status": status, "msg": msg, "specific": specific}}, out)
    sys.exit(0)


if args.m != 1:
    answer(0)
with open(args.j) as file:
    least = json.load(file).get("app", {}).get("specific", {}).get("least", 1)
if not isinstance(least, int):
    answer(1, "app.specific.least is not a whole number")

counts = {}
size = os.path.getsize(args.i)
done = 0
with open(args.i, encoding="utf-8") as file:
    for line in file:
        for word in line.split():
            counts[word] = counts.get(word, 0) + 1
        done += len(line.encode())
        # The engine understands this line on stderr.
        print(f"progress: {100 * done // size}%", file=sys.stderr)
common = sorted((item for item in counts.items() if item[1] >= least), key=lambda item: (-item[1], item[0]))
if args.o:
    with open(args.o, "w", encoding="utf-8") as out:
        out.writelines(f"{count}\t{word}\n" for word, count in common)
answer(0, words=sum(counts.values()), different=len(counts))

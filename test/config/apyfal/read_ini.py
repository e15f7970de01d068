"""Reads documents from stdin, a JSON list of texts, with Python's own parser; writes what it made of each."""

import configparser
import io
import json
import sys


def read(text):
    parser = configparser.RawConfigParser(allow_no_value=True)
    parser.optionxform = str
    try:
        # As open(path, encoding="utf-8-sig") reads a file.
        parser.read_file(io.StringIO(text.removeprefix("\ufeff"), newline=None))
    except (configparser.Error, AttributeError):
        # AttributeError: up to Python 3.12, a line that goes on with a key without a value.
        return None
    return {
        "defaults": list(parser.defaults().items()),
        "sections": [[name, list(parser._sections[name].items())] for name in parser.sections()],
    }


sys.stdout.write(json.dumps([read(text) for text in json.load(sys.stdin)]))

#!/usr/bin/env python3
"""Generates C++ from AWS's service models for the operations that a service lists.

usage: generate.py SERVICE_LIST OUTPUT_FOLDER

SERVICE_LIST is what listing.py reads. Written into OUTPUT_FOLDER/aws/<namespace>/: types.h, types.cc (structs, shape tables,
errors), operations.h and operations.cc (handler declarations and the binding table). The models are botocore's, pinned in
dev/requirements.txt.
"""
import sys
from pathlib import Path

from bindings import Operations
from listing import Listing
from model import Model
from reach import Reach
from structs import Types


def generate(list_path):
    """The lines of each file."""
    listing = Listing(list_path)
    model = Model(listing)
    types, operations = Types(listing, model, Reach(listing, model)), Operations(listing, model)
    return listing.namespace, {"types.h": types.header(), "types.cc": types.source(),
                               "operations.h": operations.header(), "operations.cc": operations.source()}


def main(list_path, output):
    namespace, files = generate(list_path)
    folder = Path(output) / "aws" / namespace
    folder.mkdir(parents=True, exist_ok=True)
    for name, lines in files.items():
        text = "\n".join(lines) + "\n"
        path = folder / name
        if not path.exists() or path.read_text() != text:  # an unchanged file does not rebuild what includes it
            path.write_text(text)


if __name__ == "__main__":
    main(*sys.argv[1:])

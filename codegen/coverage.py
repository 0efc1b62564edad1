#!/usr/bin/env python3
"""Prints docs/coverage.md: which of AWS's operations leat offers, from the operation lists and AWS's models."""
from pathlib import Path

from listing import Listing
from model import Model

ROOT = Path(__file__).resolve().parents[1]


def main():
    print("# Operations\n\nMade by `make coverage` from the operation lists and AWS's service models. An operation that is not offered is known")
    print("by name and answers `NotImplementedException` (501).\n")
    listings = [Listing(path) for path in sorted(ROOT.glob("src/service/*/*.list"))]
    print("| service | offered | of AWS's |\n|---|---|---|")
    models = [(listing, Model(listing)) for listing in listings]
    for listing, model in models:
        print(f"| {listing.model} | {len(listing.operations)} | {len(model.operations)} |")
    for listing, model in models:
        offered = {name for name, _, _ in listing.operations}
        print(f"\n## {listing.model}\n\nOffered: {', '.join(sorted(offered))}.")
        print(f"\nNot offered: {', '.join(sorted(set(model.operations) - offered)) or 'none'}.")


main()

#!/usr/bin/env python3
"""Runs every test and closes with "N passed, N failed".

usage: run_tests.py [--build FOLDER] [PYTEST ARGUMENTS]
"""
import json
import os
import subprocess
import sys
import tempfile
import xml.etree.ElementTree
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def run_units(build, results):
    out = Path(results) / "units.json"
    subprocess.run([build / "unit_tests", f"--gtest_output=json:{out}", "--gtest_brief=1"], cwd=ROOT, check=False)
    if not out.exists():
        return 0, 1  # it crashed
    report = json.loads(out.read_text())
    return report["tests"] - report["failures"], report["failures"]


def run_scenarios(arguments, results):
    out = Path(results) / "scenarios.xml"
    status = subprocess.run([sys.executable, "-m", "pytest", "-q", f"--junitxml={out}", *(arguments or ["tests"])], cwd=ROOT, check=False).returncode
    if not out.exists():
        return 0, 1
    suite = xml.etree.ElementTree.parse(out).getroot().find("testsuite")
    failed = int(suite.get("failures")) + int(suite.get("errors")) + int(suite.get("skipped"))  # a skipped check is a defect
    return int(suite.get("tests")) - failed, max(failed, int(status not in (0, 1)))


def main():
    arguments = sys.argv[1:]
    build = ROOT / "build"
    if "--build" in arguments:
        at = arguments.index("--build")
        build = ROOT / arguments[at + 1]
        del arguments[at:at + 2]
    os.environ["LEAT_BUILD"] = str(build)
    with tempfile.TemporaryDirectory() as results:
        units = (0, 0) if arguments else run_units(build, results)
        scenarios = run_scenarios(arguments, results)
    passed, failed = units[0] + scenarios[0], units[1] + scenarios[1]
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed or not passed else 0)


main()

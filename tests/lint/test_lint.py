"""The rules of dev/lint.py hold, and the rules work."""
import importlib.util
import subprocess
import sys

import pytest
from conftest import ROOT

spec = importlib.util.spec_from_file_location("lint", ROOT / "dev/lint.py")
lint = importlib.util.module_from_spec(spec)
spec.loader.exec_module(lint)


def test_the_sources_keep_the_rules():
    done = subprocess.run([sys.executable, ROOT / "dev/lint.py"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("path, line, fault", [
    ("base/x.cc", '#include "runtime/loop.h"', "base may not include runtime/loop.h"),
    ("gateway/x.cc", '#include "service/iam/iam.h"', "gateway may not include service/iam/iam.h"),
    ("service/lambda/x.cc", '#include "service/dynamodb/table/table.h"', "service/lambda includes another service: service/dynamodb/table/table.h"),
    ("service/lambda/x.cc", '#include "aws/dynamodb/types.h"', "service/lambda includes another service: aws/dynamodb/types.h"),
    ("service/lambda/x.cc", '#include "aws/lambda/types.h"', None),
    ("authorization/x.cc", '#include "service/iam/iam.h"', None),
    ("authorization/x.cc", '#include "service/sqs/sqs.h"', "authorization may not include service/sqs/sqs.h"),
    ("service/lambda/x.cc", '#include "engine/kv/store.h"', None),
    ("wire/x.cc", "auto now = std::chrono::system_clock::now();", "clock"),
    ("wire/x.cc", "auto now = std::chrono::system_clock::now();  // lint: clock", None),
    ("wire/x.cc", "// not system_clock::now()", None),
    ("wire/x.cc", "} catch (const std::exception&) {", "catch"),
    ("gateway/dispatch.cc", "} catch (const std::exception&) {", None),
    ("wire/x.cc", "std::mt19937 engine;", "random"),
    ("wire/x.cc", "co_await something();", "coroutines"),
])
def test_each_rule_finds_its_fault(path, line, fault):
    found = [message for _, message in lint.check_text(path, line)]
    assert (not found) if fault is None else (len(found) == 1 and found[0].startswith(fault))


def test_circles_are_found():
    include = lambda *names: "".join(f'#include "{name}"\n' for name in names)
    assert list(lint.check_circles({"a/x.h": include("b/y.h"), "b/y.h": include("a/z.h"), "a/z.h": ""})) == ["folders include each other in a circle: a, b"]
    assert list(lint.check_circles({"a/x.h": include("a/y.h"), "a/y.h": include("a/x.h")})) == ["files include each other in a circle: a/x.h, a/y.h"]
    assert list(lint.check_circles({"a/x.h": include("b/y.h", "c/z.h"), "b/y.h": include("c/z.h"), "c/z.h": ""})) == []


@pytest.mark.parametrize("line, found", [("auto x = TRY(f(a, b));", 0), ("g(TRY(f(a)));", 0), ("g(a, TRY(f(b)));", 1), ("return T{TRY(f(b)), a};", 1), ("return T{a,\n         TRY(f(b))};", 1)])
def test_try_stands_by_itself(line, found):
    assert len(list(lint.check_try(line))) == found


def test_the_coverage_page_is_up_to_date():
    made = subprocess.run([sys.executable, ROOT / "codegen/coverage.py"], capture_output=True, text=True, check=True).stdout
    assert made == (ROOT / "docs/coverage.md").read_text(), "run: make coverage"

"""A new service is its folder and three lines of app.cc: nothing else of the tree has to know of it."""
import shutil
import subprocess
import sys

from conftest import BUILD, ROOT
from test_lint import lint

LIST = """# operation           kind    IAM resource
model sns 2010-03-31
namespace sns
service Sns service/sns/sns.h

GetTopicAttributes    read    {TopicArn}
ListTopics            read    *
"""
HEADER = """#pragma once
// The SNS service, as far as it has begun.

#include "aws/service.h"

namespace leat::sns {

class Sns final : public aws::Service {
 public:
  Sns();
};

}  // namespace leat::sns
"""
SOURCE = """#include "service/sns/sns.h"

#include "aws/sns/operations.h"

namespace leat::sns {

Sns::Sns() : Service(kModel) {}

aws::Result<ListTopicsResponse> list_topics(Sns&, const aws::Caller&, const ListTopicsInput&) { return ListTopicsResponse{}; }

aws::Result<GetTopicAttributesResponse> get_topic_attributes(Sns&, const aws::Caller&, const GetTopicAttributesInput&) {
  return aws::fail(errors::kNotFound, "Topic does not exist");
}

}  // namespace leat::sns
"""
APP = {  # an anchor, and the line that goes before it
    '#include "service/sqs/sqs.h"\n': '#include "service/sns/sns.h"\n',
    "  sqs::Sqs sqs;\n": "  sns::Sns sns;\n",
    "  // All services, in the order": None,
}


def run(*command, cwd):
    done = subprocess.run(list(map(str, command)), cwd=cwd, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_folder_and_three_lines(tmp_path, monkeypatch):
    for folder in ("src", "codegen", "bench", "dev"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("node_modules", "dynamodb-local"))
    shutil.copy(ROOT / "CMakeLists.txt", tmp_path)
    place = tmp_path / "src/service/sns"
    place.mkdir()
    for name, text in {"operations.list": LIST, "sns.h": HEADER, "sns.cc": SOURCE}.items():
        (place / name).write_text(text)

    app = tmp_path / "src/app/app.cc"
    before = app.read_text()
    text = before.replace("&sqs, ", "&sqs, &sns, ")
    for anchor, line in APP.items():
        assert text.count(anchor) == 1, anchor
        text = text.replace(anchor, (line or "") + anchor)
    changed = [line for line in text.splitlines() if line not in before.splitlines()]
    assert len(changed) == 3
    app.write_text(text)

    run("cmake", "-S", ".", "-B", "build", "-G", "Ninja", "-DLEAT_TESTS=OFF", cwd=tmp_path)
    assert "libsns.a" in run("ninja", "-C", "build", "-t", "targets", "all", cwd=tmp_path)
    run(sys.executable, ROOT / "codegen/generate.py", place / "operations.list", tmp_path / "generated", cwd=tmp_path)
    for source in (place / "sns.cc", tmp_path / "generated/aws/sns/operations.cc", app):
        run("g++", "-std=gnu++23", "-fsyntax-only", "-DFMT_SHARED", '-DLEAT_VERSION="0"', "-I", tmp_path / "src", "-I", tmp_path / "generated",
            "-I", BUILD / "generated", source, cwd=tmp_path)
    monkeypatch.setattr(lint, "ROOT", tmp_path)
    assert lint.main() == 0

"""The generator reads the models of the services that may come next, with all of their operations."""
import re
import subprocess
import sys

import pytest
from conftest import BUILD, ROOT

sys.path.insert(0, str(ROOT / "codegen"))
import generate  # noqa: E402
from listing import Listing  # noqa: E402
from model import Model, snake  # noqa: E402

VERSIONS = {
    "s3": "2006-03-01", "firehose": "2015-08-04", "glue": "2017-03-31", "athena": "2017-05-18", "sns": "2010-03-31",
    "events": "2015-10-07", "scheduler": "2021-06-30", "stepfunctions": "2016-11-23", "cognito-idp": "2016-04-18",
    "ssm": "2014-11-06", "secretsmanager": "2017-10-17", "cloudformation": "2010-05-15",
    "route53": "2013-04-01", "apigateway": "2015-07-09", "rds": "2014-10-31",
}
COMPILED = ["s3", "glue"]  # REST-XML; documents, and structs that are large or lead back to themselves


def list_of(model, folder, *, operations=None, more=""):
    """A service's list with all operations of its model, or with those alone."""
    namespace = model.replace("-", "")
    path = folder / f"{namespace}.list"
    head = f"model {model} {VERSIONS[model]}\nnamespace {namespace}\nservice Own own.h\n"
    path.write_text(head)
    names = operations or list(Model(Listing(path)).operations)
    path.write_text(head + more + "".join(f"{name} read *\n" for name in names))
    return path


def text_of(files, name):
    return "\n".join(files[name])


@pytest.mark.parametrize("model", VERSIONS)
def test_every_operation_is_read(model, tmp_path):
    namespace, files = generate.generate(list_of(model, tmp_path))
    assert namespace == model.replace("-", "")
    assert text_of(files, "operations.cc").count("&aws::bind::blocking<") == len(Model(Listing(tmp_path / f"{namespace}.list")).operations)


@pytest.mark.parametrize("model", COMPILED)
def test_what_is_written_compiles(model, tmp_path):
    generate.main(list_of(model, tmp_path), tmp_path)
    (tmp_path / "own.h").write_text('#include "aws/service.h"\n'
                                    f"namespace leat::{model} {{ class Own : public aws::Service {{}}; }}\n")
    for source in ("types.cc", "operations.cc"):
        command = ["g++", "-std=gnu++23", "-fsyntax-only", "-DFMT_SHARED", "-I", ROOT / "src", "-I", tmp_path, "-I", BUILD / "generated",
                   tmp_path / "aws" / model / source]
        done = subprocess.run(list(map(str, command)), capture_output=True, text=True)
        assert done.returncode == 0, done.stderr[:4000]


def test_words_of_c_plus_plus_are_no_fields():
    assert [snake(name) for name in ("Default", "delete", "x-amz-id-2", "SSEKMSKeyId", "Unix", "ETag", "register")] == \
        ["default_", "delete_", "x_amz_id_2", "ssekms_key_id", "unix_", "e_tag", "register_"]


def test_structs_that_lead_back_to_themselves(tmp_path):
    types = text_of(generate.generate(list_of("athena", tmp_path, operations=["GetQueryRuntimeStatistics"]))[1], "types.h")
    assert "struct QueryStage;\nstruct QueryStagePlanNode;\n" in types
    assert "std::optional<std::vector<QueryStage>> sub_stages;" in types
    types = text_of(generate.generate(list_of("glue", tmp_path, operations=["GetTable"]))[1], "types.h")
    assert "aws::Box<Table> requested_change;" in types


def test_what_rest_xml_says_of_members(tmp_path):
    files = generate.generate(list_of("s3", tmp_path, more="root ListObjectsV2 ListBucketResult\nerror NoSuchTagSet 404\n"))[1]
    types, operations = text_of(files, "types.cc"), text_of(files, "operations.cc")
    assert 'constexpr aws::XmlNamespace kGranteeSpace{"xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance"};' in types
    assert re.search(r'{"Type", "xsi:type", .*aws::Form::kAttribute}', types)
    assert 'kNoSuchTagSet{"NoSuchTagSet", "NoSuchTagSet", 404, true, nullptr' in types
    for text in ("aws::Location::kHeaders, false", '{"Contents", "Contents", &shapes::kObjectList, &aws::kOptional<std::vector<Object>>', "aws::Form::kStream",
                 ".time = aws::TimeForm::kHttp", "aws::Location::kEventStream"):
        assert text in types, text
    rows = {line.split('"')[1]: line for line in operations.splitlines() if line.startswith('    {"')}
    for name, text in {
        "ListObjectsV2": '"GET", "/{Bucket}", "?list-type=2", 200, "ListBucketResult"',
        "GetBucketAcl": '"GET", "/{Bucket}", "?acl", 200',
        "GetBucketInventoryConfiguration": '"GET", "/{Bucket}", "?inventory id", 200',
        "PutObject": '"PUT", "/{Bucket}/{Key+}", "", 200',
        "UploadPartCopy": '"PUT", "/{Bucket}/{Key+}", "x-amz-copy-source: partNumber uploadId", 200',
    }.items():
        assert text in rows[name], rows[name]

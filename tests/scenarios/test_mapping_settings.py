"""What event source mappings offer beyond order and retry: filters, windows, limits, partial failures."""
import json

import pytest
from botocore.exceptions import ClientError
from conftest import Deployment, wait_until

NOTE = """
import json
def handler(event, context):
    print('BATCH', json.dumps([[r['dynamodb']['Keys']['id']['S'], r['dynamodb'].get('NewImage', {}).get('n', {}).get('N')] for r in event['Records']]))
"""


def batches(deployment, name):
    return [json.loads(line.split("BATCH ")[1]) for line in deployment.log_of(name, "BATCH")]


def numbers(deployment, name):
    return [int(n) for batch in batches(deployment, name) for _, n in batch]


def mapped(deployment, name, code=NOTE, stream="NEW_IMAGE", one_shard=True, **settings):
    units = {"BillingMode": "PROVISIONED", "ProvisionedThroughput": {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}} if one_shard else {}
    arn = deployment.table(name, stream=stream, **units)
    deployment.function(name, code)
    settings.setdefault("StartingPosition", "TRIM_HORIZON")
    return deployment.functions.create_event_source_mapping(FunctionName=name, EventSourceArn=arn, **settings)


def put(deployment, table, *items):
    for id_, n in items:
        deployment.dynamodb.put_item(TableName=table, Item={"id": {"S": id_}, "n": {"N": str(n)}})


def test_filters(deployment):
    patterns = [{"eventName": ["INSERT"], "dynamodb": {"NewImage": {"n": {"N": [{"numeric": [">=", 5]}]}}}}, {"dynamodb": {"Keys": {"id": {"S": [{"prefix": "always"}]}}}}]
    mapping = mapped(deployment, "filtered", FilterCriteria={"Filters": [{"Pattern": json.dumps(each)} for each in patterns]})
    assert len(mapping["FilterCriteria"]["Filters"]) == 2
    put(deployment, "filtered", ("a", 1), ("b", 7), ("b", 8), ("always-1", 2), ("c", 5))
    wait_until(lambda: len(numbers(deployment, "filtered")) == 3)
    assert numbers(deployment, "filtered") == [7, 2, 5]
    with pytest.raises(ClientError, match="InvalidParameterValueException.*Invalid filter pattern definition"):
        deployment.functions.update_event_source_mapping(UUID=mapping["UUID"], FilterCriteria={"Filters": [{"Pattern": '{"a": "b"}'}]})


POISON = """
def handler(event, context):
    values = [int(r['dynamodb']['NewImage']['n']['N']) for r in event['Records']]
    if 13 in values:
        print('FAILS', values)
        raise Exception('poison')
    print('BATCH', [['x', v] for v in values])
""".replace("[['x', v] for v in values]", "__import__('json').dumps([['x', v] for v in values])")


def test_a_poison_record_is_isolated_and_given_up(deployment):
    mapped(deployment, "bisected", POISON, BisectBatchOnFunctionError=True, MaximumRetryAttempts=1, Enabled=False)
    put(deployment, "bisected", *((f"k{n}", n) for n in (10, 11, 12, 13, 14, 15, 16, 17)))
    uuid = deployment.functions.list_event_source_mappings(FunctionName="bisected")["EventSourceMappings"][0]["UUID"]
    deployment.functions.update_event_source_mapping(UUID=uuid, Enabled=True)
    wait_until(lambda: sorted(numbers(deployment, "bisected")) == [10, 11, 12, 14, 15, 16, 17])
    fails = [line.split("FAILS ")[1].strip() for line in deployment.log_of("bisected", "FAILS")]
    assert fails == ["[10, 11, 12, 13, 14, 15, 16, 17]", "[10, 11, 12, 13]", "[12, 13]", "[13]", "[13]"]
    put(deployment, "bisected", ("after", 1))
    wait_until(lambda: numbers(deployment, "bisected")[-1] == 1)


PARTIAL = """
import json
seen = set()
def handler(event, context):
    print('BATCH', json.dumps([['x', r['dynamodb']['NewImage']['n']['N']] for r in event['Records']]))
    for record in event['Records']:
        if record['dynamodb']['NewImage']['n']['N'] == '3' and '3' not in seen:
            seen.add('3')
            return {'batchItemFailures': [{'itemIdentifier': record['dynamodb']['SequenceNumber']}]}
    return {'batchItemFailures': []}
"""


def test_partial_failures_begin_again_where_they_failed(deployment):
    mapped(deployment, "partial", PARTIAL, FunctionResponseTypes=["ReportBatchItemFailures"], Enabled=False)
    put(deployment, "partial", *((f"k{n}", n) for n in range(1, 6)))
    uuid = deployment.functions.list_event_source_mappings(FunctionName="partial")["EventSourceMappings"][0]["UUID"]
    deployment.functions.update_event_source_mapping(UUID=uuid, Enabled=True)
    wait_until(lambda: len(numbers(deployment, "partial")) == 8)
    assert [[int(n) for _, n in batch] for batch in batches(deployment, "partial")] == [[1, 2, 3, 4, 5], [3, 4, 5]]


def test_old_records_are_not_retried_for_ever(own_server):
    server = own_server("--test-clock")
    deployment = Deployment(server)
    mapped(deployment, "aging", POISON, MaximumRecordAgeInSeconds=60)
    put(deployment, "aging", ("bad", 13))
    wait_until(lambda: deployment.log_of("aging", "FAILS"))
    server.post("/_leat/clock?advance=61")
    put(deployment, "aging", ("good", 1))
    wait_until(lambda: numbers(deployment, "aging") == [1])


def test_a_batching_window_collects(own_server):
    server = own_server("--test-clock")
    deployment = Deployment(server)
    mapped(deployment, "collected", MaximumBatchingWindowInSeconds=300, BatchSize=4)
    put(deployment, "collected", ("a", 1), ("b", 2))
    put(deployment, "collected", ("c", 3), ("d", 4))  # four are enough
    wait_until(lambda: len(numbers(deployment, "collected")) == 4)
    assert len(batches(deployment, "collected")) == 1
    put(deployment, "collected", ("e", 5), ("f", 6))
    assert len(batches(deployment, "collected")) == 1
    server.post("/_leat/clock?advance=301")
    wait_until(lambda: len(numbers(deployment, "collected")) == 6)
    assert len(batches(deployment, "collected")) == 2


def test_parallel_batches_keep_the_order_of_a_key(deployment):
    mapped(deployment, "parallel", ParallelizationFactor=4, BatchSize=5)
    put(deployment, "parallel", *((f"k{n % 6}", n) for n in range(120)))
    wait_until(lambda: len(numbers(deployment, "parallel")) == 120)
    for key in range(6):
        own = [int(n) for batch in batches(deployment, "parallel") for id_, n in batch if id_ == f"k{key}"]
        assert own == sorted(own)


TUMBLING = """
import json
def handler(event, context):
    state = event['state']
    total = state.get('total', 0) + sum(int(r['dynamodb']['NewImage']['n']['N']) for r in event['Records'])
    if event['isFinalInvokeForWindow']:
        print('TOTAL', json.dumps([total, len(event['Records']), event['window']['start'] < event['window']['end'], event['shardId'][:8]]))
        return {}
    return {'state': {'total': total}}
"""


def test_tumbling_windows_carry_their_state(own_server):
    server = own_server("--test-clock")
    deployment = Deployment(server)
    now = server.get("/_leat/clock")["now"] // 1000
    server.post(f"/_leat/clock?advance={900 - now % 900 + 1}")  # just behind the beginning of a window
    mapped(deployment, "tumbling", TUMBLING, TumblingWindowInSeconds=900, BatchSize=2)
    totals = lambda: [json.loads(line.split("TOTAL ")[1]) for line in deployment.log_of("tumbling", "TOTAL")]
    put(deployment, "tumbling", *((f"k{n}", n) for n in range(1, 6)))
    server.post("/_leat/clock?advance=901")
    wait_until(lambda: totals() == [[15, 0, True, "shardId-"]])
    put(deployment, "tumbling", ("x", 100))
    server.kill()  # the state is in the checkpoint, or the batch is seen again
    server.start()
    deployment = Deployment(server)
    server.post("/_leat/clock?advance=3000")
    wait_until(lambda: len(totals()) == 2)
    assert sorted(total for total, *_ in totals()) == [15, 100]

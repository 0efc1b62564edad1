"""The Kinesis Client Library of AWS, as Java applications use it. Of the extended tests: it takes a JDK, Maven and a minute."""
import subprocess
from pathlib import Path

HERE = Path(__file__).parent


def test_an_application_of_the_kinesis_client_library(own_server, tmp_path):
    server = own_server()
    subprocess.run(["mvn", "-q", "-B", "-f", HERE / "pom.xml", "dependency:copy-dependencies", f"-DoutputDirectory={tmp_path}/lib"], check=True, timeout=600)
    subprocess.run(["javac", "-cp", f"{tmp_path}/lib/*", "-d", tmp_path / "out", HERE / "Main.java"], check=True, timeout=120)
    done = subprocess.run(["java", "-cp", f"{tmp_path}/out:{tmp_path}/lib/*", "Main"], env=server.environ(), capture_output=True, text=True, timeout=300)
    assert [line for line in done.stdout.splitlines() if line.startswith("SEEN")] == ["SEEN 100", "SEEN 150"], done.stderr[-4000:]
    leases = server.client("dynamodb").scan(TableName="application")["Items"]
    assert {item["leaseKey"]["S"] for item in leases if "checkpoint" in item} >= {"shardId-000000000000", "shardId-000000000001"}
    assert server.client("cloudwatch").list_metrics(Namespace="application")["Metrics"]

"""Adds game scores up by user: the stream of GameScoreRecords into GameScoresByUser."""
import time
from collections import defaultdict
from decimal import Decimal

import boto3

table = boto3.resource("dynamodb").Table("GameScoresByUser")


def handler(event, context):
    started = Decimal(str(time.time()))
    scores, games = defaultdict(int), defaultdict(int)
    for record in event["Records"]:
        if record["eventName"] != "INSERT":
            continue
        image = record["dynamodb"]["NewImage"]
        scores[image["UserId"]["S"]] += int(image["Score"]["N"])
        games[image["UserId"]["S"]] += 1
    for user, score in scores.items():
        table.update_item(
            Key={"UserId": user, "Runtime": "python"},
            UpdateExpression="ADD TotalScore :score, Games :games SET LastStarted = :started",
            ExpressionAttributeValues={":score": score, ":games": games[user], ":started": started},
        )

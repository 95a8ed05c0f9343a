"""The naive handler with two writes to DynamoDB around the model's call: what a reservation costs at the least."""

import boto3
from naive import handler as ask

table = boto3.client("dynamodb")


def handler(event, context):
    """Reserve, ask, settle."""
    add("reserved")
    answer = ask(event, context)
    add("spent")
    return answer


def add(counter):
    """One conditional write."""
    table.update_item(
        TableName="tenants",
        Key={"pk": {"S": "usage#marketing"}},
        UpdateExpression="ADD #counter :tokens",
        ConditionExpression="attribute_not_exists(#counter) OR #counter < :limit",
        ExpressionAttributeNames={"#counter": counter},
        ExpressionAttributeValues={":tokens": {"N": "10"}, ":limit": {"N": "1000000000"}},
        ReturnValues="ALL_NEW",
    )

"""Makes a topic and a queue that is subscribed to it, and prints the queue's URL."""

import sys

import botocore.session

endpoint, region, name = sys.argv[1:]


def client(service):
    return botocore.session.Session().create_client(
        service,
        endpoint_url=endpoint,
        region_name=region,
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )


sqs, sns = client("sqs"), client("sns")
queue = sqs.create_queue(QueueName=name)["QueueUrl"]
attributes = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
topic = sns.create_topic(Name=name)["TopicArn"]
sns.subscribe(
    TopicArn=topic,
    Protocol="sqs",
    Endpoint=attributes["Attributes"]["QueueArn"],
    Attributes={"RawMessageDelivery": "true"},
)
print(queue)

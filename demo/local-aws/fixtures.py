"""Makes what the cost report is about: instances on the local AWS, and two weeks of their metrics.

    python fixtures.py ENDPOINT REGION

Prints the instances as JSON, by what they stand for.
"""

import datetime
import json
import sys

import botocore.session

endpoint, region = sys.argv[1:]
session = botocore.session.Session()


def client(service):
    return session.create_client(
        service,
        region_name=region,
        endpoint_url=endpoint,
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )


def run(name, kind, **tags):
    instance = client("ec2").run_instances(
        ImageId="ami-12345678",
        InstanceType=kind,
        MinCount=1,
        MaxCount=1,
        TagSpecifications=[
            {
                "ResourceType": "instance",
                "Tags": [{"Key": key, "Value": value} for key, value in {"Name": name, **tags}.items()],
            }
        ],
    )["Instances"][0]
    return instance["InstanceId"]


def put(instance, cpu, network):
    midnight = datetime.datetime.now(datetime.timezone.utc).replace(
        hour=0, minute=0, second=0, microsecond=0
    )
    # The local AWS forgets what is older than 14 days. The end of the first day is not, until this day ends.
    end_of_day = datetime.timedelta(hours=23, minutes=59, seconds=59)
    data = []
    for day in range(1, 15):
        for name, value in [("CPUUtilization", cpu), ("NetworkIn", network), ("NetworkOut", network)]:
            data.append(
                {
                    "MetricName": name,
                    "Dimensions": [{"Name": "InstanceId", "Value": instance}],
                    "Timestamp": midnight - datetime.timedelta(days=day) + end_of_day,
                    "Value": value,
                }
            )
    client("cloudwatch").put_metric_data(Namespace="AWS/EC2", MetricData=data)


idle = run("reporting-old", "m7g.xlarge", team="reporting")
put(idle, cpu=1.4, network=20_000)
large = run("search-index", "r7g.2xlarge", team="search")
put(large, cpu=22.5, network=300_000_000)
forgotten = run("batch-2024", "c6g.medium", team="reporting")
put(forgotten, cpu=0.8, network=1_000)
busy = run("checkout-api", "c7g.large")
put(busy, cpu=63.0, network=900_000_000)
silent = run("just-started", "t4g.small")
print(json.dumps({"idle": idle, "large": large, "forgotten": forgotten, "busy": busy, "silent": silent}))

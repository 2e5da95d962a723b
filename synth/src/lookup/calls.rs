//! The calls that look things up: the one table of what is asked, and of the permission that it takes.

use crate::{
    aws::{Protocol, Service},
    config::NamedKind,
};

/// A call that lists things of an account.
#[derive(Debug, PartialEq, Eq)]
pub struct ListCall {
    /// The service.
    pub service: &'static Service,
    /// The service and the operation, such as `ECS ListClusters`.
    pub operation: &'static str,
    /// The IAM action that it takes.
    pub permission: &'static str,
    /// What is listed, in the plural.
    pub what: &'static str,
    /// The lists in the answer that hold them. One alone must be there; of several each may be absent when it is empty.
    pub lists: &'static [&'static str],
    /// What holds the name, ID or ARN of each member; nothing where the members are texts.
    pub name: &'static str,
    /// The parameter that asks for the next page, and the part of the answer that holds its token.
    pub token: (&'static str, &'static str),
    /// The parameter for the size of a page, and its largest value.
    pub page: (&'static str, u32),
}

/// Amazon ECS.
pub const ECS: Service = Service {
    id: "ECS",
    host: "ecs",
    protocol: Protocol::Json("AmazonEC2ContainerServiceV20141113", "1.1"),
};
/// Amazon CloudWatch.
pub const CLOUDWATCH: Service = Service {
    id: "CloudWatch",
    host: "monitoring",
    protocol: Protocol::Json("GraniteServiceVersion20100801", "1.0"),
};
const SNS: Service = Service {
    id: "SNS",
    host: "sns",
    protocol: Protocol::Query("2010-03-31"),
};
const CODE_PIPELINE: Service = Service {
    id: "CodePipeline",
    host: "codepipeline",
    protocol: Protocol::Json("CodePipeline_20150709", "1.1"),
};
const EC2: Service = Service {
    id: "EC2",
    host: "ec2",
    protocol: Protocol::Query("2016-11-15"),
};
const DYNAMODB: Service = Service {
    id: "DynamoDB",
    host: "dynamodb",
    protocol: Protocol::Json("DynamoDB_20120810", "1.0"),
};

const CLOUDTRAIL: Service = Service {
    id: "CloudTrail",
    host: "cloudtrail",
    protocol: Protocol::Json(
        "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101",
        "1.1",
    ),
};
const DEVOPS_AGENT: Service = Service {
    id: "DevOps Agent",
    host: "aidevops",
    protocol: Protocol::Rest("cp", "/v1/agentspaces/list"),
};

/// ECS clusters, by ARN.
pub const CLUSTERS: ListCall = ListCall {
    service: &ECS,
    operation: "ECS ListClusters",
    permission: "ecs:ListClusters",
    what: "clusters",
    lists: &["clusterArns"],
    name: "",
    token: ("nextToken", "nextToken"),
    page: ("maxResults", 100),
};

/// Services of an ECS cluster, by ARN.
pub const SERVICES: ListCall = ListCall {
    service: &ECS,
    operation: "ECS ListServices",
    permission: "ecs:ListServices",
    what: "services",
    lists: &["serviceArns"],
    name: "",
    token: ("nextToken", "nextToken"),
    page: ("maxResults", 100),
};

/// Alarms, by name.
pub const ALARMS: ListCall = ListCall {
    service: &CLOUDWATCH,
    operation: "CloudWatch DescribeAlarms",
    permission: "cloudwatch:DescribeAlarms",
    what: "alarms",
    lists: &["MetricAlarms", "CompositeAlarms"],
    name: "AlarmName",
    token: ("NextToken", "NextToken"),
    page: ("MaxRecords", 100),
};

/// SNS topics, by ARN. A page has a hundred, always.
pub const TOPICS: ListCall = ListCall {
    service: &SNS,
    operation: "SNS ListTopics",
    permission: "sns:ListTopics",
    what: "topics",
    lists: &["Topics"],
    name: "TopicArn",
    token: ("NextToken", "NextToken"),
    page: ("", 0),
};

/// Pipelines, by name.
pub const PIPELINES: ListCall = ListCall {
    service: &CODE_PIPELINE,
    operation: "CodePipeline ListPipelines",
    permission: "codepipeline:ListPipelines",
    what: "pipelines",
    lists: &["pipelines"],
    name: "name",
    token: ("nextToken", "nextToken"),
    page: ("maxResults", 1000),
};

/// Subnets, by ID.
pub const SUBNETS: ListCall = ListCall {
    service: &EC2,
    operation: "EC2 DescribeSubnets",
    permission: "ec2:DescribeSubnets",
    what: "subnets",
    lists: &["subnetSet"],
    name: "subnetId",
    token: ("NextToken", "nextToken"),
    page: ("MaxResults", 1000),
};

/// Security groups, by ID.
pub const SECURITY_GROUPS: ListCall = ListCall {
    service: &EC2,
    operation: "EC2 DescribeSecurityGroups",
    permission: "ec2:DescribeSecurityGroups",
    what: "security groups",
    lists: &["securityGroupInfo"],
    name: "groupId",
    token: ("NextToken", "nextToken"),
    page: ("MaxResults", 1000),
};

/// DynamoDB tables, by name.
pub const TABLES: ListCall = ListCall {
    service: &DYNAMODB,
    operation: "DynamoDB ListTables",
    permission: "dynamodb:ListTables",
    what: "tables",
    lists: &["TableNames"],
    name: "",
    token: ("ExclusiveStartTableName", "LastEvaluatedTableName"),
    page: ("Limit", 100),
};

/// Trails of CloudTrail that record what is called in the region, by name: all in one page.
pub const TRAILS: ListCall = ListCall {
    service: &CLOUDTRAIL,
    operation: "CloudTrail DescribeTrails",
    permission: "cloudtrail:DescribeTrails",
    what: "trails",
    lists: &["trailList"],
    name: "Name",
    token: ("", ""),
    page: ("", 0),
};

/// Spaces of AWS DevOps Agent, by ID. Source: `ListAgentSpaces` in the service's model.
pub const SPACES: ListCall = ListCall {
    service: &DEVOPS_AGENT,
    operation: "DevOpsAgent ListAgentSpaces",
    permission: "aidevops:ListAgentSpaces",
    what: "agent spaces",
    lists: &["agentSpaces"],
    name: "agentSpaceId",
    token: ("nextToken", "nextToken"),
    page: ("maxResults", 100),
};

/// Every call that looks something up.
pub const CALLS: [&ListCall; 10] = [
    &CLUSTERS,
    &SERVICES,
    &ALARMS,
    &TOPICS,
    &PIPELINES,
    &SUBNETS,
    &SECURITY_GROUPS,
    &TABLES,
    &TRAILS,
    &SPACES,
];

impl ListCall {
    /// The call that looks up things of a kind.
    pub fn of(kind: &NamedKind) -> &'static Self {
        match kind {
            NamedKind::Clusters => &CLUSTERS,
            NamedKind::Services(_) => &SERVICES,
            NamedKind::Alarms | NamedKind::Exception | NamedKind::Alarm => &ALARMS,
            NamedKind::Topic => &TOPICS,
            NamedKind::Pipelines => &PIPELINES,
            NamedKind::Subnet => &SUBNETS,
            NamedKind::SecurityGroup => &SECURITY_GROUPS,
            NamedKind::Table => &TABLES,
            NamedKind::Trail => &TRAILS,
            NamedKind::Space => &SPACES,
        }
    }
}

//! What is in the fake account beside stacks and buckets: clusters, alarms and others, listed page by page.

use serde_json::{Value as Json, json};

use crate::cloudformation::Form;

/// What is in one region. Names begin with what they are called.
#[derive(Clone, Debug)]
pub(crate) struct Inventory {
    pub(crate) clusters: Vec<String>,
    /// Services by cluster and name.
    pub(crate) services: Vec<(String, String)>,
    pub(crate) alarms: Vec<String>,
    pub(crate) topics: Vec<String>,
    pub(crate) pipelines: Vec<String>,
    pub(crate) subnets: Vec<String>,
    pub(crate) security_groups: Vec<String>,
    pub(crate) tables: Vec<String>,
    pub(crate) trails: Vec<String>,
    /// Agent spaces, by ID.
    pub(crate) spaces: Vec<String>,
    /// Changes of alarms, the newest first, as the history has them.
    pub(crate) changes: Vec<Json>,
    /// Tasks that have stopped, as ECS describes them.
    pub(crate) stopped: Vec<Json>,
    /// Every call of this number is refused because of too many calls; 0 for none.
    pub(crate) throttled: usize,
}

impl Default for Inventory {
    fn default() -> Self {
        Self {
            clusters: vec!["checkout".to_owned()],
            services: Vec::new(),
            alarms: Vec::new(),
            topics: vec!["ops".to_owned(), "people".to_owned()],
            pipelines: Vec::new(),
            subnets: Vec::new(),
            security_groups: Vec::new(),
            tables: Vec::new(),
            trails: Vec::new(),
            spaces: Vec::new(),
            changes: Vec::new(),
            stopped: Vec::new(),
            throttled: 0,
        }
    }
}

/// A security group of elsewhere, which rules of every group name.
pub(crate) const PEER: &str = "sg-0e0e0e0e";

/// The services that this file answers for, by what their hosts begin with.
pub(crate) const SERVICES: [(&str, &str); 8] = [
    ("ecs", "ECS"),
    ("monitoring", "CloudWatch"),
    ("sns", "SNS"),
    ("codepipeline", "CodePipeline"),
    ("ec2", "EC2"),
    ("dynamodb", "DynamoDB"),
    ("cloudtrail", "CloudTrail"),
    ("cp.aidevops", "DevOpsAgent"),
];

/// A page of some names, and the token of the next.
fn page<T: Clone>(names: Vec<T>, token: Option<&str>, size: usize) -> (Vec<T>, Option<String>) {
    let start: usize = token.and_then(|it| it.parse().ok()).unwrap_or_default();
    let end = (start + size).min(names.len());
    let next = (end < names.len()).then(|| end.to_string());
    (names[start..end].to_vec(), next)
}

fn arns(kind: &str, names: &[String]) -> Vec<String> {
    let arn = |name: &String| format!("arn:aws:{kind}{name}");
    names.iter().map(arn).collect()
}

/// What a service answers to an operation with this body.
pub(crate) fn answer(inventory: &Inventory, operation: &str, body: &[u8]) -> String {
    let given: Json = serde_json::from_slice(body).unwrap_or_default();
    let form: Form = url_form(body);
    let size = |name: &str, most: u64| size_of(&given, name, most);
    let json = match operation {
        "ListClusters" => {
            let size = size("maxResults", 100);
            let (names, next) = page(
                inventory.clusters.clone(),
                given["nextToken"].as_str(),
                size,
            );
            let arns = arns("ecs:eu-central-1:111122223333:cluster/", &names);
            json!({ "clusterArns": arns, "nextToken": next })
        }
        "ListServices" => {
            let of_it = inventory.services.iter();
            let of_it = of_it.filter(|(cluster, _)| given["cluster"] == **cluster);
            let names = of_it.map(|(_, name)| name.clone()).collect();
            let size = size("maxResults", 100);
            let (names, next) = page(names, given["nextToken"].as_str(), size);
            let arns = arns("ecs:eu-central-1:111122223333:service/x/", &names);
            json!({ "serviceArns": arns, "nextToken": next })
        }
        "DescribeAlarms" => alarms(inventory, &given),
        "DescribeAlarmHistory" => {
            assert_eq!(given["HistoryItemType"], "StateUpdate");
            let size = size("MaxRecords", 100);
            let (changes, next) =
                page(inventory.changes.clone(), given["NextToken"].as_str(), size);
            json!({ "AlarmHistoryItems": changes, "NextToken": next })
        }
        "ListTasks" => {
            assert_eq!(given["desiredStatus"], "STOPPED");
            let of_it = inventory.stopped.iter().filter(|it| is_of(it, &given));
            let arns: Vec<&Json> = of_it.map(|it| &it["taskArn"]).collect();
            json!({ "taskArns": arns })
        }
        "DescribeTasks" => {
            let asked = given["tasks"].as_array().unwrap();
            let found = inventory.stopped.iter();
            let found: Vec<&Json> = found.filter(|it| asked.contains(&it["taskArn"])).collect();
            json!({ "tasks": found })
        }
        "ListPipelines" => {
            let size = size("maxResults", 1000);
            let (names, next) = page(
                inventory.pipelines.clone(),
                given["nextToken"].as_str(),
                size,
            );
            let named: Vec<Json> = names.iter().map(|it| json!({ "name": it })).collect();
            json!({ "pipelines": named, "nextToken": next })
        }
        "DescribeTrails" => {
            let trails = inventory.trails.iter();
            let trails: Vec<Json> = trails.map(|it| json!({ "Name": it })).collect();
            json!({ "trailList": trails })
        }
        "ListAgentSpaces" => {
            let (ids, next) = page(inventory.spaces.clone(), given["nextToken"].as_str(), 2);
            let spaces = ids
                .iter()
                .map(|it| json!({ "agentSpaceId": it, "name": "ours" }));
            json!({ "agentSpaces": spaces.collect::<Vec<_>>(), "nextToken": next })
        }
        "ListTables" => json!({ "TableNames": inventory.tables }),
        "ListTopics" => {
            let token = form.get("NextToken").map(String::as_str);
            let (names, next) = page(inventory.topics.clone(), token, 100);
            let arns = arns("sns:eu-central-1:111122223333:", &names);
            return xml(operation, "Topics", "TopicArn", &arns, next.as_deref());
        }
        "DescribeSubnets" => {
            return of_ec2(
                operation,
                "subnetSet",
                "subnetId",
                &inventory.subnets,
                &form,
            );
        }
        "DescribeSecurityGroups" => {
            let groups = &inventory.security_groups;
            return of_ec2(operation, "securityGroupInfo", "groupId", groups, &form);
        }
        other => panic!("the fake does not know {other}"),
    };
    json.to_string()
}

fn size_of(given: &Json, name: &str, most: u64) -> usize {
    let size = given[name].as_u64().unwrap_or(most);
    usize::try_from(size.min(most)).unwrap()
}

fn alarms(inventory: &Inventory, given: &Json) -> Json {
    let prefix = given["AlarmNamePrefix"].as_str().unwrap_or_default();
    let names = inventory.alarms.iter();
    let asked = given["AlarmNames"].as_array();
    let is_asked = |it: &&String| asked.is_none_or(|all| all.contains(&json!(it)));
    let names = names.filter(|it| it.starts_with(prefix)).filter(is_asked);
    let names = names.cloned().collect();
    let size = size_of(given, "MaxRecords", 100);
    let (names, next) = page(names, given["NextToken"].as_str(), size);
    // Without it, CloudWatch shows alarms on metrics only.
    let is_composite = |name: &String| name.contains("composite") && given["AlarmTypes"].is_array();
    let (composite, metric): (Vec<String>, Vec<String>) = names
        .into_iter()
        .filter(|it| !it.contains("composite") || is_composite(it))
        .partition(is_composite);
    let named = |names: Vec<String>| -> Vec<Json> {
        let names = names.iter();
        names.map(|it| json!({ "AlarmName": it })).collect()
    };
    json!({ "MetricAlarms": named(metric), "CompositeAlarms": named(composite), "NextToken": next })
}

/// Whether a task is in the cluster that a call names.
fn is_of(task: &Json, given: &Json) -> bool {
    let cluster = task["clusterArn"]
        .as_str()
        .and_then(|it| it.split('/').next_back());
    cluster == given["cluster"].as_str()
}

fn url_form(body: &[u8]) -> Form {
    url::form_urlencoded::parse(body).into_owned().collect()
}

/// EC2 pages in its own way, and what an item names in its rules looks like an item.
fn of_ec2(operation: &str, list: &str, name: &str, all: &[String], form: &Form) -> String {
    let token = form.get("NextToken").map(String::as_str);
    let (names, next) = page(all.to_vec(), token, 2);
    let items = names.iter().map(|it| {
        format!(
            "<item><{name}>{it}</{name}><ipPermissions><item><groups><item><groupId>{PEER}</groupId></item></groups>\
             </item></ipPermissions></item>"
        )
    });
    let items: String = items.collect();
    let next = next.map_or(String::new(), |it| format!("<nextToken>{it}</nextToken>"));
    format!("<{operation}Response><{list}>{items}</{list}>{next}</{operation}Response>")
}

fn xml(operation: &str, list: &str, name: &str, texts: &[String], next: Option<&str>) -> String {
    let members = texts.iter();
    let members = members.map(|it| format!("<member><{name}>{it}</{name}></member>"));
    let members: String = members.collect();
    let next = next.map_or(String::new(), |it| format!("<NextToken>{it}</NextToken>"));
    format!("<{operation}Response><{list}>{members}</{list}>{next}</{operation}Response>")
}

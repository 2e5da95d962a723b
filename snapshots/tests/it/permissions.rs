//! Who may do what: every policy statement of every case, against a table of what is called.

use std::collections::BTreeSet;

use serde_json::Value as Json;
use snapshots::{account, assert_file, directory};
use synth::deploy::assets;

use crate::templates::CASES;

const TABLE: &str = include_str!("../permissions.tsv");

/// One action of one statement.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Grant {
    who: String,
    effect: String,
    action: String,
    resource: String,
}

fn grants() -> BTreeSet<Grant> {
    let mut grants = BTreeSet::new();
    for case in CASES {
        let account = account(&directory(&format!("cases/{case}")));
        for stack in stacks::synthesize(&account.monitor).unwrap() {
            let template = stack.template.to_json();
            for (id, resource) in template["Resources"].as_object().unwrap() {
                for document in ["AssumeRolePolicyDocument", "KeyPolicy", "PolicyDocument"] {
                    let statements = &resource["Properties"][document]["Statement"];
                    for statement in many(statements) {
                        collect(id, statement, &mut grants);
                    }
                }
            }
        }
    }
    grants
}

fn collect(id: &str, statement: &Json, grants: &mut BTreeSet<Grant>) {
    let none = Json::from("-");
    let resources = match &statement["Resource"] {
        Json::Null => &none,
        some => some,
    };
    for action in many(&statement["Action"]) {
        for resource in many(resources) {
            grants.insert(Grant {
                who: id.to_owned(),
                effect: statement["Effect"].as_str().unwrap().to_owned(),
                action: action.as_str().unwrap().to_owned(),
                resource: show(resource),
            });
        }
    }
}

/// A list, or the one that stands for a list of one.
fn many(json: &Json) -> Vec<&Json> {
    match json {
        Json::Array(items) => items.iter().collect(),
        Json::Null => Vec::new(),
        one => vec![one],
    }
}

fn show(value: &Json) -> String {
    if let Some(text) = value.as_str().or_else(|| value["Fn::Sub"].as_str()) {
        return text.replace("${FailedEvents.Arn}", "FailedEvents.Arn");
    }
    if let Some(id) = value["Ref"].as_str() {
        return id.to_owned();
    }
    if let Some([text, variables]) = value["Fn::Sub"].as_array().map(Vec::as_slice) {
        let variables = variables.as_object().unwrap().iter();
        return variables.fold(text.as_str().unwrap().to_owned(), |text, (name, value)| {
            text.replace(&format!("${{{name}}}"), &show(value))
        });
    }
    let parts: Vec<&str> = value["Fn::GetAtt"]
        .as_array()
        .unwrap_or_else(|| panic!("a resource of a new form: {value}"))
        .iter()
        .filter_map(Json::as_str)
        .collect();
    parts.join(".")
}

struct Row {
    who: String,
    effect: String,
    action: String,
    resource: String,
    why: String,
}

fn table() -> Vec<Row> {
    let rows = TABLE.lines().skip(1).map(|line| {
        let mut cells = line.split('\t').map(str::to_owned);
        let mut next = || {
            cells
                .next()
                .unwrap_or_else(|| panic!("a short row: {line}"))
        };
        Row {
            who: next(),
            effect: next(),
            action: next(),
            resource: next(),
            why: next(),
        }
    });
    rows.collect()
}

impl Row {
    /// `*Function` stands for every function, and `{}` for what the star does.
    fn covers(&self, grant: &Grant) -> bool {
        let star = match self.who.strip_prefix('*') {
            Some(suffix) => match grant.who.strip_suffix(suffix) {
                Some(star) => star,
                None => return false,
            },
            None if self.who == grant.who => "",
            None => return false,
        };
        self.effect == grant.effect
            && self.action == grant.action
            && self
                .resource
                .replace("{}", star.trim_end_matches("Function"))
                == grant.resource
    }
}

/// Nothing may be done that nobody does, and everything that is done may be.
#[test]
fn every_statement_is_one_of_the_table() {
    let (grants, table) = (grants(), table());
    let unknown: Vec<&Grant> = grants
        .iter()
        .filter(|grant| !table.iter().any(|row| row.covers(grant)))
        .collect();
    assert!(unknown.is_empty(), "not in the table: {unknown:#?}");
    let unused: Vec<String> = table
        .iter()
        .filter(|row| !grants.iter().any(|grant| row.covers(grant)))
        .map(|row| format!("{} {} {}", row.who, row.action, row.resource))
        .collect();
    assert!(unused.is_empty(), "in no template: {unused:#?}");
}

#[test]
fn only_denials_are_wildcards_and_a_star_as_resource_has_its_reason() {
    for grant in grants() {
        // What is allowed is named. What is denied without TLS is everything that the service knows.
        let is_without_tls =
            grant.effect == "Deny" && ["s3:*", "sqs:*"].contains(&grant.action.as_str());
        assert!(!grant.action.contains('*') || is_without_tls, "{grant:?}");
    }
    for row in table().iter().filter(|row| row.resource == "*") {
        let argued = row.why.contains("knows no resources") || row.why.contains("the key itself");
        assert!(argued, "{} {}: {}", row.who, row.action, row.why);
    }
}

/// The operations that the functions' clients call are those that the table speaks of.
#[test]
fn the_table_knows_every_call_of_the_functions() {
    let clients = [
        include_str!("../../../runtime/src/aws/cloudwatch.rs"),
        include_str!("../../../runtime/src/aws/compute_optimizer.rs"),
        include_str!("../../../runtime/src/aws/cost_explorer.rs"),
        include_str!("../../../runtime/src/aws/cost_optimization_hub.rs"),
        include_str!("../../../runtime/src/aws/devops_agent.rs"),
        include_str!("../../../runtime/src/aws/ec2.rs"),
        include_str!("../../../runtime/src/aws/eventbridge.rs"),
        include_str!("../../../runtime/src/aws/secrets.rs"),
        include_str!("../../../runtime/src/aws/sqs.rs"),
    ];
    let called: BTreeSet<&str> = clients
        .iter()
        .flat_map(|source| source.split('"').skip(1).step_by(2))
        .filter(|text| {
            let verbs = [
                "Change", "Delete", "Describe", "Get", "List", "Put", "Send", "Update",
            ];
            verbs
                .iter()
                .any(|verb| text.strip_prefix(verb).is_some_and(|rest| !rest.is_empty()))
        })
        .collect();
    let table = table();
    let known: BTreeSet<&str> = table
        .iter()
        .filter_map(|row| row.why.split([';', ',']).next())
        .filter(|why| !why.contains(' '))
        .filter(|why| why.starts_with(|c: char| c.is_ascii_uppercase()))
        .collect();
    assert_eq!(called, known);
}

/// `synth` makes it, and no template: so that it is reviewed, and simulated by `make validate`.
#[test]
fn the_bucket_of_the_code_is_for_tls_only() {
    let (account, region) = ("111122223333", "eu-central-1");
    let policy = assets::policy(&assets::bucket(account, region), region);
    assert_file(
        &directory("policies/assets-bucket.json"),
        &format!("{policy:#}\n"),
    );
}

/// The role of the result function calls what its code calls, in one agent space.
#[test]
fn the_result_function_may_call_what_its_code_calls() {
    let grants = grants();
    let of_agent = grants
        .iter()
        .filter(|it| it.action.starts_with("aidevops:"));
    let spaces = [
        "agentspace/0a1b2c3d-0000-1111-2222-333344445555",
        "agentspace/5e6f7a8b-9c0d-4e1f-8a2b-3c4d5e6f7a8b",
    ];
    let is_of_one = |it: &str| spaces.iter().any(|space| it.ends_with(space));
    let of_agent = of_agent.inspect(|it| assert!(is_of_one(&it.resource), "{it:?}"));
    let granted: BTreeSet<&str> = of_agent.map(|it| it.action.as_str()).collect();
    let plans = [runtime::aws::devops_agent::PLAN_ACTION];
    let reads = runtime::aws::devops_agent::ACTIONS.into_iter();
    let wanted = reads.chain(plans).collect();
    assert_eq!(granted, wanted);
}

/// Without `mitigation` the result function reads; with it, its events have one source.
#[test]
fn only_mitigation_lets_the_result_function_do_more_than_read() {
    let mut account = account(&directory("cases/agent"));
    let policy = |account: &synth::config::Account| {
        let stacks = stacks::synthesize(&account.monitor).unwrap();
        let template = stacks[0].template.to_json();
        template["Resources"]["ResultFunctionPolicy"]["Properties"]["PolicyDocument"].clone()
    };
    let with = policy(&account);
    let statements = with["Statement"].as_array().unwrap();
    let puts = statements
        .iter()
        .find(|it| it["Action"] == "events:PutEvents");
    assert_eq!(
        puts.unwrap()["Condition"],
        serde_json::json!({ "ForAllValues:StringEquals": { "events:source": "tocsin" } })
    );
    account.monitor.agent.as_mut().unwrap().mitigation = None;
    let without = policy(&account).to_string();
    assert!(without.contains("aidevops:GetBacklogTask"));
    for action in ["aidevops:UpdateBacklogTask", "events:PutEvents"] {
        assert!(with.to_string().contains(action) && !without.contains(action));
    }
}

/// The role of the cost function reads what its code reads, and what Compute Optimizer reads on its behalf.
#[test]
fn the_cost_function_may_read_what_its_code_reads() {
    let on_behalf = [
        "autoscaling:DescribeAutoScalingGroups",
        "autoscaling:DescribeAutoScalingInstances",
    ];
    let grants = grants();
    let granted = grants
        .iter()
        .filter(|it| it.who == "CostFunctionPolicy" && it.resource == "*")
        .map(|it| it.action.as_str())
        .filter(|it| !it.starts_with("xray:") && !it.starts_with("ec2:CreateNetworkInterface"));
    let wanted = runtime::cost::ACTIONS.into_iter().chain(on_behalf);
    assert_eq!(granted.collect::<BTreeSet<_>>(), wanted.collect());
}

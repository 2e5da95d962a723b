//! The permissions that `synth` needs: the one table of what it calls, from which its policy is made.

use contract::Partition;
use serde_json::{Value as Json, json};
use stacks::{Stack, resources::type_info};

use crate::lookup::CALLS;

/// What some calls are for, and what they are made on.
#[derive(Debug)]
pub struct Need {
    /// The identifier of the statement of the policy.
    pub id: &'static str,
    /// Which commands make them.
    pub who: &'static str,
    /// The IAM actions.
    pub actions: &'static [&'static str],
    on: On,
}

/// What calls are made on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum On {
    Everything,
    Stacks,
    CodeBucket,
    Secret,
    Queues,
    FailedEvents,
    Functions,
    Logs,
    Ledger,
    RedriveRole,
    /// Keys that the stack makes; without one there are no such calls.
    Keys,
}

/// What `synth` calls by itself. What CloudFormation calls for it is in the registry schemas of the resources.
pub const NEEDS: [Need; 14] = [
    Need {
        id: "Lists",
        who: "all",
        actions: &["cloudformation:ListStacks", "sts:GetCallerIdentity"],
        on: On::Everything,
    },
    Need {
        id: "Stacks",
        who: "all but `match`, `generate`, `graph`",
        actions: &[
            "cloudformation:DescribeEvents",
            "cloudformation:DescribeStackEvents",
            "cloudformation:DescribeStacks",
            "cloudformation:GetTemplate",
            "cloudformation:ListChangeSets",
            "cloudformation:ListStackResources",
        ],
        on: On::Stacks,
    },
    Need {
        id: "Changes",
        who: "`deploy`, `destroy`",
        actions: &[
            "cloudformation:CreateChangeSet",
            "cloudformation:DeleteChangeSet",
            "cloudformation:DeleteStack",
            "cloudformation:DescribeChangeSet",
            "cloudformation:ExecuteChangeSet",
            "cloudformation:TagResource",
            "cloudformation:UntagResource",
        ],
        on: On::Stacks,
    },
    Need {
        id: "Code",
        who: "`deploy`, `doctor`",
        actions: &[
            "s3:CreateBucket",
            "s3:GetBucketPolicy",
            "s3:GetLifecycleConfiguration",
            "s3:GetObject",
            "s3:ListBucket",
            "s3:PutBucketPolicy",
            "s3:PutBucketPublicAccessBlock",
            "s3:PutLifecycleConfiguration",
            "s3:PutObject",
        ],
        on: On::CodeBucket,
    },
    Need {
        id: "Alarms",
        who: "`status`",
        actions: &["cloudwatch:DescribeAlarms"],
        on: On::Everything,
    },
    Need {
        id: "History",
        who: "`discover`",
        actions: &[
            "cloudwatch:DescribeAlarmHistory",
            "ecs:DescribeTasks",
            "ecs:ListTasks",
        ],
        on: On::Everything,
    },
    Need {
        id: "Webhook",
        who: "`webhook set`, `status`, `doctor`",
        actions: &[
            "secretsmanager:DescribeSecret",
            "secretsmanager:GetSecretValue",
            "secretsmanager:PutSecretValue",
        ],
        on: On::Secret,
    },
    Need {
        id: "Functions",
        who: "`webhook test`, `redrive`, `explain`, `status`",
        actions: &["lambda:GetFunctionConfiguration", "lambda:InvokeFunction"],
        on: On::Functions,
    },
    Need {
        id: "Logs",
        who: "`explain`, `status`",
        actions: &["logs:FilterLogEvents"],
        on: On::Logs,
    },
    Need {
        id: "Ledger",
        who: "`status`, `history`, `explain`, `cost --since-reported`",
        actions: &["dynamodb:GetItem", "dynamodb:Query", "dynamodb:Scan"],
        on: On::Ledger,
    },
    Need {
        id: "Queues",
        who: "`status`, `history`, `redrive`",
        actions: &[
            "sqs:ChangeMessageVisibility",
            "sqs:DeleteMessage",
            "sqs:GetQueueAttributes",
            "sqs:ReceiveMessage",
        ],
        on: On::Queues,
    },
    Need {
        id: "FailedEvents",
        who: "`redrive`",
        actions: &["s3:DeleteObject", "s3:GetObject", "s3:ListBucket"],
        on: On::FailedEvents,
    },
    Need {
        id: "Redrive",
        who: "`redrive`",
        actions: &["sts:AssumeRole"],
        on: On::RedriveRole,
    },
    Need {
        id: "Keys",
        who: "what reads the ledger, the queues and the secret",
        actions: &["kms:Decrypt", "kms:GenerateDataKey"],
        on: On::Keys,
    },
];

/// What a policy is for.
#[derive(Clone, Copy, Debug)]
pub struct Scope<'a> {
    /// The account's twelve digits.
    pub account: &'a str,
    /// One of its regions, which says the partition.
    pub region: &'a str,
    /// The name of the core stack.
    pub stack: &'a str,
    /// Whether the stack makes a key of its own.
    pub has_key: bool,
    /// The ARN of the role that CloudFormation works as; nothing where it works with the credentials of whoever deploys.
    pub cloudformation_role: Option<&'a str>,
}

/// Managed policies, by whom they are for.
#[derive(Clone, Debug, PartialEq)]
pub struct Policies {
    /// For the role that `synth` runs as.
    pub credentials: Vec<Json>,
    /// For the role that CloudFormation works as; none where there is no such role.
    pub cloudformation_role: Vec<Json>,
}

/// Characters of a managed policy at most, white space aside. Source: "IAM and AWS STS quotas" in the IAM user guide.
const MOST: usize = 6_144;

/// The policies that let a role do everything that `synth` does with an account: each fits one managed policy.
///
/// CloudFormation calls with the permissions of whoever deploys, or with those of its own role. The former count only by way
/// of it (`aws:CalledVia`), and those on roles only for roles of the stack. Source: "AWS CloudFormation service role" in the
/// CloudFormation user guide.
pub fn policies(scope: Scope<'_>, stacks: &[Stack]) -> Policies {
    let names = CALLS.iter().map(|it| it.permission);
    let mut own = vec![statement("Names", names, &["*".to_owned()])];
    for need in &NEEDS {
        if need.on == On::Keys && !scope.has_key {
            continue;
        }
        let actions = need.actions.iter().copied();
        let mut statement = statement(need.id, actions, &scope.resources(need.on));
        if need.on == On::Secret {
            // Its name begins alike in every stack: CloudFormation makes it of the logical ID alone.
            statement["Condition"] = json!({ "StringEquals":
                { "aws:ResourceTag/aws:cloudformation:stack-name": scope.stack } });
        }
        own.push(statement);
    }
    let cost = cost_actions(stacks);
    if !cost.is_empty() {
        let actions = cost.iter().map(String::as_str);
        own.push(statement("Cost", actions, &["*".to_owned()]));
    }
    let mut by_cloudformation = by_cloudformation(scope, stacks);
    if let Some(role) = scope.cloudformation_role {
        let action = ["iam:PassRole"].into_iter();
        let mut pass = statement("PassCloudFormationRole", action, &[role.to_owned()]);
        pass["Condition"] = json!({ "StringEquals":
            { "iam:PassedToService": "cloudformation.amazonaws.com" } });
        own.push(pass);
        for statement in &mut by_cloudformation {
            let is_called_via = statement["Condition"]["ForAnyValue:StringEquals"].is_object();
            if let Some(statement) = statement.as_object_mut().filter(|_| is_called_via) {
                statement.remove("Condition");
            }
        }
    } else {
        own.append(&mut by_cloudformation);
    }
    Policies {
        credentials: documents(own),
        cloudformation_role: documents(by_cloudformation),
    }
}

/// As few managed policies as hold these statements.
fn documents(statements: Vec<Json>) -> Vec<Json> {
    let mut documents: Vec<Vec<Json>> = Vec::new();
    for statement in statements {
        let fits = documents.last().is_some_and(|document| {
            let length: usize = document.iter().map(length).sum();
            length + self::length(&statement) < MOST - 60
        });
        if !fits {
            documents.push(Vec::new());
        }
        if let Some(document) = documents.last_mut() {
            document.push(statement);
        }
    }
    let document = |it| json!({ "Version": "2012-10-17", "Statement": it });
    documents.into_iter().map(document).collect()
}

fn length(statement: &Json) -> usize {
    statement.to_string().len() + 1
}

fn statement<'a>(id: &str, actions: impl Iterator<Item = &'a str>, on: &[String]) -> Json {
    let mut actions: Vec<&str> = actions.collect();
    actions.sort_unstable();
    actions.dedup();
    json!({ "Sid": id, "Effect": "Allow", "Action": actions, "Resource": on })
}

/// What the cost function may read, which is what `synth cost` reads.
fn cost_actions(stacks: &[Stack]) -> Vec<String> {
    let mut actions = Vec::new();
    for stack in stacks {
        let template = stack.template.to_json();
        let policy = &template["Resources"]["CostFunctionPolicy"]["Properties"]["PolicyDocument"];
        for statement in policy["Statement"].as_array().into_iter().flatten() {
            let id = statement["Sid"].as_str().unwrap_or_default();
            if statement["Resource"] == "*" && id.starts_with("Read") {
                actions.extend(texts(&statement["Action"]));
            }
        }
    }
    actions
}

fn texts(json: &Json) -> Vec<String> {
    let many = json
        .as_array()
        .map_or(std::slice::from_ref(json), Vec::as_slice);
    many.iter()
        .filter_map(|it| it.as_str().map(str::to_owned))
        .collect()
}

/// The statements for what CloudFormation calls, one a service.
fn by_cloudformation(scope: Scope<'_>, stacks: &[Stack]) -> Vec<Json> {
    let mut types: Vec<String> = Vec::new();
    for stack in stacks {
        let template = stack.template.to_json();
        let resources = template["Resources"].as_object().into_iter().flatten();
        types.extend(resources.filter_map(|(_, it)| Some(it["Type"].as_str()?.to_owned())));
    }
    types.sort();
    types.dedup();
    // Services that belong to features which no template here uses, and an action that is none.
    let services: Vec<String> = types.iter().filter_map(|it| service_of(it)).collect();
    let is_used = |action: &str| {
        let service = action.split(':').next().unwrap_or_default();
        let is_own = services.iter().any(|it| it == service);
        let needs = ["ec2:Describe", "kms:", "iam:PassRole"];
        !action.contains('.')
            && action != "iam:CreateServiceLinkedRole"
            && (is_own || needs.iter().any(|it| action.starts_with(it)))
    };
    let mut actions: Vec<&str> = types
        .iter()
        .filter_map(|it| type_info(it))
        .flat_map(|it| it.permissions.iter().copied())
        .filter(|it| is_used(it))
        .collect();
    actions.sort_unstable();
    actions.dedup();
    let mut statements = Vec::new();
    while let Some(first) = actions.first() {
        let service = first.split(':').next().unwrap_or_default().to_owned();
        let (own, rest): (Vec<&str>, Vec<&str>) = actions
            .into_iter()
            .partition(|it| it.split(':').next() == Some(&service));
        actions = rest;
        let (pass, own): (Vec<&str>, Vec<&str>) =
            own.into_iter().partition(|it| *it == "iam:PassRole");
        let on = if service == "iam" {
            scope.roles()
        } else {
            vec!["*".to_owned()]
        };
        if !pass.is_empty() {
            let mut it = statement("PassRoles", pass.into_iter(), &on);
            it["Condition"] = json!({ "StringEquals": { "iam:PassedToService": trusted(stacks) } });
            statements.push(it);
        }
        if own.is_empty() {
            continue;
        }
        let mut it = statement(
            &format!("Makes{}", capitalized(&service)),
            own.into_iter(),
            &on,
        );
        it["Condition"] = json!({ "ForAnyValue:StringEquals":
            { "aws:CalledVia": "cloudformation.amazonaws.com" } });
        statements.push(it);
    }
    statements
}

/// The services that take on roles of the stacks.
fn trusted(stacks: &[Stack]) -> Vec<String> {
    let mut services = Vec::new();
    for stack in stacks {
        let template = stack.template.to_json();
        for (_, resource) in template["Resources"].as_object().into_iter().flatten() {
            let trust = &resource["Properties"]["AssumeRolePolicyDocument"];
            for statement in trust["Statement"].as_array().into_iter().flatten() {
                services.extend(texts(&statement["Principal"]["Service"]));
            }
        }
    }
    services.sort();
    services.dedup();
    services
}

/// The prefix of a type's actions: `AWS::Lambda::Function` is of `lambda`.
fn service_of(resource_type: &str) -> Option<String> {
    Some(resource_type.split("::").nth(1)?.to_ascii_lowercase())
}

/// The identifier of a statement holds letters and digits only.
fn capitalized(service: &str) -> String {
    let letters = service.chars().filter(char::is_ascii_alphanumeric);
    let mut text: String = letters.collect();
    if let Some(first) = text.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    text
}

impl Scope<'_> {
    fn arn(&self, service: &str, rest: &str) -> String {
        let partition = Partition::of_any_region(self.region).name;
        format!("arn:{partition}:{service}:*:{}:{rest}", self.account)
    }

    /// What names of the stack's resources begin with: the stack's name and a hyphen, so that `tocsin-prod` does not stand
    /// for `tocsin-prod2`. CloudFormation cuts a longer name to make theirs fit 64 characters.
    fn begin(&self) -> String {
        const UNCUT: usize = 24;
        match self.stack.get(..UNCUT) {
            Some(begin) if self.stack.len() > UNCUT => begin.to_owned(),
            _ => format!("{}-", self.stack),
        }
    }

    fn resources(&self, on: On) -> Vec<String> {
        let begin = self.begin();
        let partition = Partition::of_any_region(self.region).name;
        match on {
            On::Everything => vec!["*".to_owned()],
            On::Stacks => vec![
                self.arn("cloudformation", &format!("stack/{}/*", self.stack)),
                self.arn("cloudformation", &format!("stack/{}-*/*", self.stack)),
            ],
            On::CodeBucket => {
                let bucket = format!("arn:{partition}:s3:::tocsin-assets-{}-*", self.account);
                vec![bucket.clone(), format!("{bucket}/*")]
            }
            On::FailedEvents => {
                let bucket = format!("arn:{partition}:s3:::{}*", begin.to_ascii_lowercase());
                vec![bucket.clone(), format!("{bucket}/*")]
            }
            On::Secret => vec![self.arn("secretsmanager", "secret:WebhookSecret-*")],
            On::Queues => vec![self.arn("sqs", &format!("{begin}*"))],
            On::Functions => vec![self.arn("lambda", &format!("function:{begin}*"))],
            On::Logs => vec![self.arn("logs", &format!("log-group:{begin}*"))],
            On::Ledger => vec![self.arn("dynamodb", &format!("table/{begin}*"))],
            On::RedriveRole => self.roles().into_iter().take(1).collect(),
            On::Keys => vec![self.arn("kms", "key/*")],
        }
    }

    /// The stack's roles by their path, and its policies by their names.
    fn roles(&self) -> Vec<String> {
        let partition = Partition::of_any_region(self.region).name;
        let of = |rest: String| format!("arn:{partition}:iam::{}:{rest}", self.account);
        vec![
            of(format!("role/{}-roles/*", self.stack)),
            of(format!("policy/{}*", self.begin())),
        ]
    }
}

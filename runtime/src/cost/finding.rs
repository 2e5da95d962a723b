//! What is found about one resource, whoever says so.

use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::{actual::ActualCost, instance_type::size, money::Amount, usage::Evidence};

/// A resource, by what is the same whichever service names it: its region, and what its ARN ends in.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct ResourceKey(String);

/// What to do about a resource.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(into = "String")]
pub enum Kind {
    /// It does nothing.
    Stop,
    /// It is larger than it needs to be.
    Smaller,
    /// Something newer, or of another architecture, is cheaper.
    Modernise,
    /// What AWS calls so, and we do not know.
    Other(String),
}

/// Who says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// Cost Optimization Hub.
    CostOptimizationHub,
    /// Compute Optimizer.
    ComputeOptimizer,
    /// Tocsin itself.
    Metrics,
}

/// What is found about one resource.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// Which resource.
    #[serde(skip)]
    pub key: ResourceKey,
    /// Its ID, or its name where it has none.
    pub id: String,
    /// What it is called.
    pub name: Option<String>,
    /// What it is, such as `EC2 instance`, or as AWS calls it.
    pub resource_type: String,
    /// Where it is.
    pub region: String,
    /// What it is like, such as `m5.large`.
    pub configuration: Option<String>,
    /// Who owns it.
    pub owner: Option<String>,
    /// What to do.
    pub kind: Kind,
    /// What should be there instead.
    pub instead: Option<String>,
    /// What that saves in a month. Without, AWS does not say.
    pub amount: Option<Amount>,
    /// How much of the resource's price that is, in percent.
    pub share_percent: Option<f64>,
    /// What the resource has cost, where the account file asks for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actual_cost: Option<ActualCost>,
    /// Who says so, the one whose words count first.
    pub origins: Vec<Origin>,
    /// What that rests on.
    pub evidence: Evidence,
    /// The risk that performance suffers: 0 is none, 4 is high.
    pub risk: Option<f64>,
    /// How hard it is, in AWS's words.
    pub effort: Option<String>,
    /// Whether it takes a restart.
    pub restart: Option<bool>,
    /// Whether it can be undone.
    pub rollback: Option<bool>,
}

impl ResourceKey {
    /// The key of a resource that an ARN names.
    pub fn of_arn(arn: &str) -> Option<Self> {
        let mut parts = arn.splitn(6, ':');
        if parts.next()? != "arn" {
            return None;
        }
        let (_partition, service, region) = (parts.next()?, parts.next()?, parts.next()?);
        let (_account, resource) = (parts.next()?, parts.next()?);
        Some(Self(format!("{region}|{service}|{resource}")))
    }

    /// The key of an instance.
    pub fn instance(region: &str, id: &str) -> Self {
        Self(format!("{region}|ec2|instance/{id}"))
    }

    /// The key of a volume.
    pub fn volume(region: &str, id: &str) -> Self {
        Self(format!("{region}|ec2|volume/{id}"))
    }

    /// The key of an address.
    pub fn address(region: &str, id: &str) -> Self {
        Self(format!("{region}|ec2|elastic-ip/{id}"))
    }

    /// The key of a resource, by its ARN if it has one, and by what is said of it otherwise.
    pub fn new(arn: Option<&str>, region: &str, resource_type: &str, id: &str) -> Self {
        if let Some(key) = arn.and_then(Self::of_arn) {
            return key;
        }
        match plain(resource_type).as_str() {
            "ec2instance" => Self::instance(region, id),
            "ebsvolume" => Self::volume(region, id),
            other => Self(format!("{region}|{other}|{id}")),
        }
    }

    /// The region that the resource is in.
    pub fn region(&self) -> &str {
        self.0.split('|').next().unwrap_or_default()
    }

    /// The ID of the instance that it is, if it is one.
    pub fn instance_id(&self) -> Option<&str> {
        self.0.split_once("|ec2|instance/").map(|(_, id)| id)
    }

    /// What identifies the resource and what is found about it, in sixteen characters.
    pub fn hash(&self, kind: &Kind) -> String {
        self.hashed(&[&self.0, kind.name()])
    }

    /// What identifies the resource, in sixteen characters.
    pub fn hash_of_resource(&self) -> String {
        self.hashed(&[&self.0])
    }

    #[expect(clippy::unused_self, reason = "it is the key's hash")]
    fn hashed(&self, parts: &[&str]) -> String {
        let hash = Sha256::digest(parts.join("|"));
        let (first, _) = hash.split_first_chunk::<8>().unwrap_or((&[0; 8], &[]));
        format!("{:016x}", u64::from_be_bytes(*first))
    }
}

impl Kind {
    /// What is said of it in texts.
    pub fn name(&self) -> &str {
        match self {
            Self::Stop => "stop or delete",
            Self::Smaller => "make smaller",
            Self::Modernise => "modernise",
            Self::Other(name) => name,
        }
    }

    /// What metrics count it as.
    pub fn metric(&self) -> &'static str {
        match self {
            Self::Stop => "stop-or-delete",
            Self::Smaller => "make-smaller",
            Self::Modernise => "modernise",
            Self::Other(_) => "other",
        }
    }

    /// What an action of the hub is; nothing for a purchase.
    pub(super) fn of_action(action: &str) -> Option<Self> {
        Some(match plain(action).as_str() {
            "stop" | "delete" | "scalein" => Self::Stop,
            "rightsize" => Self::Smaller,
            "upgrade" | "migratetograviton" => Self::Modernise,
            it if it.starts_with("purchase") => return None,
            _ => Self::Other(short(action)),
        })
    }

    /// What a finding of an idle resource is.
    pub(super) fn of_idle(finding: &str) -> Self {
        match plain(finding).as_str() {
            "idle" | "unattached" | "unused" => Self::Stop,
            _ => Self::Other(short(finding)),
        }
    }
}

impl From<Kind> for String {
    fn from(kind: Kind) -> Self {
        kind.name().to_owned()
    }
}

impl Origin {
    /// What it is called in the ledger.
    pub(super) fn letter(self) -> char {
        match self {
            Self::CostOptimizationHub => 'h',
            Self::ComputeOptimizer => 'o',
            Self::Metrics => 'm',
        }
    }

    /// What it is called in texts.
    pub fn name(self) -> &'static str {
        match self {
            Self::CostOptimizationHub => "Cost Optimization Hub",
            Self::ComputeOptimizer => "Compute Optimizer",
            Self::Metrics => "metrics",
        }
    }
}

impl Finding {
    /// What orders findings: the largest amount first, then the largest type.
    pub(super) fn order(&self) -> impl Ord + use<> {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "amounts are not below zero, and only order counts"
        )]
        let amount = self.amount.as_ref().map(|it| (it.value * 100.0) as u64);
        let size = self.configuration.as_deref().map_or(0, size);
        (
            std::cmp::Reverse(amount),
            std::cmp::Reverse(size),
            self.key.clone(),
        )
    }
}

/// Letters and digits only, in lower case: AWS writes `OVER_PROVISIONED` where its models say
/// `Overprovisioned`.
pub(super) fn plain(text: &str) -> String {
    let letters = text.chars().filter(char::is_ascii_alphanumeric);
    letters.collect::<String>().to_ascii_lowercase()
}

fn short(text: &str) -> String {
    if text.is_empty() {
        return "without a name".to_owned();
    }
    text.chars().take(40).collect()
}

/// A type of resource, as people read it. One that is not known keeps the name that AWS gives it.
pub(super) fn type_name(aws: &str) -> String {
    let known = match plain(aws).as_str() {
        "ec2instance" => "EC2 instance",
        "ec2autoscalinggroup" | "autoscalinggroup" => "Auto Scaling group",
        "ebsvolume" => "EBS volume",
        "ecsservice" => "ECS service",
        "lambdafunction" => "Lambda function",
        "rdsdbinstance" => "RDS instance",
        "rdsdbinstancestorage" => "RDS storage",
        "natgateway" => "NAT gateway",
        "dynamodbtable" => "DynamoDB table",
        "elasticachecluster" => "ElastiCache cluster",
        "memorydbcluster" => "MemoryDB cluster",
        "documentdbcluster" => "DocumentDB cluster",
        "workspaces" => "WorkSpace",
        "sagemakerendpoint" => "SageMaker endpoint",
        _ => return short(aws),
    };
    known.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resource_is_the_same_whoever_names_it() {
        let arn = "arn:aws:ec2:eu-central-1:111122223333:instance/i-1";
        let key = ResourceKey::instance("eu-central-1", "i-1");
        assert_eq!(ResourceKey::of_arn(arn), Some(key.clone()));
        let new = |arn, kind| ResourceKey::new(arn, "eu-central-1", kind, "i-1");
        assert_eq!(new(None, "Ec2Instance"), key);
        assert_eq!(new(None, "EC2Instance"), key);
        assert_eq!(new(Some(arn), "?"), key);
        assert_eq!(
            (key.region(), key.instance_id()),
            ("eu-central-1", Some("i-1"))
        );
        assert_ne!(ResourceKey::instance("us-east-1", "i-1"), key);
        assert_ne!(key.hash(&Kind::Stop), key.hash(&Kind::Smaller));
        assert_eq!(ResourceKey::of_arn("i-1"), None);
    }

    #[test]
    fn actions_and_findings_are_known_in_any_spelling() {
        for (action, kind) in [
            ("Stop", Some(Kind::Stop)),
            ("SCALE_IN", Some(Kind::Stop)),
            ("ScaleIn", Some(Kind::Stop)),
            ("MigrateToGraviton", Some(Kind::Modernise)),
            ("PurchaseSavingsPlans", None),
            ("Teleport", Some(Kind::Other("Teleport".to_owned()))),
        ] {
            assert_eq!(Kind::of_action(action), kind, "{action}");
        }
        assert_eq!(Kind::of_idle("UNATTACHED"), Kind::Stop);
        assert_eq!(Kind::of_idle("Adrift").name(), "Adrift");
        assert_eq!(type_name("RDSDBInstance"), "RDS instance");
        assert_eq!(type_name("Timeship"), "Timeship");
    }
}

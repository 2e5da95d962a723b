//! What regulated accounts ask for. Nothing of it is on by default: each has a price.

use std::collections::BTreeMap;

use super::ReservedConcurrency;

/// What is encrypted, reached and limited beyond what every stack is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hardening {
    /// Whether everything at rest is encrypted with a key of the account's own. A key costs about a
    /// dollar a month.
    pub customer_managed_key: bool,
    /// Where the functions run, if not in Lambda's own network. They must reach the agent and AWS
    /// from there, which takes a NAT gateway.
    pub vpc: Option<Vpc>,
    /// Whether invocations are traced with AWS X-Ray.
    pub tracing: bool,
    /// How many invocations of each function may run at once, and are kept free for it.
    /// What is kept free is taken from the account, of whose limit 100 must stay.
    pub reserved_concurrency: Option<ReservedConcurrency>,
    /// The table that is the ledger of a region, where that was restored into another than the stack's own:
    /// of every region or of none.
    pub ledger_tables: BTreeMap<String, String>,
    /// The managed policy that bounds what every role of the stack may do, whatever its own policy says.
    pub permissions_boundary: Option<PermissionsBoundary>,
}

/// The managed policy that bounds roles, by its name, which may have a path before it, or by its ARN. Source:
/// "Permissions boundaries for IAM entities" in the IAM user guide.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PermissionsBoundary(String);

/// Neither the name nor the ARN of a managed policy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not the name of a managed policy")]
pub struct InvalidBoundary(String);

impl PermissionsBoundary {
    /// Reads a name, such as `platform/developer-boundary`, or an ARN.
    ///
    /// # Errors
    ///
    /// When the text is neither.
    pub fn parse(text: &str) -> Result<Self, InvalidBoundary> {
        let name = match text.split_once(":policy/") {
            Some((before, name)) if before.starts_with("arn:") && before.contains(":iam::") => name,
            Some(_) => "",
            None => text,
        };
        let is_name = !name.is_empty()
            && name.len() <= 512
            && name
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"+=,.@_/-".contains(&b));
        if is_name {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidBoundary(text.to_owned()))
        }
    }

    /// The account that it is of, where the file says so.
    pub fn account(&self) -> Option<&str> {
        self.0.split(':').nth(4).filter(|it| *it != "aws")
    }

    /// Its ARN, in which pseudo parameters stand for what the file does not say.
    pub(crate) fn arn(&self) -> String {
        if self.0.starts_with("arn:") {
            self.0.clone()
        } else {
            format!(
                "arn:${{AWS::Partition}}:iam::${{AWS::AccountId}}:policy/{}",
                self.0
            )
        }
    }
}

/// The functions' network, by region.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Vpc {
    /// Such as `eu-central-1`.
    pub regions: BTreeMap<String, Network>,
}

/// Where functions run in one region.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Network {
    /// Subnets, in the order of the account file.
    pub subnets: Vec<NetworkId>,
    /// Security groups, which must allow HTTPS to the outside.
    pub security_groups: Vec<NetworkId>,
}

/// The ID of a part of a network, such as `subnet-0123456789abcdef0`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NetworkId(String);

/// Not the ID of such a part.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an ID")]
pub struct InvalidNetworkId(String);

impl NetworkId {
    /// Reads the ID of a part of this kind: `subnet` or `sg`.
    ///
    /// # Errors
    ///
    /// When the text is no such ID.
    pub fn parse(kind: &str, text: &str) -> Result<Self, InvalidNetworkId> {
        let number = text.strip_prefix(kind).and_then(|it| it.strip_prefix('-'));
        let is_number =
            |it: &str| matches!(it.len(), 8 | 17) && it.bytes().all(|b| b.is_ascii_hexdigit());
        if number.is_some_and(is_number) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidNetworkId(text.to_owned()))
        }
    }

    /// The ID as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

//! What an account file names and somebody else makes: it can be misspelt, and then watches nothing.

use std::ops::Range;

/// A thing of the account that the file names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// What it is.
    pub kind: NamedKind,
    /// Its name; where the kind has many, `*` stands for any characters.
    pub name: String,
    /// The regions that it should be in; empty for those of the file.
    pub regions: Vec<String>,
    /// Where the file names it, in bytes of its text.
    pub span: Range<usize>,
}

/// What is named.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum NamedKind {
    /// ECS clusters that are watched.
    Clusters,
    /// Services of this ECS cluster.
    Services(String),
    /// Alarms that are watched.
    Alarms,
    /// Alarms that are excepted from those that are watched.
    Exception,
    /// An alarm that a composite alarm of the file looks at.
    Alarm,
    /// An SNS topic.
    Topic,
    /// Pipelines of CodePipeline.
    Pipelines,
    /// A subnet, by its ID.
    Subnet,
    /// A security group, by its ID.
    SecurityGroup,
    /// A DynamoDB table.
    Table,
    /// Any trail of CloudTrail: without one nothing records what is called.
    Trail,
    /// An agent space, by its ID.
    Space,
}

impl NamedKind {
    /// Whether it must be there in each region. What is watched may be in one of them only.
    pub fn is_needed_everywhere(&self) -> bool {
        match self {
            Self::Clusters
            | Self::Services(_)
            | Self::Alarms
            | Self::Exception
            | Self::Pipelines
            | Self::Space => false,
            Self::Alarm
            | Self::Topic
            | Self::Subnet
            | Self::SecurityGroup
            | Self::Table
            | Self::Trail => true,
        }
    }
}

impl Named {
    /// A thing in every region of the file.
    pub(super) fn new(kind: NamedKind, name: impl Into<String>, span: &Range<usize>) -> Self {
        Self {
            kind,
            name: name.into(),
            regions: Vec::new(),
            span: span.clone(),
        }
    }

    /// The same in one region.
    pub(super) fn in_region(self, region: &str) -> Self {
        Self {
            regions: vec![region.to_owned()],
            ..self
        }
    }
}

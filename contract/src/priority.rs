//! How urgent an incident is.

use serde::{Deserialize, Serialize};

/// How urgent an incident is: the agent's own words. The most urgent comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Priority {
    /// The most urgent.
    Critical,
    /// The default of alarms and failures.
    High,
    /// The default of reports.
    Medium,
    /// Not urgent.
    Low,
    /// Hardly worth a look.
    Minimal,
}

impl Priority {
    /// What the agent calls it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Critical => "CRITICAL",
            Self::High => "HIGH",
            Self::Medium => "MEDIUM",
            Self::Low => "LOW",
            Self::Minimal => "MINIMAL",
        }
    }

    /// The priority that the agent calls so, such as `HIGH`.
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "CRITICAL" => Self::Critical,
            "HIGH" => Self::High,
            "MEDIUM" => Self::Medium,
            "LOW" => Self::Low,
            "MINIMAL" => Self::Minimal,
            _ => return None,
        })
    }
}

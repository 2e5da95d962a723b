//! ECS clusters that are watched.

use std::fmt;

use super::{ClusterName, InvalidName, Priority};

/// ECS clusters whose failures are incidents, and how loudly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cluster {
    /// Which clusters.
    pub selector: ClusterSelector,
    /// How urgent their incidents are, if not as what happened says.
    pub priority: Option<Priority>,
    /// Services whose failures are nobody's incident, sorted.
    pub ignored_services: Vec<ServicePattern>,
}

/// Which clusters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ClusterSelector {
    /// One, in every region that is watched.
    Name(ClusterName),
    /// One, in one region.
    InRegion(ClusterName, String),
    /// All whose names begin like this.
    Prefix(ClusterPrefix),
}

/// How the names of some ECS clusters begin; empty for all of them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ClusterPrefix(String);

/// A service by its name, or services by how their names begin (`api-*`).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ServicePattern(String);

impl Cluster {
    /// A cluster that is watched like any other.
    pub fn plain(selector: ClusterSelector) -> Self {
        Self {
            selector,
            priority: None,
            ignored_services: Vec::new(),
        }
    }

    /// Whether its events are evaluated like any other cluster's.
    pub fn is_plain(&self) -> bool {
        self.priority.is_none() && self.ignored_services.is_empty()
    }
}

impl ClusterSelector {
    /// The one cluster's name, or how the names begin.
    pub fn text(&self) -> &str {
        match self {
            Self::Name(name) | Self::InRegion(name, _) => name.as_str(),
            Self::Prefix(prefix) => prefix.as_str(),
        }
    }

    /// Whether every cluster of `other` is one of these.
    pub fn covers(&self, other: &Self) -> bool {
        match self {
            Self::Prefix(prefix) => other.text().starts_with(prefix.as_str()),
            Self::Name(name) => !matches!(other, Self::Prefix(_)) && other.text() == name.as_str(),
            Self::InRegion(..) => self == other,
        }
    }
}

impl fmt::Display for ClusterSelector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name.as_str()),
            Self::InRegion(name, region) => write!(f, "{name} in {region}"),
            Self::Prefix(prefix) => write!(f, "{}*", prefix.as_str()),
        }
    }
}

impl ClusterPrefix {
    /// Reads `team-a-*`, or `*` for all.
    ///
    /// # Errors
    ///
    /// Returns an [`InvalidName`] if what stands before the `*` is not part of any cluster's name; see
    /// [`ClusterName::parse`]. An empty text is not an error: it stands for all.
    pub fn parse(text: &str) -> Result<Self, InvalidName> {
        let prefix = text.strip_suffix('*').unwrap_or(text);
        if !prefix.is_empty() {
            ClusterName::parse(prefix)?;
        }
        Ok(Self(prefix.to_owned()))
    }

    /// How the names begin.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl ServicePattern {
    /// Reads `api` or `api-*`. Service names follow the rules of cluster names. Source: `serviceName`
    /// of `CreateService` in the ECS API reference.
    ///
    /// # Errors
    ///
    /// Returns an [`InvalidName`] if the text is empty, or if what stands before the `*` is not part of any
    /// service's name.
    pub fn parse(text: &str) -> Result<Self, InvalidName> {
        let name = text.strip_suffix('*').unwrap_or(text);
        if !name.is_empty() || text.is_empty() {
            ClusterName::parse(name).map_err(|error| error.about("service name", text))?;
        }
        Ok(Self(text.to_owned()))
    }

    /// The pattern as it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> ClusterSelector {
        ClusterSelector::Name(ClusterName::parse(text).unwrap())
    }

    fn prefix(text: &str) -> ClusterSelector {
        ClusterSelector::Prefix(ClusterPrefix::parse(text).unwrap())
    }

    #[test]
    fn a_prefix_covers_what_begins_like_it() {
        assert!(prefix("*").covers(&name("checkout")));
        assert!(prefix("team-*").covers(&prefix("team-a-*")));
        assert!(prefix("team-*").covers(&prefix("team-*")));
        assert!(!prefix("team-a-*").covers(&prefix("team-*")));
        assert!(!name("team").covers(&prefix("team*")));
        let here = ClusterSelector::InRegion(
            ClusterName::parse("team").unwrap(),
            "eu-central-1".to_owned(),
        );
        assert!(name("team").covers(&here));
        assert!(!here.covers(&name("team")));
    }

    #[test]
    fn service_patterns() {
        for text in ["api", "api-*", "*"] {
            assert_eq!(ServicePattern::parse(text).unwrap().as_str(), text);
        }
        assert_eq!(
            ServicePattern::parse("*-api").unwrap_err().to_string(),
            "service name `*-api` may hold only letters, digits, hyphens and underscores"
        );
        assert!(ServicePattern::parse("").is_err());
    }
}

//! ECS clusters as they are written in full.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::Priority;
use crate::config::field::Field;

/// ECS clusters whose failures are incidents, and what is different about them.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Cluster {
    /// The cluster's name or ARN, or how names begin (`team-a-*`).
    pub(crate) name: Field<String>,
    /// The regions that it is in. Default: all of the file's.
    pub(crate) regions: Option<Field<Vec<Field<String>>>>,
    /// How urgent the incidents are, those of its alarms too. Default: as what happened says.
    pub(crate) priority: Option<Field<Priority>>,
    /// Services whose failures are nobody's incident: names, or how they begin (`canary-*`). Name workers
    /// here whose tasks end by themselves and are started again: a task of any other service that ends,
    /// with exit code 0 too, is an incident.
    pub(crate) ignore_services: Option<Field<Vec<Field<String>>>>,
    /// Alarms on services, a line each: `cpu > 80 for 10 minutes`, `memory > 90`, `running < 2`,
    /// `running < desired for 5 minutes` (how many run is known where Container Insights is on).
    pub(crate) services: Option<Field<BTreeMap<String, Field<Lines>>>>,
}

/// Lines of text.
type Lines = Vec<Field<String>>;

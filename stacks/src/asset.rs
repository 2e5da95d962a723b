//! The code that a stack runs, by name. The bytes are packaged elsewhere.

/// A function's code: one zip with one `bootstrap` in it.
///
/// Code enters a template by parameters without defaults that only `synth deploy` fills. So a
/// template never changes because code did, and needs no build.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CodeAsset {
    /// Turns alarms into incidents.
    Alarm,
    /// Turns ECS failures into incidents.
    Ecs,
    /// Turns any other event that a rule is about into incidents.
    Event,
    /// Makes the cost report.
    Cost,
    /// Delivers incidents to the agent.
    Deliver,
}

impl CodeAsset {
    /// Every function there is.
    pub const ALL: [Self; 5] = [
        Self::Alarm,
        Self::Ecs,
        Self::Event,
        Self::Cost,
        Self::Deliver,
    ];

    /// The parameter that names the bucket of all code.
    pub const BUCKET_PARAMETER: &'static str = "AssetBucket";

    /// The name of the binary and its zip, such as `alarm`.
    pub fn binary(self) -> &'static str {
        match self {
            Self::Alarm => "alarm",
            Self::Ecs => "ecs",
            Self::Event => "event",
            Self::Cost => "cost",
            Self::Deliver => "deliver",
        }
    }

    /// The logical ID of the function, such as `AlarmFunction`.
    pub fn logical_name(self) -> &'static str {
        match self {
            Self::Alarm => "AlarmFunction",
            Self::Ecs => "EcsFunction",
            Self::Event => "EventFunction",
            Self::Cost => "CostFunction",
            Self::Deliver => "DeliverFunction",
        }
    }

    /// The parameter that names the code's key in the bucket.
    pub fn parameter(self) -> &'static str {
        match self {
            Self::Alarm => "AlarmCodeKey",
            Self::Ecs => "EcsCodeKey",
            Self::Event => "EventCodeKey",
            Self::Cost => "CostCodeKey",
            Self::Deliver => "DeliverCodeKey",
        }
    }
}

//! The Lambda functions, by name.

/// Which of the Lambda functions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FunctionName {
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
    /// Reads what became of them.
    Result,
}

impl FunctionName {
    /// Every function there is.
    pub const ALL: [Self; 6] = [
        Self::Alarm,
        Self::Ecs,
        Self::Event,
        Self::Cost,
        Self::Deliver,
        Self::Result,
    ];

    /// The name of its binary, its zip and its log lines, such as `alarm`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Alarm => "alarm",
            Self::Ecs => "ecs",
            Self::Event => "event",
            Self::Cost => "cost",
            Self::Deliver => "deliver",
            Self::Result => "result",
        }
    }

    /// Its logical ID in the core stack, and the output that says what it is called when it is deployed;
    /// such as `AlarmFunction`.
    pub fn logical_id(self) -> &'static str {
        match self {
            Self::Alarm => "AlarmFunction",
            Self::Ecs => "EcsFunction",
            Self::Event => "EventFunction",
            Self::Cost => "CostFunction",
            Self::Deliver => "DeliverFunction",
            Self::Result => "ResultFunction",
        }
    }
}

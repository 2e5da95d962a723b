//! Small scenarios: a few incidents, and what surrounds them.

use std::time::Duration;

use contract::{
    DeliverySettings, Envelope, FunctionName, Group, GroupKey, Incident, IncidentId, Limits,
    Priority,
};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use crate::simulation::{agent::Learned, unlimited};

/// A few messages, and how they are treated.
#[derive(Clone)]
pub(super) struct Scenario {
    pub(super) begin: Timestamp,
    pub(super) arrivals: Vec<Arrival>,
    pub(super) settings: DeliverySettings,
    /// For how long it is played.
    pub(super) length: SignedDuration,
    /// When the receiver is down, in seconds after the beginning.
    pub(super) down: (i64, i64),
    /// When the ledger becomes what it was five minutes before, in seconds after the beginning.
    pub(super) restored: Option<i64>,
    /// Whether items have fields of another version.
    pub(super) versions: bool,
    /// What the ledger learns of investigations, and when, in seconds after the beginning.
    pub(super) learned: Vec<(i64, Learned)>,
    /// Whether it can learn of them at any moment besides.
    pub(super) learns: bool,
}

/// A message of the queue.
#[derive(Clone)]
pub(super) struct Arrival {
    /// What happened: messages of the same name bring the same incident.
    pub(super) incident: &'static str,
    /// The kind of failure: each is its own, unless it is said to be another's, too.
    pub(super) cause: &'static str,
    /// What it happened to.
    pub(super) group: &'static str,
    pub(super) priority: Priority,
    /// When it is queued, in seconds after the beginning.
    pub(super) at: i64,
    /// The incidents that a composite alarm covers.
    pub(super) covers: Vec<&'static str>,
}

impl Arrival {
    fn because_of(self, cause: &'static str) -> Self {
        Self { cause, ..self }
    }

    fn covering(self, covers: &[&'static str]) -> Self {
        Self {
            covers: covers.to_vec(),
            ..self
        }
    }

    /// The body of the message.
    pub(super) fn body(&self, begin: Timestamp) -> String {
        let id = self.id();
        let at = begin
            .checked_add(SignedDuration::from_secs(self.at))
            .unwrap();
        let incident = Incident::new(
            id.clone(),
            self.priority,
            self.cause,
            "It broke.",
            at,
            self.group,
            json!({}),
        );
        let arn = |name: &str| format!("arn:aws:cloudwatch:eu-central-1:111122223333:alarm:{name}");
        let group = Group::new(
            GroupKey::of("resource", &[self.group]),
            self.group,
            self.cause,
        )
        .of_alarm(&arn(self.incident), self.covers.iter().map(|it| arn(it)));
        Envelope::of_group(FunctionName::Alarm, incident, group).to_body()
    }

    pub(super) fn id(&self) -> IncidentId {
        IncidentId::of("alarm", &[self.incident])
    }
}

fn arrival(incident: &'static str, group: &'static str, priority: Priority, at: i64) -> Arrival {
    Arrival {
        incident,
        cause: incident,
        group,
        priority,
        at,
        covers: Vec::new(),
    }
}

fn high(incident: &'static str, group: &'static str, at: i64) -> Arrival {
    arrival(incident, group, Priority::High, at)
}

fn low(incident: &'static str, group: &'static str, at: i64) -> Arrival {
    arrival(incident, group, Priority::Low, at)
}

fn scenario(arrivals: Vec<Arrival>) -> Scenario {
    Scenario {
        begin: "2026-01-02T10:20:00Z".parse().unwrap(),
        arrivals,
        settings: DeliverySettings {
            wait: Duration::from_secs(30),
            window: Duration::from_mins(20),
            ..unlimited()
        },
        length: SignedDuration::from_mins(70),
        down: (0, 0),
        restored: None,
        versions: false,
        learned: Vec::new(),
        learns: false,
    }
}

pub(super) fn alone() -> Scenario {
    scenario(vec![high("a", "x", 0)])
}

pub(super) fn pair() -> Scenario {
    scenario(vec![high("a", "x", 0), high("b", "x", 7)])
}

/// The second comes when the window is about to be sent.
pub(super) fn edge() -> Scenario {
    scenario(vec![high("a", "x", 0), high("b", "x", 34)])
}

pub(super) fn duplicates() -> Scenario {
    let again = |at| high("a", "x", at);
    scenario(vec![again(0), again(0), again(12)])
}

pub(super) fn late_duplicate() -> Scenario {
    scenario(vec![high("a", "x", 0), high("a", "x", 400)])
}

pub(super) fn composite() -> Scenario {
    scenario(vec![
        high("child", "x", 0),
        high("parent", "p", 4).covering(&["child", "other"]),
        high("other", "y", 9),
    ])
}

pub(super) fn more_urgent() -> Scenario {
    scenario(vec![low("a", "x", 0), high("b", "x", 50)])
}

pub(super) fn follow_up() -> Scenario {
    scenario(vec![high("a", "x", 0), high("b", "x", 90)])
}

/// There is room for one report an hour.
pub(super) fn digest() -> Scenario {
    Scenario {
        settings: DeliverySettings {
            limits: Limits::new(1, 24),
            ..unlimited()
        },
        length: SignedDuration::from_mins(100),
        ..scenario(vec![
            high("a", "x", 0),
            high("b", "y", 0),
            high("c", "z", 0),
        ])
    }
}

pub(super) fn quiet_hours() -> Scenario {
    Scenario {
        begin: "2026-01-02T05:30:00Z".parse().unwrap(),
        settings: DeliverySettings {
            quiet_hours: Some("22:00-07:00 CET-1CEST,M3.5.0,M10.5.0/3".parse().unwrap()),
            ..unlimited()
        },
        ..scenario(vec![low("a", "x", 0), low("b", "y", 5), high("c", "x", 60)])
    }
}

pub(super) fn webhook_away() -> Scenario {
    Scenario {
        down: (0, 200),
        ..scenario(vec![high("a", "x", 0), high("b", "x", 100)])
    }
}

/// The table becomes what it was five minutes ago, when something has been recorded and sent since.
pub(super) fn restored() -> Scenario {
    Scenario {
        restored: Some(330),
        ..scenario(vec![
            high("a", "x", 0),
            high("b", "y", 200),
            high("c", "z", 315),
            high("d", "z", 316),
        ])
    }
}

/// Each function writes items with a field that the other does not know.
pub(super) fn two_versions() -> Scenario {
    Scenario {
        versions: true,
        ..scenario(vec![high("a", "x", 0), high("b", "x", 7)])
    }
}

/// The first report is being investigated when another cause comes, and the investigation has ended when more of the
/// first cause does.
pub(super) fn results() -> Scenario {
    Scenario {
        learned: vec![
            (60, Learned::Running),
            (300, Learned::Linked),
            (500, Learned::Completed),
        ],
        ..investigated(false)
    }
}

/// The same, but nobody knows when the ledger learns what of the investigation.
pub(super) fn results_at_any_moment() -> Scenario {
    investigated(true)
}

fn investigated(learns: bool) -> Scenario {
    Scenario {
        settings: DeliverySettings {
            knows_results: true,
            ..unlimited()
        },
        learns,
        ..scenario(vec![
            high("a", "x", 0),
            high("b", "x", 90),
            high("a again", "x", 600).because_of("a"),
        ])
    }
}

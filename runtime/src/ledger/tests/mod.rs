//! How incidents join windows, and what is sent of all that is due.

mod join;
mod late;
mod members;
mod plan;
mod spending;
mod stored;

use std::time::Duration;

use contract::{DeliverySettings, Group, GroupKey, Incident, IncidentId, Limits, Priority};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::*;

fn at(seconds: i64) -> Timestamp {
    let begin: Timestamp = "2026-01-02T03:10:00Z".parse().unwrap();
    begin
        .checked_add(SignedDuration::from_secs(seconds))
        .unwrap()
}

fn settings() -> DeliverySettings {
    DeliverySettings {
        account_name: None,
        wait: Duration::from_secs(30),
        window: Duration::from_mins(20),
        limits: Limits::new(3, 12),
        quiet_hours: None,
        knows_results: false,
    }
}

fn incident(name: &str, priority: Priority) -> Incident {
    let id = IncidentId::of("alarm", &[name]);
    Incident::new(id, priority, name, "It broke.", at(0), "shop", json!({}))
}

fn members(name: &str, priority: Priority) -> Members {
    let incident = incident(name, priority);
    let group = Group::new(GroupKey::of("queue", &["x"]), "queue x", name);
    Members::one(&incident, &group)
}

fn many(names: &[(&str, Priority)]) -> Members {
    let mut all: Option<Members> = None;
    for (name, priority) in names {
        let one = members(name, *priority);
        match &mut all {
            Some(all) => all.add(&one),
            None => all = Some(one),
        }
    }
    all.unwrap()
}

//! The tests of everything that a reviewer must see.

#![expect(clippy::unwrap_used, reason = "tests")]

mod cli;
mod contract;
mod corpus;
mod cost_anomalies;
mod cost_document;
mod cost_regions;
mod day;
mod denied_calls;
mod diagnostics;
mod documents;
mod event_patterns;
mod events;
mod explore;
mod floors;
mod forged;
mod graphs;
mod groups;
mod identities;
mod let_through;
mod mutations;
mod own_permissions;
mod permissions;
mod price;
mod properties;
mod redaction;
mod scale;
mod schema;
mod simulation;
mod storm;
mod templates;
mod tidy;
mod watched_alarms;
mod wiring;

//! The wire contract of AWS DevOps Agent's generic webhook.
//!
//! Pure: whoever calls brings the clock, the secret and the answer. From an incident to the bytes of
//! a request ([`SignedRequest`]), and from an answer to what to make of it ([`Verdict`]).
//!
//! Source of the contract: "Invoking DevOps Agent through Webhook" in the AWS DevOps Agent user
//! guide. What is not documented there is not assumed here.

mod confidential;
pub mod dead_letter;
mod envelope;
mod group;
mod identity;
mod incident;
mod request;
mod secret;
pub mod text;
mod timestamp;
mod title;
mod url_policy;
mod verdict;

pub use confidential::Confidential;
pub use envelope::{Envelope, Signal, UnreadableEnvelope};
pub use group::{Group, GroupKey};
pub use identity::IncidentId;
pub use incident::{Incident, MAX_DESCRIPTION, MAX_TITLE, Priority};
pub use request::{SIGNATURE_HEADER, SignedRequest, TIMESTAMP_HEADER, sign};
pub use secret::{Credential, InvalidSecret, Kind, Webhook};
pub use timestamp::{format_timestamp, parse_http_date};
pub use title::{InvalidPath, InvalidTitle, Paths, Title};
pub use url_policy::{InvalidUrl, UrlPolicy, agent_region};
pub use verdict::{Answer, MAX_BODY_READ, Verdict};

//! The wire contract of AWS DevOps Agent's generic webhook.
//!
//! Pure: whoever calls brings the clock, the secret and the answer. From an incident to the bytes of
//! a request ([`SignedRequest`]), and from an answer to what to make of it ([`Verdict`]).
//!
//! Source of the contract: "Invoking DevOps Agent through Webhook" in the AWS DevOps Agent user
//! guide. What is not documented there is not assumed here.
//!
//! ```
//! use webhook::{Answer, Verdict};
//!
//! let now = "2026-01-02T03:04:05Z".parse()?;
//! let busy = Answer { status: 503, ..Answer::default() };
//! assert_eq!(busy.verdict(now), Verdict::Later(None));
//! let no_webhook = Answer { status: 404, ..Answer::default() };
//! assert_eq!(no_webhook.verdict(now), Verdict::Misconfigured);
//! # Ok::<(), jiff::Error>(())
//! ```

mod confidential;
mod http_date;
mod request;
mod secret;
mod url_policy;
mod verdict;

pub use confidential::Confidential;
pub use http_date::parse_http_date;
pub use request::{SIGNATURE_HEADER, SignedRequest, TIMESTAMP_HEADER, sign};
pub use secret::{Credential, InvalidSecret, Kind, Webhook};
pub use url_policy::{InvalidUrl, UrlPolicy, agent_region};
pub use verdict::{Answer, MAX_BODY_READ, Verdict};

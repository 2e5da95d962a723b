//! One attempt: signed, sent, and its verdict logged.

use std::time::Duration;

use contract::Incident;
use serde_json::json;
use sha2::{Digest as _, Sha256};
use webhook::{SignedRequest, Verdict, Webhook};

use super::ports::{Ports, Posted, TransportError};
use crate::log::Level;

/// Signs and sends once, until `deadline` has passed. Every attempt has a fresh timestamp and
/// signature, and the same body.
pub(super) async fn attempt<P: Ports>(
    ports: &P,
    webhook: &Webhook,
    incident: &Incident,
    body: &[u8],
    attempt: u32,
    deadline: Duration,
) -> Result<Verdict, TransportError> {
    let started = ports.now();
    let request = SignedRequest::new(webhook, body.to_vec(), started);
    let confidential = request.confidential(webhook);
    let posted = ports.post(request, deadline).await;
    let took = ports.now().duration_since(started).as_millis();
    let mut fields = json!({
        "incidentId": incident.id(),
        "host": webhook.host(),
        "attempt": attempt,
        "milliseconds": u64::try_from(took).unwrap_or_default(),
        "bytes": body.len(),
        "body": short_hash(body),
    });
    match posted {
        Ok(Posted { answer, clock_skew }) => {
            let mut verdict = answer.verdict(ports.now());
            if let Verdict::Rejected(reason) = &mut verdict
                && confidential.is_in(reason)
            {
                "the receiver's words are withheld: they repeat the secret".clone_into(reason);
            }
            fields["status"] = json!(answer.status);
            fields["verdict"] = json!(name(&verdict));
            if let Verdict::Rejected(reason) = &verdict {
                fields["why"] = json!(reason);
            }
            // An answer of this kind may come of a clock that is wrong, and does not say so.
            if matches!(verdict, Verdict::Unauthorized | Verdict::Misconfigured)
                && let Some(skew) = clock_skew.filter(|skew| skew.abs() > 60)
            {
                fields["clockSkewSeconds"] = json!(skew);
            }
            let level = match verdict {
                Verdict::Confirmed | Verdict::Unconfirmed => Level::Info,
                _ => Level::Warn,
            };
            ports.log(level, "attempt", fields);
            Ok(verdict)
        }
        Err(error) => {
            fields["verdict"] = json!("no answer");
            fields["why"] = json!(error.to_string());
            ports.log(Level::Warn, "attempt", fields);
            Err(error)
        }
    }
}

fn name(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Confirmed => "confirmed",
        Verdict::Unconfirmed => "unconfirmed",
        Verdict::Rejected(_) => "rejected",
        Verdict::Unauthorized => "unauthorized",
        Verdict::Misconfigured => "misconfigured",
        Verdict::Later(_) => "later",
    }
}

/// Enough of a hash to recognize a body by, and no more.
fn short_hash(body: &[u8]) -> String {
    let hash = Sha256::digest(body);
    let (first, _) = hash.split_first_chunk::<4>().unwrap_or((&[0; 4], &[]));
    format!("{:08x}", u32::from_be_bytes(*first))
}

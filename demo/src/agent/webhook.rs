//! How the agent's webhook decides on a request: by its signature, by how many came in the last second, and by the
//! schema of incidents.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use jiff::Timestamp;
use secrecy::SecretString;
use stacks::Json;
use webhook::sign;

/// How old a timestamp may be, in seconds: what receivers of signed requests usually allow. The
/// agent's own limit is not published.
const MAX_AGE: i64 = 300;

/// Why a request is refused that came too soon after others.
pub const TOO_MANY: &str = "more requests in a second than are taken";

/// How many requests are taken in any second. Those that are refused count, too.
pub(crate) struct Limit {
    per_second: usize,
    recent: Mutex<VecDeque<Instant>>,
}

impl Limit {
    pub(crate) fn of(per_second: usize) -> Self {
        Self {
            per_second,
            recent: Mutex::default(),
        }
    }

    pub(crate) fn none() -> Self {
        Self::of(usize::MAX)
    }

    /// Whether a request that comes now is one too many.
    pub(crate) fn is_exceeded(&self, now: Instant) -> bool {
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        while recent
            .front()
            .is_some_and(|it| now.duration_since(*it) >= Duration::from_secs(1))
        {
            recent.pop_front();
        }
        recent.push_back(now);
        recent.len() > self.per_second
    }
}

/// Why a request is refused, if it is.
pub(crate) fn refuse(
    secret: &SecretString,
    timestamp: &str,
    signature: &str,
    body: &[u8],
    now: Timestamp,
) -> Option<&'static str> {
    let Ok(signed) = timestamp.parse::<Timestamp>() else {
        return Some("no timestamp");
    };
    if (now.as_second() - signed.as_second()).abs() > MAX_AGE {
        return Some("a timestamp too far from now");
    }
    (sign(secret, timestamp, body) != signature).then_some("a signature that does not verify")
}

/// What is wrong with an incident, by the schema of the user guide.
pub(crate) fn problems(incident: &Json) -> Option<&'static str> {
    let is = |key: &str, allowed: &[&str]| {
        incident[key]
            .as_str()
            .is_some_and(|it| allowed.contains(&it))
    };
    let text = |key: &str| incident[key].as_str().is_some_and(|it| !it.is_empty());
    if !is("eventType", &["incident"]) {
        Some("eventType is not valid")
    } else if !is("action", &["created", "updated", "closed", "resolved"]) {
        Some("action is not valid")
    } else if !is(
        "priority",
        &["CRITICAL", "HIGH", "MEDIUM", "LOW", "MINIMAL"],
    ) {
        Some("priority is not valid")
    } else if !text("incidentId") {
        Some("incidentId is required")
    } else if !text("title") {
        Some("title is required")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_much_for_a_second_is_refused() {
        let limit = Limit::of(2);
        let begin = Instant::now();
        let exceeded = [0, 100, 999, 1_101, 2_000]
            .map(|it| limit.is_exceeded(begin + Duration::from_millis(it)));
        assert_eq!(exceeded, [false, false, true, false, false]);
    }

    #[test]
    fn only_a_fresh_signature_with_the_right_secret_is_taken() {
        let secret = SecretString::from("right");
        let now: Timestamp = "2026-01-02T03:04:05.678Z".parse().unwrap();
        let stamp = contract::format_timestamp(now);
        let good = sign(&secret, &stamp, b"body");
        assert_eq!(refuse(&secret, &stamp, &good, b"body", now), None);
        for (timestamp, signature, body) in [
            ("", good.as_str(), b"body"),
            (stamp.as_str(), "", b"body"),
            (
                stamp.as_str(),
                &sign(&SecretString::from("wrong"), &stamp, b"body"),
                b"body",
            ),
            (stamp.as_str(), &good, b"dody"),
            (
                "2026-01-02T02:04:05.678Z",
                &sign(&secret, "2026-01-02T02:04:05.678Z", b"body"),
                b"body",
            ),
        ] {
            assert!(refuse(&secret, timestamp, signature, body, now).is_some());
        }
    }
}

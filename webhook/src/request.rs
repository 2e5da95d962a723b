//! A request, signed and ready to send.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};
use sha2::Sha256;
use url::Url;

use contract::format_timestamp;

use crate::{Confidential, Credential, Webhook};

/// The header that says when a request was signed.
pub const TIMESTAMP_HEADER: &str = "x-amzn-event-timestamp";
/// The header that proves who signed it.
pub const SIGNATURE_HEADER: &str = "x-amzn-event-signature";

/// A request, signed and ready to send. The bytes that are signed are the bytes in it.
pub struct SignedRequest {
    /// Where to send it.
    pub url: Url,
    /// Headers by their lower-case names. All but the first two are as good as passwords.
    pub headers: Vec<(&'static str, String)>,
    /// The body, to be sent as it is.
    pub body: Vec<u8>,
}

impl SignedRequest {
    /// Signs `body` as sent at `now`. Each attempt needs a request of its own: the agent refuses
    /// timestamps that are too old, and does not say how old that is.
    pub fn new(webhook: &Webhook, body: Vec<u8>, now: Timestamp) -> Self {
        let timestamp = format_timestamp(now);
        let mut headers = vec![
            ("content-type", "application/json".to_owned()),
            (TIMESTAMP_HEADER, timestamp.clone()),
        ];
        headers.push(match &webhook.credential {
            Credential::Hmac(secret) => (SIGNATURE_HEADER, sign(secret, &timestamp, &body)),
            Credential::ApiKey(key) => ("authorization", format!("Bearer {}", key.expose_secret())),
        });
        Self {
            url: webhook.url.clone(),
            headers,
            body,
        }
    }

    /// What must not be shown of it, whoever repeats it.
    pub fn confidential(&self, webhook: &Webhook) -> Confidential {
        let (Credential::Hmac(proof) | Credential::ApiKey(proof)) = &webhook.credential;
        let sent = self.headers.iter().skip(2).map(|(_, value)| value.as_str());
        Confidential::new(
            sent.chain([proof.expose_secret()]),
            self.url
                .path_segments()
                .into_iter()
                .flatten()
                .chain(self.url.query()),
        )
    }
}

impl fmt::Debug for SignedRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = self.url.host_str().unwrap_or_default();
        write!(
            f,
            "SignedRequest({host}, {} bytes, [redacted])",
            self.body.len()
        )
    }
}

/// The signature of `body` as sent at `timestamp`, which goes unchanged into the header:
/// `base64(HMAC-SHA256(secret, timestamp ":" body))`, with the secret's text as the key.
pub fn sign(secret: &SecretString, timestamp: &str, body: &[u8]) -> String {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.expose_secret().as_bytes()) else {
        unreachable!("HMAC takes a key of any length")
    };
    mac.update(timestamp.as_bytes());
    mac.update(b":");
    mac.update(body);
    BASE64.encode(mac.finalize().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::UrlPolicy;

    const URL: &str = "https://event-ai.eu-central-1.api.aws/webhook/generic/canary-path";

    fn request(key: &str) -> SignedRequest {
        let secret = format!(r#"{{"url":"{URL}","{key}":"canary-secret"}}"#);
        let webhook = Webhook::parse(&secret, &UrlPolicy::default()).unwrap();
        let now = "2026-01-02T03:04:05.678Z".parse().unwrap();
        SignedRequest::new(&webhook, br#"{"eventType":"incident"}"#.to_vec(), now)
    }

    /// Vectors of an implementation that shares nothing with this one; see the file's first line.
    #[test]
    fn signatures_agree_with_another_implementation() {
        let vectors = include_str!("../tests/signatures.tsv");
        let mut count = 0;
        for line in vectors.lines().filter(|line| !line.starts_with('#')) {
            let fields: Vec<Vec<u8>> = line
                .split('\t')
                .map(|it| BASE64.decode(it).unwrap())
                .collect();
            let [secret, timestamp, body, signature] = fields.as_slice() else {
                panic!("{line}")
            };
            let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
            let secret = SecretString::from(text(secret));
            assert_eq!(
                sign(&secret, &text(timestamp), body),
                BASE64.encode(signature),
                "{line}"
            );
            count += 1;
        }
        assert_eq!(count, 1_000);
    }

    #[test]
    fn an_hmac_request_is_signed() {
        let request = request("secret");
        assert_eq!(request.url.as_str(), URL);
        let names: Vec<&str> = request.headers.iter().map(|(name, _)| *name).collect();
        assert_eq!(names, ["content-type", TIMESTAMP_HEADER, SIGNATURE_HEADER]);
        assert_eq!(request.headers[1].1, "2026-01-02T03:04:05.678Z");
    }

    #[test]
    fn an_api_key_goes_along() {
        let header = ("authorization", "Bearer canary-secret".to_owned());
        assert!(request("apiKey").headers.contains(&header));
    }

    #[test]
    fn what_is_confidential_is_known() {
        for key in ["secret", "apiKey"] {
            let secret = format!(r#"{{"url":"{URL}-and-more","{key}":"canary-secret"}}"#);
            let webhook = Webhook::parse(&secret, &UrlPolicy::default()).unwrap();
            let request = SignedRequest::new(&webhook, b"{}".to_vec(), Timestamp::UNIX_EPOCH);
            let confidential = request.confidential(&webhook);
            for text in [
                "canary-secret",
                "canary-path-and-more",
                &request.headers[2].1,
            ] {
                assert!(confidential.is_in(&format!("<{text}>")), "{text}");
            }
            for text in [
                "application/json",
                "1970-01-01T00:00:00.000Z",
                "/webhook/generic/",
            ] {
                assert!(!confidential.is_in(text), "{text}");
            }
        }
    }

    #[test]
    fn nothing_shows_the_secret() {
        let shown = format!("{:?}", request("secret"));
        assert_eq!(
            shown,
            "SignedRequest(event-ai.eu-central-1.api.aws, 24 bytes, [redacted])"
        );
    }
}

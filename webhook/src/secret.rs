//! What is kept in Secrets Manager: the webhook's URL and what proves who is sending.

use std::fmt;

use secrecy::SecretString;
use serde_json::Value as Json;
use url::Url;

use crate::url_policy::{AGENT_REGIONS, InvalidUrl, UrlPolicy, agent_region};

/// The longest secret or key that is taken, in bytes.
const MAX_CREDENTIAL: usize = 4_096;

/// Where to send, and what to prove it with. Shows its host and nothing else.
#[derive(Clone)]
pub struct Webhook {
    /// Where to send. The path is as good as a password.
    pub(crate) url: Url,
    /// What proves who is sending.
    pub(crate) credential: Credential,
}

/// The two kinds of generic webhook. The agent's console asks which one to make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Each request is signed with a secret that stays with the sender.
    Hmac,
    /// Each request carries a key.
    ApiKey,
}

/// What proves who is sending.
#[derive(Clone)]
pub enum Credential {
    /// Signs each request.
    Hmac(SecretString),
    /// Goes along with each request.
    ApiKey(SecretString),
}

impl Kind {
    /// Both of them.
    pub const ALL: [Self; 2] = [Self::Hmac, Self::ApiKey];

    /// The key of the secret's JSON that holds what proves who is sending. It distinguishes the kinds.
    pub fn key(self) -> &'static str {
        match self {
            Self::Hmac => "secret",
            Self::ApiKey => "apiKey",
        }
    }
}

/// As the agent's console calls it.
impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Hmac => "HMAC",
            Self::ApiKey => "API key",
        })
    }
}

/// Why a secret's value cannot be used. Names the key, and never shows a value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSecret {
    /// Nothing has been set.
    #[error("the secret is empty")]
    Empty,
    /// It is no JSON object.
    #[error("the secret is not a JSON object such as {{\"url\": .., \"secret\": ..}}")]
    NotAnObject,
    /// A key is missing.
    #[error("the secret has no key {0}")]
    Missing(&'static str),
    /// Both kinds at once.
    #[error("the secret has both keys `secret` and `apiKey`: keep the one that the agent shows")]
    Both,
    /// A value is not what its key needs.
    #[error("the key `{key}` {problem}")]
    Value {
        /// The key.
        key: &'static str,
        /// What is wrong with its value.
        problem: &'static str,
    },
    /// The URL is not one that incidents may be sent to.
    #[error("the key `url` cannot be used: {0}")]
    Url(#[from] InvalidUrl),
}

impl Webhook {
    /// Reads the value of the secret: `{"url", "secret"}` or `{"url", "apiKey"}`.
    ///
    /// # Errors
    ///
    /// Returns an [`InvalidSecret`] if the value is empty or is not a JSON object, if `url` or the credential is
    /// missing, if there are two credentials, if one of these values is not a usable text, or if `policy` refuses
    /// the URL. The error never quotes the value.
    pub fn parse(value: &str, policy: &UrlPolicy) -> Result<Self, InvalidSecret> {
        let value = value.trim_start_matches('\u{feff}').trim();
        if value.is_empty() {
            return Err(InvalidSecret::Empty);
        }
        let Ok(Json::Object(fields)) = serde_json::from_str(value) else {
            return Err(InvalidSecret::NotAnObject);
        };
        let url = fields.get("url").ok_or(InvalidSecret::Missing("`url`"))?;
        let url = policy.check(text("url", url)?)?;
        let [hmac, api_key] = Kind::ALL.map(|kind| (kind.key(), fields.get(kind.key())));
        let credential = match (hmac, api_key) {
            ((_, Some(_)), (_, Some(_))) => return Err(InvalidSecret::Both),
            ((key, Some(secret)), _) => Credential::Hmac(credential(key, secret)?),
            (_, (key, Some(secret))) => Credential::ApiKey(credential(key, secret)?),
            _ => return Err(InvalidSecret::Missing("`secret` or `apiKey`")),
        };
        Ok(Self { url, credential })
    }

    /// The host, which may be shown.
    pub fn host(&self) -> &str {
        self.url.host_str().unwrap_or_default()
    }

    /// Which kind of webhook it is.
    pub fn kind(&self) -> Kind {
        match self.credential {
            Credential::Hmac(_) => Kind::Hmac,
            Credential::ApiKey(_) => Kind::ApiKey,
        }
    }

    /// The region in the URL, if it is one that the agent is not known to be in: most likely a slip.
    pub fn unknown_region(&self) -> Option<&str> {
        agent_region(self.host()).filter(|region| !AGENT_REGIONS.contains(region))
    }
}

fn text<'a>(key: &'static str, value: &'a Json) -> Result<&'a str, InvalidSecret> {
    let problem = |problem| InvalidSecret::Value { key, problem };
    let text = value.as_str().ok_or(problem("is not a text"))?;
    if text.is_empty() {
        return Err(problem("is empty"));
    }
    if is_placeholder(text) {
        return Err(problem("still holds a placeholder"));
    }
    Ok(text)
}

fn credential(key: &'static str, value: &Json) -> Result<SecretString, InvalidSecret> {
    let problem = |problem| InvalidSecret::Value { key, problem };
    let text = text(key, value)?;
    if !text.bytes().all(|b| b.is_ascii_graphic()) {
        return Err(problem(
            "holds white space or characters that no header can carry",
        ));
    }
    if text.len() > MAX_CREDENTIAL {
        return Err(problem("is longer than 4,096 bytes"));
    }
    Ok(SecretString::from(text))
}

fn is_placeholder(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let words = [
        "changeme",
        "change-me",
        "change_me",
        "replaceme",
        "replace-me",
        "replace_me",
        "placeholder",
        "todo",
    ];
    lower.starts_with('<') || lower.contains("...") || words.iter().any(|word| lower == *word)
}

impl fmt::Debug for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Webhook({}, {}, [redacted])", self.host(), self.kind())
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credential([redacted])")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const URL: &str = "https://event-ai.eu-central-1.api.aws/webhook/generic/canary-path";

    fn parse(value: &str) -> Result<Webhook, InvalidSecret> {
        Webhook::parse(value, &UrlPolicy::default())
    }

    #[test]
    fn both_kinds_are_told_by_their_keys() {
        let hmac = parse(&format!(r#"{{"url":"{URL}","secret":"canary-secret="}}"#)).unwrap();
        assert_eq!(hmac.kind(), Kind::Hmac);
        let key = parse(&format!(
            "\u{feff}{{\"url\":\"{URL}\",\"apiKey\":\"canary-key\"}}\n"
        ))
        .unwrap();
        assert_eq!(key.kind(), Kind::ApiKey);
    }

    #[test]
    fn a_region_that_the_agent_is_not_in_is_worth_a_warning() {
        let region = |url: &str| {
            let webhook = parse(&format!(r#"{{"url":"{url}","secret":"s"}}"#)).unwrap();
            webhook.unknown_region().map(str::to_owned)
        };
        assert_eq!(region(URL), None);
        let elsewhere = URL.replace("eu-central-1", "eu-central-11");
        assert_eq!(region(&elsewhere).as_deref(), Some("eu-central-11"));
    }

    #[test]
    fn mistakes_name_the_key_and_never_the_value() {
        let long = "canary".repeat(11_000);
        for (value, expected) in [
            ("", "the secret is empty"),
            (" \n", "the secret is empty"),
            (
                "canary",
                "the secret is not a JSON object such as {\"url\": .., \"secret\": ..}",
            ),
            (
                r#""canary""#,
                "the secret is not a JSON object such as {\"url\": .., \"secret\": ..}",
            ),
            (r#"{"URL":"canary"}"#, "the secret has no key `url`"),
            (r#"{"url":["canary"]}"#, "the key `url` is not a text"),
            (
                r#"{"url":"http://canary.com/canary-path"}"#,
                "the key `url` cannot be used: it must begin with `https://`",
            ),
            (
                &format!(r#"{{"url":"{URL}","Secret":"canary"}}"#),
                "the secret has no key `secret` or `apiKey`",
            ),
            (
                &format!(r#"{{"url":"{URL}","secret":"canary","apiKey":"canary"}}"#),
                "the secret has both keys `secret` and `apiKey`: keep the one that the agent shows",
            ),
            (
                &format!(r#"{{"url":"{URL}","secret":""}}"#),
                "the key `secret` is empty",
            ),
            (
                &format!(r#"{{"url":"{URL}","secret":"<canary>"}}"#),
                "the key `secret` still holds a placeholder",
            ),
            (
                &format!(r#"{{"url":"{URL}","secret":"canary\n"}}"#),
                "the key `secret` holds white space or characters that no header can carry",
            ),
            (
                &format!(r#"{{"url":"{URL}","apiKey":"{long}"}}"#),
                "the key `apiKey` is longer than 4,096 bytes",
            ),
        ] {
            let message = parse(value).unwrap_err().to_string();
            assert_eq!(message, expected);
        }
    }

    #[test]
    fn every_placeholder_is_one_by_itself() {
        let with = |secret: &str| parse(&format!(r#"{{"url":"{URL}","secret":"{secret}"}}"#));
        for placeholder in ["<secret>", "ab...yz", "changeme", "TODO", "Replace-Me"] {
            assert!(with(placeholder).is_err(), "{placeholder}");
        }
        assert!(with("todo-list").is_ok());
    }

    #[test]
    fn the_longest_secret_is_taken() {
        let with = |length: usize| {
            parse(&format!(
                r#"{{"url":"{URL}","apiKey":"{}"}}"#,
                "k".repeat(length)
            ))
        };
        assert!(with(4_096).is_ok());
        assert!(with(4_097).is_err());
    }

    #[test]
    fn nothing_shows_the_secret() {
        let webhook = parse(&format!(r#"{{"url":"{URL}","secret":"canary-secret"}}"#)).unwrap();
        let shown = format!("{webhook:?} {:?}", webhook.credential);
        assert_eq!(
            shown,
            "Webhook(event-ai.eu-central-1.api.aws, HMAC, [redacted]) Credential([redacted])"
        );
    }

    /// Whoever derives `Serialize` or writes a `Display` for one of these breaks this test.
    #[test]
    fn nothing_can_write_the_secret() {
        trait Unwritable {
            const DISPLAY: bool = false;
            const SERIALIZE: bool = false;
        }
        struct Writable<T>(T);
        impl<T> Unwritable for Writable<T> {}
        // What a type has of its own comes before what a trait gives it.
        impl<T: fmt::Display> Writable<T> {
            const DISPLAY: bool = true;
        }
        impl<T: serde::Serialize> Writable<T> {
            const SERIALIZE: bool = true;
        }
        macro_rules! check {
            ($($kind:ty: $expected:expr),+) => {
                $(assert_eq!(
                    [Writable::<$kind>::DISPLAY, Writable::<$kind>::SERIALIZE],
                    $expected,
                    stringify!($kind)
                );)+
            };
        }
        check!(
            String: [true, true],
            SecretString: [false, false],
            Webhook: [false, false],
            Credential: [false, false],
            crate::SignedRequest: [false, false],
            crate::Confidential: [false, false]
        );
    }
}

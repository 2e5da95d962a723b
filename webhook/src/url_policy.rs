//! Where incidents may be sent.
//!
//! The URL comes out of a secret that people paste into. A wrong one would hand the incidents of an
//! account to somebody else, or let whoever may write the secret reach into a private network. So
//! only the agent's own hosts are allowed, and what an account file adds by name. It is checked
//! where the secret is set and again where it is used, by the parser that also opens the connection.

use std::net::{Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

/// The longest URL that is read, in bytes.
const MAX_URL: usize = 2_048;

/// The regions that the agent is in. One that is not among them is a warning, not an error: there
/// will be more. Source: "Supported Regions" in the AWS DevOps Agent user guide.
pub(crate) const AGENT_REGIONS: [&str; 11] = [
    "ap-northeast-1",
    "ap-south-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "ca-central-1",
    "eu-central-1",
    "eu-west-1",
    "eu-west-2",
    "sa-east-1",
    "us-east-1",
    "us-west-2",
];

/// Hosts that are allowed beyond the agent's own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UrlPolicy {
    /// Full names, in lower case.
    pub hosts: Vec<String>,
    /// Whether a loopback address is allowed, with plain HTTP too.
    pub loopback_http: bool,
}

/// Why a URL is not allowed. Never shows the path, which is as good as a password.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidUrl {
    /// It is no URL, or holds what no URL should.
    #[error("it is not a URL: {0}")]
    Malformed(&'static str),
    /// It is not `https`.
    #[error("it must begin with `https://`")]
    NotHttps,
    /// It holds a user or a password.
    #[error("it must not hold a user name or a password")]
    Userinfo,
    /// It names a port.
    #[error("it must not name a port")]
    Port,
    /// Its host is not on the list.
    #[error(
        "the host `{0}` is not one of AWS DevOps Agent: add it to `webhook: hosts:` if you trust it"
    )]
    Host(String),
}

impl UrlPolicy {
    /// Reads a URL, if incidents may be sent to it.
    ///
    /// # Errors
    ///
    /// Returns an [`InvalidUrl`] if the text is not a URL in the form in which it would be sent, if its scheme is
    /// not `https`, if it has a user, a password or a port, or if its host is neither the agent's nor one that the
    /// account file allows. Loopback hosts are checked less where the policy allows them.
    pub fn check(&self, text: &str) -> Result<Url, InvalidUrl> {
        if text.len() > MAX_URL {
            return Err(InvalidUrl::Malformed("it is longer than 2,048 bytes"));
        }
        // What the parser would quietly repair or drop is refused.
        if !text.bytes().all(|b| b.is_ascii_graphic() && b != b'\\') {
            return Err(InvalidUrl::Malformed(
                "it holds characters that need encoding",
            ));
        }
        let lower = text.to_ascii_lowercase();
        if ["%0d", "%0a", "%00"]
            .iter()
            .any(|code| lower.contains(code))
        {
            return Err(InvalidUrl::Malformed("it holds encoded control characters"));
        }
        let url = Url::parse(text).map_err(|_| InvalidUrl::Malformed("it cannot be read"))?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(InvalidUrl::Userinfo);
        }
        if url.fragment().is_some() {
            return Err(InvalidUrl::Malformed("it holds a `#`"));
        }
        // Dots in the path, a default port, an empty user: harmless, and in no URL that was pasted.
        let empty_path = format!("{text}/");
        if ![text, &empty_path]
            .iter()
            .any(|it| url.as_str().eq_ignore_ascii_case(it))
        {
            return Err(InvalidUrl::Malformed(
                "it would be sent in another form than it is written",
            ));
        }
        let host = url
            .host()
            .ok_or(InvalidUrl::Malformed("it names no host"))?;
        if self.loopback_http && is_loopback(&host) && matches!(url.scheme(), "http" | "https") {
            return Ok(url);
        }
        if url.scheme() != "https" {
            return Err(InvalidUrl::NotHttps);
        }
        if url.port().is_some() {
            return Err(InvalidUrl::Port);
        }
        let allowed = match &host {
            Host::Domain(name) => {
                is_agent_host(name) || self.hosts.iter().any(|allowed| allowed == name)
            }
            Host::Ipv4(_) | Host::Ipv6(_) => false,
        };
        if allowed {
            Ok(url)
        } else {
            Err(InvalidUrl::Host(host.to_string()))
        }
    }
}

/// The region in the name of one of the agent's hosts, `event-ai.<region>.api.aws`.
/// Source: the example of the user guide.
pub fn agent_region(host: &str) -> Option<&str> {
    let region = host.strip_prefix("event-ai.")?.strip_suffix(".api.aws")?;
    let mut parts = region.split('-');
    let word = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase());
    let number = parts.next_back()?;
    let well_formed = !number.is_empty()
        && number.bytes().all(|b| b.is_ascii_digit())
        && parts.clone().count() >= 2
        && parts.all(word);
    well_formed.then_some(region)
}

fn is_agent_host(host: &str) -> bool {
    agent_region(host).is_some()
}

fn is_loopback(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(name) => *name == "localhost",
        Host::Ipv4(address) => *address == Ipv4Addr::LOCALHOST,
        Host::Ipv6(address) => *address == Ipv6Addr::LOCALHOST,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn local() -> UrlPolicy {
        UrlPolicy {
            hosts: vec!["hooks.example.com".to_owned()],
            loopback_http: true,
        }
    }

    #[test]
    fn the_agent_is_allowed() {
        for text in [
            "https://event-ai.eu-central-1.api.aws/webhook/generic/0a1b2c3d",
            "https://EVENT-AI.us-gov-west-1.api.aws/webhook/generic/0a1b2c3d?x=y",
        ] {
            assert!(UrlPolicy::default().check(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn named_hosts_and_loopback_are_allowed_only_when_said() {
        for text in [
            "https://hooks.example.com/x",
            "http://127.0.0.1:4000/x",
            "http://localhost:4000/x",
            "http://[::1]:4000/x",
        ] {
            assert!(UrlPolicy::default().check(text).is_err(), "{text}");
            assert!(local().check(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn everything_else_is_refused() {
        for text in [
            "",
            "event-ai.eu-central-1.api.aws/x",
            "http://event-ai.eu-central-1.api.aws/x",
            "file:///etc/passwd",
            "https://user:password@event-ai.eu-central-1.api.aws/x",
            "https://event-ai.eu-central-1.api.aws:8443/x",
            "https://event-ai.eu-central-1.api.aws:443/x",
            "https://event-ai.eu-central-1.api.aws:/x",
            "https://event-ai.eu-central-1.api.aws:0/x",
            "https://event-ai.eu-central-1.api.aws:99999/x",
            "https://@event-ai.eu-central-1.api.aws/x",
            "https://event-ai.eu-central-1.api.aws@evil.com/x",
            "https://event-ai.eu-central-1.api.aws%40evil.com/x",
            "https://event-ai.eu-central-1.api.aws./x",
            "https:event-ai.eu-central-1.api.aws/x",
            "https:///event-ai.eu-central-1.api.aws/x",
            "//event-ai.eu-central-1.api.aws/x",
            "https://event-ai.eu-central-1.api.aws/x/../y",
            "https://hooks.example.com./x",
            "https://evil.com#.api.aws",
            "https://evil.com/event-ai.eu-central-1.api.aws",
            "https://event-ai.eu-central-1.api.aws.evil.com/x",
            "https://event-ai.evil.com/.eu-central-1.api.aws",
            "https://event-ai..api.aws/x",
            "https://event-ai.a-b-c.api.aws/x",
            "https://event-ai.evil.eu-central-1.api.aws/x",
            "https://169.254.169.254/latest/meta-data",
            "https://127.0.0.2/x",
            "https://[::ffff:169.254.169.254]/x",
            "https://[fe80::1%25eth0]/x",
            "https://[64:ff9b::a9fe:a9fe]/x",
            "https://2852039166/x",
            "https://169.254.43518/x",
            "http://127.1/x",
            "http://2130706433/x",
            "http://0.0.0.0/x",
            "http://[::]/x",
            "http://[::ffff:127.0.0.1]/x",
            "http://localhost./x",
            "https://0xa9fea9fe/x",
            "https://0251.0376.0251.0376/x",
            "https://event-ai.eu-central-1.api.aws\r\nHost: evil.com",
            "https://event-ai.eu-central-1.api.aws/x%0d%0aHost:evil.com",
            "https://event-ai.eu-central-1.api.aws/x\n",
            "https://event-ai.eu-central-1.api.aws/x%00",
            "https://еvent-ai.eu-central-1.api.aws/x",
            "https://event-ai.eu-central-1.api。aws/x",
            "https://xn--vent-ai-1of.eu-central-1.api.aws/x",
            "https://event-ai.eu-central-1.api.aws\\@evil.com/x",
            "https://sub.hooks.example.com/x",
            "http://hooks.example.com/x",
            "http://127.0.0.1.evil.com/x",
            "http://127.0.0.2/x",
            &format!(
                "https://event-ai.eu-central-1.api.aws/{}",
                "x".repeat(65_536)
            ),
        ] {
            assert!(local().check(text).is_err(), "{text}");
        }
    }

    #[test]
    fn an_error_never_shows_the_path() {
        let error = local().check("https://evil.com/canary?canary").unwrap_err();
        assert!(!error.to_string().contains("canary"), "{error}");
    }
}

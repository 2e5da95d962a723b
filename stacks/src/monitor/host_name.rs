//! Hosts that incidents may be sent to.

use std::{fmt, net::Ipv4Addr};

/// The full name of a host, in lower case.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct HostName(String);

/// A text that is not the full name of a host.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not the full name of a host")]
pub struct InvalidHostName(String);

impl HostName {
    /// Reads a name such as `hooks.example.com`: no address, scheme, port or path.
    ///
    /// # Errors
    ///
    /// Returns an [`InvalidHostName`] with the text if it has no dot, is an IP address, or holds anything but
    /// lowercase letters, digits, and hyphens and dots inside.
    pub fn parse(text: &str) -> Result<Self, InvalidHostName> {
        let valid = text.contains('.')
            && !text.starts_with(['.', '-'])
            && !text.ends_with(['.', '-'])
            && text
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-.".contains(&b))
            && text.parse::<Ipv4Addr>().is_err();
        if valid {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidHostName(text.to_owned()))
        }
    }
}

impl fmt::Display for HostName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_full_names_are_hosts() {
        assert!(HostName::parse("hooks.example.com").is_ok());
        for text in [
            "",
            "localhost",
            "127.0.0.1",
            "Hooks.example.com",
            "https://hooks.example.com",
            "hooks.example.com:443",
            "hooks.example.com/x",
            ".example.com",
            "example.com.",
        ] {
            assert!(HostName::parse(text).is_err(), "{text}");
        }
    }
}

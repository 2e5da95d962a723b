//! Principals, as an account file names them.

use super::InvalidName;

/// One principal, or all whose names begin alike.
///
/// A role includes its sessions. CloudTrail shows a session by an ARN that has the role's name without its path,
/// such as `arn:aws:sts::111122223333:assumed-role/deploy/ci-1`. Names of roles are unique in an account, so this
/// is a session of `arn:aws:iam::111122223333:role/path/deploy`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PrincipalSelector {
    /// The entry, with `*` at its end if it is a prefix.
    written: String,
    /// The prefix of the ARNs of the role's sessions, if a prefix can express them.
    sessions: Option<String>,
}

impl PrincipalSelector {
    /// Reads the ARN of a role, a user, the root user or a session, or the name of an AWS service. `*` at the end
    /// makes it a prefix. The ARN of a session is always a prefix. Source: "IAM identifiers" in the IAM user guide.
    ///
    /// # Errors
    ///
    /// Returns an [`InvalidName`] if the text is not the ARN of such a principal with an account of twelve digits,
    /// if it has a `*` before its end, or if it ends like a prefix and has no `*`.
    pub fn parse(text: &str) -> Result<Self, InvalidName> {
        let fail = |reason| InvalidName::new("principal", text, reason);
        let without_star = text.strip_suffix('*').unwrap_or(text);
        let is_prefix = without_star.len() < text.len();
        if without_star.contains('*') {
            return Err(fail("may hold `*` only at its end"));
        }
        if without_star.ends_with(".amazonaws.com") && !without_star.contains([':', '/']) {
            return Ok(Self {
                written: text.to_owned(),
                sessions: None,
            });
        }
        let parts: Vec<&str> = without_star.splitn(6, ':').collect();
        let &["arn", partition, service, "", account, resource] = parts.as_slice() else {
            return Err(fail("is not the ARN of a principal"));
        };
        if account.len() != 12 || !account.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(fail("names no account of twelve digits"));
        }
        let sessions = |role: &str| format!("arn:{partition}:sts::{account}:assumed-role/{role}");
        let (kind, name) = resource.split_once('/').unwrap_or((resource, ""));
        let (written, sessions) = match (service, kind) {
            ("sts", "assumed-role") if name.contains('/') => {
                (format!("{without_star}*"), Some(sessions(name)))
            }
            ("sts", "assumed-role") if !name.is_empty() => {
                let role = if is_prefix {
                    name.to_owned()
                } else {
                    format!("{name}/")
                };
                let sessions = sessions(&role);
                (format!("{sessions}*"), Some(sessions))
            }
            ("iam", "root") if name.is_empty() && !is_prefix => (text.to_owned(), None),
            ("iam", "role" | "user") | ("sts", "federated-user")
                if !is_prefix && (name.is_empty() || name.ends_with(['/', '-'])) =>
            {
                return Err(fail("ends like a prefix: append `*` if it is one"));
            }
            ("iam", "role") => {
                let sessions = match (name.rsplit_once('/'), is_prefix) {
                    (Some((_, role)), false) => Some(sessions(&format!("{role}/"))),
                    (None, false) => Some(sessions(&format!("{name}/"))),
                    // The ARN of a session lacks the role's path.
                    (Some(_), true) => None,
                    (None, true) => Some(sessions(name)).filter(|_| !name.is_empty()),
                };
                (text.to_owned(), sessions)
            }
            ("iam", "user") | ("sts", "federated-user") => (text.to_owned(), None),
            _ => return Err(fail("is not the ARN of a role, a user or a session")),
        };
        Ok(Self { written, sessions })
    }

    /// The prefix of the ARNs of the role's sessions, if a prefix can express them.
    pub(crate) fn sessions(&self) -> Option<&str> {
        self.sessions.as_deref()
    }

    /// The entries for the function: ARNs and names of services. `*` at the end makes an entry a prefix.
    pub(crate) fn entries(&self) -> impl Iterator<Item = String> {
        let sessions = self.sessions.iter().map(|it| format!("{it}*"));
        [self.written.clone()]
            .into_iter()
            .chain(sessions.filter(|it| *it != self.written))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn principals() {
        let session = "arn:aws:sts::111122223333:assumed-role/";
        for (text, sessions) in [
            ("arn:aws:iam::111122223333:role/deploy", Some("deploy/")),
            (
                "arn:aws:iam::111122223333:role/path/to/deploy",
                Some("deploy/"),
            ),
            ("arn:aws:iam::111122223333:role/ci-*", Some("ci-")),
            ("arn:aws:iam::111122223333:role/team/*", None),
            ("arn:aws:iam::111122223333:role/team/ci-*", None),
            ("arn:aws:iam::111122223333:role/*", None),
            (
                "arn:aws:sts::111122223333:assumed-role/deploy",
                Some("deploy/"),
            ),
            (
                "arn:aws:sts::111122223333:assumed-role/deploy/",
                Some("deploy/"),
            ),
            (
                "arn:aws:sts::111122223333:assumed-role/deploy/ci-",
                Some("deploy/ci-"),
            ),
            (
                "arn:aws:sts::111122223333:assumed-role/deploy/ci-*",
                Some("deploy/ci-"),
            ),
            ("arn:aws:sts::111122223333:assumed-role/ci-*", Some("ci-")),
            ("arn:aws:iam::111122223333:user/path/bob", None),
            ("arn:aws:iam::111122223333:user/ci-*", None),
            ("arn:aws:iam::111122223333:root", None),
            ("arn:aws:sts::111122223333:federated-user/bob", None),
            ("config.amazonaws.com", None),
        ] {
            let selector = PrincipalSelector::parse(text).unwrap();
            let expected = sessions.map(|it| format!("{session}{it}"));
            assert_eq!(selector.sessions(), expected.as_deref(), "{text}");
            let entries: Vec<String> = selector.entries().collect();
            assert!(entries[0].starts_with(text), "{entries:?}");
            assert_eq!(
                entries.len() == 2,
                text.contains(":role/") && sessions.is_some(),
                "{entries:?}"
            );
        }
        for text in [
            "",
            "scanner",
            "arn:aws:iam::*:role/scanner",
            "arn:aws:iam::111122223333:role/",
            "arn:aws:iam::111122223333:role/ci-",
            "arn:aws:iam::111122223333:user/ci-",
            "arn:aws:iam::111122223333:group/ci",
            "arn:aws:iam::1:role/deploy",
            "arn:aws:iam::111122223333:root*",
            "arn:aws:sts::111122223333:assumed-role/",
            "arn:aws:lambda:eu-central-1:111122223333:function:pay",
        ] {
            assert!(PrincipalSelector::parse(text).is_err(), "{text}");
        }
    }
}

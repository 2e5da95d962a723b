//! Where something is: the account, the region, and links to look at it.

use std::fmt::Write as _;

use contract::Partition;

/// The parts of an ARN that say where something is, and what it is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place<'a> {
    /// `aws`, `aws-cn`, `aws-us-gov`, ..
    pub partition: &'a str,
    /// Such as `eu-central-1`.
    pub region: &'a str,
    /// Twelve digits.
    pub account: &'a str,
    /// What comes after the account, such as `cluster/checkout`.
    pub resource: &'a str,
}

impl<'a> Place<'a> {
    /// Takes an ARN apart. Nothing where it is none, or names no account.
    pub fn of_arn(arn: &'a str) -> Option<Self> {
        let mut parts = arn.splitn(6, ':');
        if parts.next()? != "arn" {
            return None;
        }
        let partition = parts.next()?;
        let _service = parts.next()?;
        let (region, account, resource) = (parts.next()?, parts.next()?, parts.next()?);
        let known = [partition, region, account, resource]
            .iter()
            .all(|part| !part.is_empty());
        known.then_some(Self {
            partition,
            region,
            account,
            resource,
        })
    }

    /// `account 111122223333, region eu-central-1`
    pub fn describe(&self) -> String {
        format!("account {}, region {}", self.account, self.region)
    }

    /// A page of the AWS console. `path` begins with a slash; `fragment` is what comes after `#`. There is
    /// none where the region is no region, or its console is not public.
    pub fn console(&self, path: &str, fragment: &str) -> Option<String> {
        let host = Partition::of_region(self.region)?.console_host(self.region)?;
        let mut url = format!("https://{host}{path}?region={}", self.region);
        if !fragment.is_empty() {
            let _ = write!(url, "#{fragment}");
        }
        Some(url)
    }
}

/// Makes a name safe as a part of a URL.
pub fn encode(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arn_says_where_something_is() {
        let place = Place::of_arn("arn:aws:cloudwatch:us-east-1:111122223333:alarm:a:b").unwrap();
        assert_eq!(place.resource, "alarm:a:b");
        assert_eq!(place.describe(), "account 111122223333, region us-east-1");
        assert_eq!(
            place
                .console("/cloudwatch/home", "alarmsV2:alarm/a")
                .as_deref(),
            Some(
                "https://us-east-1.console.aws.amazon.com/cloudwatch/home?region=us-east-1#alarmsV2:alarm/a"
            )
        );
    }

    #[test]
    fn what_is_no_arn_is_nowhere() {
        for arn in [
            "",
            "arn",
            "arn:aws:s3:::bucket",
            "x:aws:s3:r:a:b",
            "arn:aws:ecs:r:a",
        ] {
            assert_eq!(Place::of_arn(arn), None, "{arn}");
        }
    }

    #[test]
    fn a_link_leads_to_the_console_or_nowhere() {
        for (arn, expected) in [
            (
                "arn:aws-cn:ecs:cn-north-1:111122223333:x",
                Some("https://cn-north-1.console.amazonaws.cn/x?region=cn-north-1"),
            ),
            (
                "arn:aws-eusc:ecs:eusc-de-east-1:111122223333:x",
                Some("https://eusc-de-east-1.console.amazonaws-eusc.eu/x?region=eusc-de-east-1"),
            ),
            ("arn:aws-iso:ecs:us-iso-east-1:111122223333:x", None),
            ("arn:aws:ecs:evil.example/x?:111122223333:x", None),
        ] {
            let page = Place::of_arn(arn).unwrap().console("/x", "");
            assert_eq!(page.as_deref(), expected, "{arn}");
        }
    }

    #[test]
    fn names_are_encoded() {
        assert_eq!(encode("a/b c 5% é"), "a%2Fb%20c%205%25%20%C3%A9");
    }
}

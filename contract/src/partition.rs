//! The partitions of AWS: groups of regions with hosts, consoles and ARNs of their own.

/// A partition.
///
/// Source: `partitions.json` of the AWS SDKs for names, regions and domains; for consoles, "AWS
/// Management Console" in the getting started guides of AWS China, AWS GovCloud (US) and the AWS European
/// Sovereign Cloud.
#[derive(Debug, PartialEq, Eq)]
pub struct Partition {
    /// The second part of an ARN, such as `aws-cn`.
    pub name: &'static str,
    /// What the names of its regions begin with, before the direction and the number; nothing where that
    /// is any two letters.
    geography: Option<&'static str>,
    /// What follows the region in the host of an API: `sqs.eu-central-1.amazonaws.com`.
    pub domain: &'static str,
    /// What follows the region in the host of the console. The hosts of isolated partitions are not public.
    pub console: Option<&'static str>,
}

/// Every partition. Where two could have a region, the first has it.
const PARTITIONS: &[Partition] = &[
    Partition {
        name: "aws-cn",
        geography: Some("cn"),
        domain: "amazonaws.com.cn",
        console: Some("console.amazonaws.cn"),
    },
    Partition {
        name: "aws-us-gov",
        geography: Some("us-gov"),
        domain: "amazonaws.com",
        console: Some("console.amazonaws-us-gov.com"),
    },
    Partition {
        name: "aws-eusc",
        geography: Some("eusc-de"),
        domain: "amazonaws.eu",
        console: Some("console.amazonaws-eusc.eu"),
    },
    Partition {
        name: "aws-iso",
        geography: Some("us-iso"),
        domain: "c2s.ic.gov",
        console: None,
    },
    Partition {
        name: "aws-iso-b",
        geography: Some("us-isob"),
        domain: "sc2s.sgov.gov",
        console: None,
    },
    Partition {
        name: "aws-iso-e",
        geography: Some("eu-isoe"),
        domain: "cloud.adc-e.uk",
        console: None,
    },
    Partition {
        name: "aws-iso-f",
        geography: Some("us-isof"),
        domain: "csp.hci.ic.gov",
        console: None,
    },
    Partition::COMMERCIAL,
];

impl Partition {
    /// The partition of the regions that are open to everybody.
    pub const COMMERCIAL: Self = Self {
        name: "aws",
        geography: None,
        domain: "amazonaws.com",
        console: Some("console.aws.amazon.com"),
    };

    /// The partition that a region is in. Nothing where this is no name of a region: so what comes from
    /// outside can become a part of a host only if it is one.
    pub fn of_region(region: &str) -> Option<&'static Self> {
        let (rest, number) = region.rsplit_once('-')?;
        let (geography, direction) = rest.rsplit_once('-')?;
        let is_region = is_word(number, u8::is_ascii_digit)
            && is_word(direction, u8::is_ascii_lowercase)
            && region.len() <= 32;
        PARTITIONS
            .iter()
            .filter(|_| is_region)
            .find(|it| match it.geography {
                Some(its) => geography == its,
                None => geography.len() == 2 && is_word(geography, u8::is_ascii_lowercase),
            })
    }

    /// The partition to take a region for that may be newer than this table: as the AWS SDKs do, the
    /// commercial one where nothing else is known.
    pub fn of_any_region(region: &str) -> &'static Self {
        Self::of_region(region).unwrap_or(&Self::COMMERCIAL)
    }

    /// The host of the console for a region of this partition.
    pub fn console_host(&self, region: &str) -> Option<String> {
        Some(format!("{region}.{}", self.console?))
    }
}

fn is_word(text: &str, is_part: impl Fn(&u8) -> bool) -> bool {
    !text.is_empty() && text.bytes().all(|it| is_part(&it))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_partition_has_its_regions_hosts_and_console() {
        for (region, name, domain, console) in [
            (
                "eu-central-1",
                "aws",
                "amazonaws.com",
                Some("eu-central-1.console.aws.amazon.com"),
            ),
            (
                "mx-central-1",
                "aws",
                "amazonaws.com",
                Some("mx-central-1.console.aws.amazon.com"),
            ),
            (
                "cn-northwest-1",
                "aws-cn",
                "amazonaws.com.cn",
                Some("cn-northwest-1.console.amazonaws.cn"),
            ),
            (
                "us-gov-west-1",
                "aws-us-gov",
                "amazonaws.com",
                Some("us-gov-west-1.console.amazonaws-us-gov.com"),
            ),
            (
                "eusc-de-east-1",
                "aws-eusc",
                "amazonaws.eu",
                Some("eusc-de-east-1.console.amazonaws-eusc.eu"),
            ),
            ("us-iso-east-1", "aws-iso", "c2s.ic.gov", None),
            ("us-isob-east-1", "aws-iso-b", "sc2s.sgov.gov", None),
            ("eu-isoe-west-1", "aws-iso-e", "cloud.adc-e.uk", None),
            ("us-isof-south-1", "aws-iso-f", "csp.hci.ic.gov", None),
        ] {
            let partition = Partition::of_region(region).unwrap();
            assert_eq!(
                (partition.name, partition.domain),
                (name, domain),
                "{region}"
            );
            assert_eq!(partition.console_host(region).as_deref(), console);
        }
    }

    #[test]
    fn what_is_no_region_is_in_no_partition() {
        for text in [
            "",
            "eu",
            "eu-central",
            "eu-central-",
            "eu--1",
            "-central-1",
            "eu-central-1/",
            "eu-central-1.evil.example",
            "evil.example/x?-a-1",
            "EU-central-1",
            "eu-centrál-1",
            "europe-central-1",
            "us-new-east-1",
            "eu-central-1-1",
            "eu-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-1",
        ] {
            assert_eq!(Partition::of_region(text), None, "{text}");
            assert_eq!(Partition::of_any_region(text), &Partition::COMMERCIAL);
        }
    }
}

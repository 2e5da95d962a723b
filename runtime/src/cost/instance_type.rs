//! What the name of an instance type says.

/// The families whose CPU is baselined and bursts. Source: "Burstable performance instances" in the EC2 user
/// guide.
const BURSTABLE: [&str; 5] = ["t1", "t2", "t3", "t3a", "t4g"];
/// The beginnings of families that work on accelerators. Source: "Accelerated computing" in the EC2 instance
/// types guide.
const ACCELERATED: [&str; 8] = ["p", "g", "gr", "trn", "inf", "dl", "vt", "f"];

fn family(instance_type: &str) -> &str {
    instance_type.split('.').next().unwrap_or_default()
}

/// Whether its low CPU may be a limit and not a lack of work.
pub(super) fn is_burstable(instance_type: &str) -> bool {
    BURSTABLE.contains(&family(instance_type))
}

/// Whether it works on something else than its CPU.
pub(super) fn is_accelerated(instance_type: &str) -> bool {
    let family = family(instance_type);
    let letters = family.find(|it: char| !it.is_ascii_lowercase());
    ACCELERATED.contains(&&family[..letters.unwrap_or(family.len())])
}

/// Whether it is a Mac.
pub(super) fn is_mac(instance_type: &str) -> bool {
    family(instance_type).starts_with("mac")
}

/// How large it is among the types of its family, roughly in eighths of a `large`: what sorts by size.
pub(super) fn size(instance_type: &str) -> u32 {
    let size = instance_type.split('.').nth(1).unwrap_or_default();
    match size {
        "nano" => 1,
        "micro" => 2,
        "small" => 3,
        "medium" => 4,
        "large" => 8,
        "xlarge" => 16,
        _ if size.starts_with("metal") => {
            let number = size.trim_start_matches("metal-").trim_end_matches("xl");
            number
                .parse()
                .map_or(2_048, |it: u32| it.saturating_mul(16))
        }
        _ => {
            let number = size.strip_suffix("xlarge").unwrap_or_default();
            number.parse().map_or(0, |it: u32| it.saturating_mul(16))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_are_known_by_their_whole_name() {
        for (name, burstable, accelerated) in [
            ("t3.micro", true, false),
            ("t4g.nano", true, false),
            ("trn1.32xlarge", false, true),
            ("trn2u.48xlarge", false, true),
            ("tx9.large", false, false),
            ("g4dn.xlarge", false, true),
            ("gr6.4xlarge", false, true),
            ("p5.48xlarge", false, true),
            ("inf2.xlarge", false, true),
            ("dl2q.24xlarge", false, true),
            ("vt1.3xlarge", false, true),
            ("f2.6xlarge", false, true),
            ("m7g.large", false, false),
            ("i4i.large", false, false),
            ("hpc7g.4xlarge", false, false),
            ("unknown type", false, false),
            ("", false, false),
        ] {
            assert_eq!(is_burstable(name), burstable, "{name}");
            assert_eq!(is_accelerated(name), accelerated, "{name}");
        }
        assert!(is_mac("mac2-m2.metal") && !is_mac("m7g.large"));
    }

    #[test]
    fn types_sort_by_size() {
        let mut types = [
            "m5.24xlarge",
            "t3.nano",
            "m7i.metal-24xl",
            "m5.xlarge",
            "x",
            "m5.2xlarge",
            "m5.metal",
            "m5.large",
            "t3.small",
        ];
        types.sort_by_key(|it| size(it));
        assert_eq!(
            types,
            [
                "x",
                "t3.nano",
                "t3.small",
                "m5.large",
                "m5.xlarge",
                "m5.2xlarge",
                "m5.24xlarge",
                "m7i.metal-24xl",
                "m5.metal"
            ]
        );
    }
}

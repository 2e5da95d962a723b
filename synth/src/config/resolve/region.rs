//! The regions of AWS.

/// The regions that there are. Source: `partitions.json` of the AWS SDKs.
pub(super) const REGIONS: [&str; 39] = [
    "af-south-1",
    "ap-east-1",
    "ap-east-2",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-south-2",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-southeast-3",
    "ap-southeast-4",
    "ap-southeast-5",
    "ap-southeast-6",
    "ap-southeast-7",
    "ca-central-1",
    "ca-west-1",
    "cn-north-1",
    "cn-northwest-1",
    "eu-central-1",
    "eu-central-2",
    "eu-north-1",
    "eu-south-1",
    "eu-south-2",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "eusc-de-east-1",
    "il-central-1",
    "me-central-1",
    "me-south-1",
    "mx-central-1",
    "sa-east-1",
    "us-east-1",
    "us-east-2",
    "us-gov-east-1",
    "us-gov-west-1",
    "us-west-1",
    "us-west-2",
];

/// The hint for a region that is none of them.
pub(super) fn nearest(region: &str) -> String {
    let likeness = |other: &str| strsim::jaro_winkler(region, other);
    let best = REGIONS
        .into_iter()
        .max_by(|a, b| likeness(a).total_cmp(&likeness(b)));
    best.map_or_else(String::new, |it| {
        format!("did you mean `{it}`? (a region that is newer than this version of `synth` works as written)")
    })
}

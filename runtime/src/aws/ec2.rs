//! Amazon EC2: which instances run. The one API here that speaks XML.

use jiff::Timestamp;
use serde::Deserialize;

use super::{CallError, Reason, Service};
use crate::{
    read::parse_time,
    settings::{Environment, MissingVariable},
};

/// A client of EC2.
#[derive(Clone, Debug)]
pub struct Ec2(Service);

/// An instance that runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instance {
    /// Such as `i-0a1b2c3d4e5f60718`.
    pub id: String,
    /// Such as `m7g.large`.
    pub instance_type: String,
    /// When it was last started.
    pub launched: Option<Timestamp>,
    /// Whether it is a Spot instance.
    pub spot: bool,
    /// Its tags.
    pub tags: Vec<(String, String)>,
}

impl Instance {
    /// The value of a tag.
    pub fn tag(&self, key: &str) -> Option<&str> {
        self.tags
            .iter()
            .find(|(name, _)| name == key)
            .map(|(_, value)| value.as_str())
    }
}

impl Ec2 {
    /// A client as the environment says.
    pub fn new(http: reqwest::Client, environment: &Environment) -> Result<Self, MissingVariable> {
        Service::new(http, environment, "ec2", "EC2").map(Self)
    }

    /// A page of the running instances, and the token of the next.
    pub async fn running_instances(
        &self,
        token: Option<&str>,
    ) -> Result<(Vec<Instance>, Option<String>), CallError> {
        const OPERATION: &str = "DescribeInstances";
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.append_pair("Action", OPERATION)
            .append_pair("Version", "2016-11-15")
            .append_pair("Filter.1.Name", "instance-state-name")
            .append_pair("Filter.1.Value.1", "running")
            .append_pair("MaxResults", "1000");
        if let Some(token) = token {
            form.append_pair("NextToken", token);
        }
        let body = form.finish();
        let headers = [(
            "content-type",
            "application/x-www-form-urlencoded".to_owned(),
        )];
        let answer = self.0.call(OPERATION, &headers, body.into_bytes()).await?;
        parse_instances(&answer).ok_or_else(|| self.0.failed(OPERATION, Reason::Unreadable))
    }
}

#[derive(Deserialize)]
struct Page {
    #[serde(rename = "reservationSet", default)]
    reservations: Items<Reservation>,
    #[serde(rename = "nextToken")]
    next: Option<String>,
}

#[derive(Deserialize)]
struct Items<T> {
    #[serde(rename = "item", default = "Vec::new")]
    items: Vec<T>,
}

impl<T> Default for Items<T> {
    fn default() -> Self {
        Self { items: Vec::new() }
    }
}

#[derive(Deserialize)]
struct Reservation {
    #[serde(rename = "instancesSet", default)]
    instances: Items<RawInstance>,
}

#[derive(Deserialize)]
struct RawInstance {
    #[serde(rename = "instanceId")]
    id: Option<String>,
    #[serde(rename = "instanceType")]
    instance_type: Option<String>,
    #[serde(rename = "launchTime")]
    launched: Option<String>,
    #[serde(rename = "instanceLifecycle")]
    lifecycle: Option<String>,
    #[serde(rename = "tagSet", default)]
    tags: Items<RawTag>,
}

#[derive(Deserialize)]
struct RawTag {
    key: Option<String>,
    value: Option<String>,
}

fn parse_instances(answer: &[u8]) -> Option<(Vec<Instance>, Option<String>)> {
    let text = std::str::from_utf8(answer).ok()?;
    let page: Page = quick_xml::de::from_str(text).ok()?;
    let raw = page
        .reservations
        .items
        .into_iter()
        .flat_map(|it| it.instances.items);
    let instances = raw
        .filter_map(|it| {
            Some(Instance {
                id: it.id?,
                instance_type: it
                    .instance_type
                    .unwrap_or_else(|| "unknown type".to_owned()),
                launched: it.launched.as_deref().and_then(parse_time),
                spot: it.lifecycle.as_deref() == Some("spot"),
                tags: it
                    .tags
                    .items
                    .into_iter()
                    .filter_map(|tag| Some((tag.key?, tag.value.unwrap_or_default())))
                    .collect(),
            })
        })
        .collect();
    Some((instances, page.next.filter(|token| !token.is_empty())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instances_of_all_reservations_are_read() {
        let xml = r#"<?xml version="1.0" encoding="UTF-8"?>
            <DescribeInstancesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">
              <requestId>x</requestId>
              <reservationSet>
                <item><instancesSet>
                  <item>
                    <instanceId>i-1</instanceId><instanceType>m7g.large</instanceType>
                    <instanceState><code>16</code><name>running</name></instanceState>
                    <launchTime>2026-01-02T03:04:05.000Z</launchTime>
                    <instanceLifecycle>spot</instanceLifecycle>
                    <tagSet><item><key>Name</key><value>web</value></item><item><key>empty</key><value/></item></tagSet>
                  </item>
                  <item><instanceId>i-2</instanceId></item>
                </instancesSet></item>
                <item><instancesSet><item><instanceId>i-3</instanceId></item></instancesSet></item>
              </reservationSet>
              <nextToken>more</nextToken>
            </DescribeInstancesResponse>"#;
        let (instances, next) = parse_instances(xml.as_bytes()).unwrap();
        let ids: Vec<&str> = instances.iter().map(|it| it.id.as_str()).collect();
        assert_eq!(ids, ["i-1", "i-2", "i-3"]);
        assert!(instances[0].spot && !instances[1].spot);
        assert_eq!(instances[0].tag("Name"), Some("web"));
        assert_eq!(instances[0].launched, parse_time("2026-01-02T03:04:05Z"));
        assert_eq!(next.as_deref(), Some("more"));
    }

    #[test]
    fn an_empty_page_is_a_page() {
        let xml =
            "<DescribeInstancesResponse><reservationSet/><nextToken/></DescribeInstancesResponse>";
        assert_eq!(parse_instances(xml.as_bytes()), Some((Vec::new(), None)));
        assert_eq!(parse_instances(b"not XML"), None);
    }
}

//! Amazon EC2: instances, and what is left over of them. The one API here that speaks XML.

use std::{
    io::{BufReader, Read},
    sync::Arc,
};

use jiff::{Timestamp, civil::DateTime, tz::TimeZone};
use serde::{Deserialize, de::DeserializeOwned};

use super::{CallError, Page, Service};
use crate::settings::{Environment, MissingVariable};

/// Instances of a page. Source: `DescribeInstances` in the EC2 API reference allows 5 to 1,000; an instance
/// can have 280 kB.
const INSTANCES: &str = "100";
/// Volumes of a page. Source: `DescribeVolumes` in the EC2 API reference allows 5 to 500.
const VOLUMES: &str = "500";

/// A client of EC2 in one region.
#[derive(Clone, Debug)]
pub struct Ec2 {
    service: Service,
    tags: Arc<[String]>,
}

/// An instance that runs or is stopped.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Instance {
    /// Such as `i-0a1b2c3d4e5f60718`.
    pub id: String,
    /// Such as `m7g.large`.
    pub instance_type: String,
    /// Such as `running`.
    pub state: String,
    /// Since when it is stopped, if EC2 says so.
    pub stopped_since: Option<Timestamp>,
    /// `spot`, `capacity-block` or what else there may be; nothing for On-Demand.
    pub lifecycle: Option<String>,
    /// `default`, `dedicated` or `host`.
    pub tenancy: Option<String>,
    /// Whether it runs in capacity that is reserved, and paid for with or without it.
    pub reserved: bool,
    /// The service that manages it, if one does.
    pub managed_by: Option<String>,
    /// Those of its tags that are asked for.
    pub tags: Tags,
}

/// A volume that is attached to an instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Volume {
    /// Such as `vol-0a1b2c3d4e5f60718`.
    pub id: String,
    /// Such as `gp3`.
    pub volume_type: String,
    /// Its size in GiB.
    pub size: u64,
    /// The instance that it is attached to.
    pub instance: Option<String>,
    /// Those of its tags that are asked for.
    pub tags: Tags,
}

/// An Elastic IP address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// Such as `eipalloc-0a1b2c3d4e5f60718`; the address itself where it has none.
    pub id: String,
    /// The address.
    pub ip: String,
    /// Whether an instance or an interface has it, or a service manages it.
    pub in_use: bool,
    /// Those of its tags that are asked for.
    pub tags: Tags,
}

/// The tags of a resource.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tags(pub Vec<(String, String)>);

impl Tags {
    /// The value of a tag.
    pub fn get(&self, key: &str) -> Option<&str> {
        let found = self.0.iter().find(|(name, _)| name == key);
        found.map(|(_, value)| value.as_str())
    }
}

impl Ec2 {
    /// A client as the environment says, of a region. It keeps those tags whose keys are among `tags`; one
    /// that ends in `/` is the beginning of keys.
    pub fn new(
        http: reqwest::Client,
        environment: &Environment,
        region: &str,
        tags: Arc<[String]>,
    ) -> Result<Self, MissingVariable> {
        let service = Service::in_region(http, environment, "ec2", "EC2", region)?;
        Ok(Self { service, tags })
    }

    /// A page of the instances that run or are stopped.
    pub async fn instances(&self, token: Option<&str>) -> Result<Page<Instance>, CallError> {
        let mut parameters = vec![
            ("Filter.1.Name", "instance-state-name".to_owned()),
            ("Filter.1.Value.1", "running".to_owned()),
            ("Filter.1.Value.2", "stopped".to_owned()),
            ("MaxResults", INSTANCES.to_owned()),
        ];
        parameters.extend(token.map(|it| ("NextToken", it.to_owned())));
        let tags = Arc::clone(&self.tags);
        self.describe("DescribeInstances", &parameters, move |page: Instances| {
            let reservations = page.reservations.items.into_iter();
            Page {
                items: reservations
                    .flat_map(|it| it.instances.items)
                    .filter_map(|it| it.keep(&tags))
                    .collect(),
                errors: 0,
                next: page.next.filter(|it| !it.is_empty()),
            }
        })
        .await
    }

    /// A page of the volumes that are attached to these instances, of which there may be 200.
    pub async fn volumes(
        &self,
        instances: &[String],
        token: Option<&str>,
    ) -> Result<Page<Volume>, CallError> {
        let names: Vec<String> = (1..=instances.len())
            .map(|number| format!("Filter.1.Value.{number}"))
            .collect();
        let mut parameters = vec![
            ("Filter.1.Name", "attachment.instance-id".to_owned()),
            ("MaxResults", VOLUMES.to_owned()),
        ];
        parameters.extend(
            names
                .iter()
                .map(String::as_str)
                .zip(instances.iter().cloned()),
        );
        parameters.extend(token.map(|it| ("NextToken", it.to_owned())));
        let tags = Arc::clone(&self.tags);
        self.describe("DescribeVolumes", &parameters, move |page: Volumes| Page {
            items: page
                .volumes
                .items
                .into_iter()
                .filter_map(|it| it.keep(&tags))
                .collect(),
            errors: 0,
            next: page.next.filter(|it| !it.is_empty()),
        })
        .await
    }

    /// The addresses, which come on one page.
    pub async fn addresses(&self) -> Result<Page<Address>, CallError> {
        let tags = Arc::clone(&self.tags);
        self.describe("DescribeAddresses", &[], move |page: Addresses| Page {
            items: page
                .addresses
                .items
                .into_iter()
                .filter_map(|it| it.keep(&tags))
                .collect(),
            ..Page::default()
        })
        .await
    }

    async fn describe<P: DeserializeOwned, T: Send + 'static>(
        &self,
        operation: &'static str,
        parameters: &[(&str, String)],
        keep: impl FnOnce(P) -> T + Send + 'static,
    ) -> Result<T, CallError> {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.append_pair("Action", operation)
            .append_pair("Version", "2016-11-15");
        for (name, value) in parameters {
            form.append_pair(name, value);
        }
        let headers = [(
            "content-type",
            "application/x-www-form-urlencoded".to_owned(),
        )];
        let body = form.finish().into_bytes();
        self.service
            .stream(operation, &headers, &body, |answer| parse(answer).map(keep))
            .await
    }
}

/// What is not named in `T` is read past.
fn parse<T: DeserializeOwned>(answer: impl Read) -> Option<T> {
    quick_xml::de::from_reader(BufReader::new(answer)).ok()
}

#[derive(Deserialize)]
struct Instances {
    #[serde(rename = "reservationSet", default)]
    reservations: Items<Reservation>,
    #[serde(rename = "nextToken")]
    next: Option<String>,
}

#[derive(Deserialize)]
struct Volumes {
    #[serde(rename = "volumeSet", default)]
    volumes: Items<RawVolume>,
    #[serde(rename = "nextToken")]
    next: Option<String>,
}

#[derive(Deserialize)]
struct Addresses {
    #[serde(rename = "addressesSet", default)]
    addresses: Items<RawAddress>,
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
#[serde(rename_all = "camelCase")]
struct RawInstance {
    instance_id: Option<String>,
    instance_type: Option<String>,
    instance_state: Option<RawState>,
    state_transition_reason: Option<String>,
    instance_lifecycle: Option<String>,
    placement: Option<RawPlacement>,
    capacity_reservation_id: Option<String>,
    operator: Option<RawOperator>,
    #[serde(rename = "tagSet", default)]
    tags: Items<RawTag>,
}

#[derive(Deserialize)]
struct RawState {
    name: Option<String>,
}

#[derive(Deserialize)]
struct RawPlacement {
    tenancy: Option<String>,
}

#[derive(Deserialize)]
struct RawOperator {
    managed: Option<String>,
    principal: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawVolume {
    volume_id: Option<String>,
    volume_type: Option<String>,
    size: Option<String>,
    #[serde(rename = "attachmentSet", default)]
    attachments: Items<RawAttachment>,
    #[serde(rename = "tagSet", default)]
    tags: Items<RawTag>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawAttachment {
    instance_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawAddress {
    allocation_id: Option<String>,
    public_ip: Option<String>,
    association_id: Option<String>,
    instance_id: Option<String>,
    network_interface_id: Option<String>,
    service_managed: Option<String>,
    #[serde(rename = "tagSet", default)]
    tags: Items<RawTag>,
}

#[derive(Deserialize)]
struct RawTag {
    key: Option<String>,
    value: Option<String>,
}

impl Items<RawTag> {
    fn keep(self, wanted: &[String]) -> Tags {
        let is_wanted = |key: &str| {
            wanted
                .iter()
                .any(|it| it == key || (it.ends_with('/') && key.starts_with(it.as_str())))
        };
        let tags = self.items.into_iter();
        Tags(
            tags.filter_map(|it| Some((it.key?, it.value.unwrap_or_default())))
                .filter(|(key, _)| is_wanted(key))
                .collect(),
        )
    }
}

impl RawInstance {
    fn keep(self, wanted: &[String]) -> Option<Instance> {
        let managed = self
            .operator
            .filter(|it| it.managed.as_deref() == Some("true"));
        let reason = self.state_transition_reason.as_deref();
        Some(Instance {
            id: self.instance_id?,
            instance_type: self
                .instance_type
                .unwrap_or_else(|| "unknown type".to_owned()),
            state: self
                .instance_state
                .and_then(|it| it.name)
                .unwrap_or_default(),
            stopped_since: reason.and_then(time_of_transition),
            lifecycle: self.instance_lifecycle.filter(|it| !it.is_empty()),
            tenancy: self.placement.and_then(|it| it.tenancy),
            reserved: self
                .capacity_reservation_id
                .is_some_and(|it| !it.is_empty()),
            managed_by: managed.map(|it| it.principal.unwrap_or_default()),
            tags: self.tags.keep(wanted),
        })
    }
}

impl RawVolume {
    fn keep(self, wanted: &[String]) -> Option<Volume> {
        Some(Volume {
            id: self.volume_id?,
            volume_type: self.volume_type.unwrap_or_default(),
            size: self.size.and_then(|it| it.parse().ok()).unwrap_or_default(),
            instance: self
                .attachments
                .items
                .into_iter()
                .find_map(|it| it.instance_id),
            tags: self.tags.keep(wanted),
        })
    }
}

impl RawAddress {
    fn keep(self, wanted: &[String]) -> Option<Address> {
        let ip = self.public_ip?;
        let users = [
            self.association_id,
            self.instance_id,
            self.network_interface_id,
            self.service_managed,
        ];
        Some(Address {
            id: self.allocation_id.unwrap_or_else(|| ip.clone()),
            ip,
            in_use: users.into_iter().flatten().any(|it| !it.is_empty()),
            tags: self.tags.keep(wanted),
        })
    }
}

/// The time in `User initiated (2026-01-02 03:04:05 GMT)`. There is none where a service stopped the instance.
fn time_of_transition(reason: &str) -> Option<Timestamp> {
    let (_, rest) = reason.split_once('(')?;
    let (time, _) = rest.split_once(" GMT)")?;
    let time = DateTime::strptime("%Y-%m-%d %H:%M:%S", time).ok()?;
    Some(time.to_zoned(TimeZone::UTC).ok()?.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn instances(xml: &str) -> Option<(Vec<Instance>, Option<String>)> {
        let wanted = ["Name", "empty", "kubernetes.io/cluster/"].map(str::to_owned);
        let page: Instances = parse(xml.as_bytes())?;
        let all = page
            .reservations
            .items
            .into_iter()
            .flat_map(|it| it.instances.items);
        Some((all.filter_map(|it| it.keep(&wanted)).collect(), page.next))
    }

    #[test]
    fn instances_are_read_whatever_else_is_there() {
        let xml = r#"<?xml version="1.0" encoding="UTF-8"?>
            <DescribeInstancesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">
              <requestId>x</requestId>
              <reservationSet>
                <item><reservationId>r-1</reservationId><groupSet/><instancesSet>
                  <item>
                    <instanceId>i-1</instanceId>
                    <instanceType>m7g.large</instanceType>
                    <instanceState><code>16</code><name>running</name></instanceState>
                    <placement><availabilityZone>eu-central-1a</availabilityZone><tenancy>host</tenancy></placement>
                    <networkInterfaceSet><item><association><publicIp>1.2.3.4</publicIp></association></item></networkInterfaceSet>
                    <instanceLifecycle>spot</instanceLifecycle>
                    <operator><managed>true</managed><principal>eks.amazonaws.com</principal></operator>
                    <tagSet><item><key>Name</key><value>web &amp; more</value></item><item><key>empty</key><value/></item>
                      <item><key>other</key><value>x</value></item><item><key>kubernetes.io/cluster/prod</key><value>owned</value></item></tagSet>
                  </item>
                  <item><instanceId>i-2</instanceId><operator><managed>false</managed></operator></item>
                </instancesSet></item>
                <item><instancesSet><item><instanceId>i-3</instanceId>
                  <instanceState><code>80</code><name>stopped</name></instanceState>
                  <capacityReservationId>cr-1</capacityReservationId>
                  <stateTransitionReason>User initiated (2026-01-02 03:04:05 GMT)</stateTransitionReason></item></instancesSet></item>
              </reservationSet>
              <nextToken>more</nextToken>
            </DescribeInstancesResponse>"#;
        let (found, next) = instances(xml).unwrap();
        assert_eq!(next.as_deref(), Some("more"));
        let tag = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        assert_eq!(
            found,
            [
                Instance {
                    id: "i-1".to_owned(),
                    instance_type: "m7g.large".to_owned(),
                    state: "running".to_owned(),
                    lifecycle: Some("spot".to_owned()),
                    tenancy: Some("host".to_owned()),
                    managed_by: Some("eks.amazonaws.com".to_owned()),
                    tags: Tags(vec![
                        tag("Name", "web & more"),
                        tag("empty", ""),
                        tag("kubernetes.io/cluster/prod", "owned"),
                    ]),
                    ..Instance::default()
                },
                Instance {
                    id: "i-2".to_owned(),
                    instance_type: "unknown type".to_owned(),
                    ..Instance::default()
                },
                Instance {
                    id: "i-3".to_owned(),
                    instance_type: "unknown type".to_owned(),
                    state: "stopped".to_owned(),
                    stopped_since: "2026-01-02T03:04:05Z".parse().ok(),
                    reserved: true,
                    ..Instance::default()
                },
            ]
        );
    }

    #[test]
    fn an_empty_page_is_a_page_and_a_part_of_one_is_none() {
        let xml =
            "<DescribeInstancesResponse><reservationSet/><nextToken/></DescribeInstancesResponse>";
        let (found, next) = instances(xml).unwrap();
        assert!(found.is_empty() && next.is_none_or(|it| it.is_empty()));
        for broken in ["not XML", "", &xml[..xml.len() - 5]] {
            assert!(instances(broken).is_none(), "{broken}");
        }
    }

    #[test]
    fn times_of_transitions() {
        let expected = "2026-01-02T03:04:05Z".parse().ok();
        for (reason, time) in [
            ("User initiated (2026-01-02 03:04:05 GMT)", expected),
            (
                "Server.ScheduledStop: Stopped due to scheduled retirement",
                None,
            ),
            ("User initiated (yesterday GMT)", None),
            ("", None),
        ] {
            assert_eq!(time_of_transition(reason), time, "{reason}");
        }
    }

    #[test]
    fn an_address_is_in_use_whoever_uses_it() {
        let xml = "<DescribeAddressesResponse><addressesSet>\
            <item><publicIp>192.0.2.1</publicIp><allocationId>eipalloc-1</allocationId></item>\
            <item><publicIp>192.0.2.2</publicIp><instanceId/><networkInterfaceId>eni-1</networkInterfaceId></item>\
            <item><publicIp>192.0.2.3</publicIp><instanceId/></item>\
            <item><publicIp>192.0.2.4</publicIp><serviceManaged>alb</serviceManaged></item>\
            </addressesSet></DescribeAddressesResponse>";
        let page: Addresses = parse(xml.as_bytes()).unwrap();
        let found = page.addresses.items.into_iter();
        let free: Vec<String> = found
            .filter_map(|it| it.keep(&[]))
            .filter(|it| !it.in_use)
            .map(|it| it.id)
            .collect();
        assert_eq!(free, ["eipalloc-1", "192.0.2.3"]);
    }

    #[test]
    fn a_volume_knows_its_instance() {
        let xml = "<DescribeVolumesResponse><volumeSet><item><volumeId>vol-1</volumeId><size>100</size>\
            <volumeType>gp3</volumeType><attachmentSet><item><instanceId>i-1</instanceId></item></attachmentSet>\
            </item></volumeSet></DescribeVolumesResponse>";
        let page: Volumes = parse(xml.as_bytes()).unwrap();
        let volume = page.volumes.items.into_iter().next().unwrap().keep(&[]);
        let volume = volume.unwrap();
        assert_eq!(
            (
                volume.size,
                volume.instance.as_deref(),
                volume.volume_type.as_str()
            ),
            (100, Some("i-1"), "gp3")
        );
    }
}

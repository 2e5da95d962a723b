//! Amazon EC2: instances, and what is left over of them. The one API here that speaks XML.

use std::{
    io::{BufReader, Read},
    sync::Arc,
};

use jiff::{Timestamp, civil::DateTime, tz::TimeZone};
use serde::{Deserialize, de::DeserializeOwned};

use super::{CallError, Page, Service};
use crate::settings::{Environment, InvalidVariable};

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
    ///
    /// # Errors
    ///
    /// Returns [`InvalidVariable::Missing`] if the environment has no credentials.
    pub fn new(
        http: reqwest::Client,
        environment: &Environment,
        region: &str,
        tags: Arc<[String]>,
    ) -> Result<Self, InvalidVariable> {
        let service = Service::in_region(http, environment, "ec2", "EC2", region)?;
        Ok(Self { service, tags })
    }

    /// A page of the instances that run or are stopped.
    ///
    /// # Errors
    ///
    /// Returns a [`CallError`] if EC2 refuses, cannot be reached, or gives an answer that cannot be read.
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
    ///
    /// # Errors
    ///
    /// Returns a [`CallError`] if EC2 refuses, cannot be reached, or gives an answer that cannot be read.
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
    ///
    /// # Errors
    ///
    /// Returns a [`CallError`] if EC2 refuses, cannot be reached, or gives an answer that cannot be read.
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
mod tests;

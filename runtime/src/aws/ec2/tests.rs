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

//! What the report leaves out, whoever recommends something of it, and why.

use super::settings::{GROUP_TAG, HOST_TAGS, Settings};
use crate::aws::ec2::{Instance, Tags};

/// Why an instance is left out, if it is.
pub(super) fn instance(instance: &Instance, settings: &Settings) -> Option<String> {
    if let Some(why) = by_tag(&instance.tags, settings) {
        return Some(why);
    }
    if let Some(principal) = &instance.managed_by {
        let principal: String = principal.chars().take(60).collect();
        return Some(format!("managed by a service ({principal})"));
    }
    if instance.lifecycle.as_deref() == Some("spot") {
        return Some("Spot instances".to_owned());
    }
    if instance.tags.get(GROUP_TAG).is_some() {
        return Some("members of an Auto Scaling group".to_owned());
    }
    let is_host = |key: &str| match key.strip_suffix('/') {
        Some(_) => instance
            .tags
            .0
            .iter()
            .any(|(name, _)| name.starts_with(key)),
        None => instance.tags.get(key).is_some(),
    };
    let host = HOST_TAGS.iter().find(|(key, _)| is_host(key));
    host.map(|(_, why)| (*why).to_owned())
}

/// Why any resource is left out by its tags, if it is.
pub(super) fn by_tag(tags: &Tags, settings: &Settings) -> Option<String> {
    let (key, value) = &settings.cost.ignore_tag;
    let is_ignored = tags.get(key) == Some(value);
    is_ignored.then(|| format!("tagged {key}={value}"))
}

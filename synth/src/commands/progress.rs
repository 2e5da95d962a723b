//! What happens in a deploy, as a terminal shows it.

use crate::{deploy::DeployEvent, terminal::Terminal};

/// An observer of deploys that tells whoever is at the terminal.
pub(super) fn shown_at(terminal: Terminal) -> impl Fn(&DeployEvent<'_>) {
    move |event| terminal.say(&line(event))
}

fn line(event: &DeployEvent<'_>) -> String {
    match event {
        DeployEvent::BucketMissing { bucket } => format!("  making the bucket {bucket}"),
        DeployEvent::Uploading { key, bytes } => {
            format!("  uploading {key} ({} kB)", bytes / 1_000)
        }
        DeployEvent::Deploying { stack, region } => format!("deploying {stack} in {region}"),
        DeployEvent::MakingRoom { stack, region } => {
            format!("making room: alarms leave {stack} in {region}")
        }
        DeployEvent::Deleting { stack, region } => format!("deleting {stack} in {region}"),
        DeployEvent::Waiting { stack, status } => {
            format!("{stack}: {status} goes on; waiting for it")
        }
        DeployEvent::DeletingRemains { stack, status } => {
            format!("{stack}: its first deploy failed ({status}); deleting what is left of it")
        }
        DeployEvent::Resource {
            status,
            id,
            resource_type,
            reason,
        } => {
            let why = reason.map_or(String::new(), |reason| format!("  {reason}"));
            format!("  {status:<26} {id}  {resource_type}{why}")
        }
        DeployEvent::NoChanges { stack } => format!("{stack}: no changes"),
    }
}

//! What belongs to the templates of an account, for whoever deploys them by other means.

use serde_json::{Map, json};
use stacks::{Json, Stack, stack::ParameterSource};

use crate::config::Account;

/// The manifest: which stacks there are, in the order in which they are deployed, where to, and
/// where the values of their parameters come from.
pub(super) fn manifest(account: &Account, stacks: &[Stack], extension: &str) -> Json {
    let stacks: Vec<Json> = stacks
        .iter()
        .map(|stack| {
            let parameters: Map<String, Json> = stack
                .parameters
                .iter()
                .map(|(name, source)| (name.clone(), parameter(source)))
                .collect();
            let mut shown = json!({
                "name": stack.name,
                "template": format!("{}.template.{extension}", stack.name),
                "resources": stack.template.resource_count(),
                "parameters": parameters,
            });
            if let Some(region) = &stack.region {
                shown["regions"] = json!([region]);
            }
            shown
        })
        .collect();
    json!({
        "name": account.monitor.account_name,
        "account": account.account_id,
        "regions": account.regions,
        "stacks": stacks,
    })
}

fn parameter(source: &ParameterSource) -> Json {
    match source {
        ParameterSource::AssetBucket => json!({ "assetBucket": true }),
        ParameterSource::CodeKey(asset) => json!({ "zip": format!("{}.zip", asset.as_str()) }),
        ParameterSource::Region(values) => json!({ "regions": values }),
        ParameterSource::Output { stack, output } => {
            json!({ "stack": stack, "output": output.as_str() })
        }
    }
}

//! Whose a stack is. A name proves nothing: anybody can choose it. The tags of its resources do, which only we write.

use contract::names::TAG;
use stacks::Json;

use super::DeployError;

/// The core stack that a template's resources belong to, as all of their tags say; nothing where they do not.
pub(super) fn owner(template: &Json) -> Option<&str> {
    let resources = template["Resources"].as_object()?.values();
    let tags = resources.filter_map(|it| it["Properties"]["Tags"].as_array());
    let mut owners = tags
        .flatten()
        .filter(|tag| tag["Key"] == TAG)
        .map(|tag| tag["Value"].as_str());
    let owner = owners.next()??;
    owners.all(|it| it == Some(owner)).then_some(owner)
}

/// An error unless the stack with this template belongs to this core stack.
pub(crate) fn check_ours(
    stack: &str,
    region: &str,
    template: &Json,
    core: &str,
) -> Result<(), DeployError> {
    let whose = match owner(template) {
        Some(owner) if owner == core => return Ok(()),
        Some(owner) => format!("it belongs to the account file of the stack `{owner}`"),
        None => "its resources do not have the tag that says so".to_owned(),
    };
    Err(DeployError::NotOurs {
        stack: stack.to_owned(),
        region: region.to_owned(),
        whose,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn all_tags_of_a_stack_must_say_whose_it_is() {
        let tagged = |owner: &str| {
            json!({ "Properties": { "Tags": [
            { "Key": "team", "Value": "x" }, { "Key": "tocsin", "Value": owner },
        ] } })
        };
        let of = |resources: Json| {
            let template = json!({ "Resources": resources });
            owner(&template).map(str::to_owned)
        };
        let plain = || json!({ "Properties": {} });
        let a = Some("tocsin-a".to_owned());
        assert_eq!(of(json!({ "A": tagged("tocsin-a"), "B": plain() })), a);
        assert_eq!(
            of(json!({ "A": tagged("tocsin-a"), "B": tagged("tocsin-b") })),
            None
        );
        assert_eq!(of(json!({ "A": plain() })), None);
        assert_eq!(of(json!({})), None);
        assert_eq!(owner(&json!("a template of another kind")), None);
    }
}

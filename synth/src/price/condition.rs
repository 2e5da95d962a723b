//! Whether a resource of a template is made in a region. Pure.

use stacks::{Json, Stack, stack::ParameterSource};

/// Whether a resource of a stack is made in this region. What cannot be known before a deploy counts as if it were.
pub(super) fn is_made(stack: &Stack, conditions: &Json, resource: &Json, region: &str) -> bool {
    let name = resource["Condition"].as_str();
    name.is_none_or(|name| holds(stack, &conditions[name], region).unwrap_or(true))
}

fn holds(stack: &Stack, condition: &Json, region: &str) -> Option<bool> {
    let parts = |name: &str| condition[name].as_array().map(Vec::as_slice);
    if let Some([one, other]) = parts("Fn::Equals") {
        return Some(text(stack, one, region)? == text(stack, other, region)?);
    }
    if let Some([inner]) = parts("Fn::Not") {
        return holds(stack, inner, region).map(|it| !it);
    }
    let any: Option<Vec<bool>> = parts("Fn::Or")?
        .iter()
        .map(|it| holds(stack, it, region))
        .collect();
    any.map(|it| it.contains(&true))
}

fn text(stack: &Stack, value: &Json, region: &str) -> Option<String> {
    if let Some(text) = value.as_str() {
        return Some(text.to_owned());
    }
    let name = value["Ref"].as_str()?;
    if name == "AWS::Region" {
        return Some(region.to_owned());
    }
    match stack.parameters.get(name)? {
        ParameterSource::Region(lists) => Some(lists.get(region)?.join(",")),
        ParameterSource::AssetBucket
        | ParameterSource::CodeKey(_)
        | ParameterSource::Output { .. } => None,
    }
}

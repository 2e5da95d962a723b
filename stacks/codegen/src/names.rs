//! From the registry's names to Rust's.

/// `KmsMasterKeyId` to `kms_master_key_id`, `SSESpecification` to `sse_specification`,
/// `OKActions` to `ok_actions`.
pub(crate) fn snake(name: &str) -> String {
    let chars: Vec<char> = name.chars().filter(char::is_ascii_alphanumeric).collect();
    let mut out = String::new();
    for (i, c) in chars.iter().enumerate() {
        if c.is_ascii_uppercase() && i > 0 {
            let after_lower = !chars[i - 1].is_ascii_uppercase();
            let before_lower = chars.get(i + 1).is_some_and(char::is_ascii_lowercase);
            if after_lower || before_lower {
                out.push('_');
            }
        }
        out.push(c.to_ascii_lowercase());
    }
    match out.as_str() {
        "type" | "match" | "ref" | "move" | "use" | "in" | "mod" | "where" => format!("{out}_"),
        _ => out,
    }
}

/// The variants of an enumeration, each with a name of its own: of `GLACIER` and `Glacier` the second is `Glacier2`.
pub(crate) fn variants(values: &[String]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for value in values {
        let name = variant(value);
        let alike = names.iter().filter(|it| **it == name).count();
        names.push(match alike {
            0 => name,
            count => format!("{name}{}", count + 1),
        });
    }
    names
}

/// A variant for an enumeration's value: `provided.al2023` to `ProvidedAl2023`,
/// `DISABLED` to `Disabled`, `PAY_PER_REQUEST` to `PayPerRequest`.
fn variant(value: &str) -> String {
    let shouts = !value.chars().any(|c| c.is_ascii_lowercase());
    let mut out = String::new();
    for word in value
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
    {
        let mut chars = word.chars();
        if let Some(first) = chars.next() {
            out.push(first.to_ascii_uppercase());
            if shouts {
                out.extend(chars.map(|c| c.to_ascii_lowercase()));
            } else {
                out.push_str(chars.as_str());
            }
        }
    }
    if out.starts_with(|c: char| c.is_ascii_digit()) {
        out.insert(0, 'N');
    }
    out
}

/// `AWS::SecretsManager::Secret` to `secretsmanager_secret`.
pub(crate) fn module(resource_type: &str) -> String {
    let mut parts = resource_type.split("::").skip(1);
    let service = parts.next().unwrap_or_default().to_ascii_lowercase();
    let name = parts.next().unwrap_or_default();
    format!("{service}_{}", snake(name).trim_end_matches('_'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn acronyms_stay_together() {
        for (name, expected) in [
            ("QueueName", "queue_name"),
            ("KmsMasterKeyId", "kms_master_key_id"),
            ("SSESpecification", "sse_specification"),
            ("OKActions", "ok_actions"),
            ("KMSKeyArn", "kms_key_arn"),
            ("S3Bucket", "s3_bucket"),
            ("Type", "type_"),
        ] {
            assert_eq!(snake(name), expected);
        }
    }

    #[test]
    fn variants_are_pascal_case() {
        for (value, expected) in [
            ("provided.al2023", "ProvidedAl2023"),
            ("PAY_PER_REQUEST", "PayPerRequest"),
            ("GreaterThanThreshold", "GreaterThanThreshold"),
            ("arm64", "Arm64"),
            ("x86_64", "X8664"),
        ] {
            assert_eq!(variant(value), expected);
        }
    }

    #[test]
    fn values_that_differ_in_case_alone_are_two_variants() {
        let values = ["GLACIER", "Glacier", "STANDARD_IA"].map(str::to_owned);
        assert_eq!(variants(&values), ["Glacier", "Glacier2", "StandardIa"]);
    }

    #[test]
    fn modules_are_named_by_service_and_type() {
        assert_eq!(
            module("AWS::SecretsManager::Secret"),
            "secretsmanager_secret"
        );
        assert_eq!(
            module("AWS::Lambda::EventSourceMapping"),
            "lambda_event_source_mapping"
        );
    }
}

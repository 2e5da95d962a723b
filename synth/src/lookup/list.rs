//! Lists of an account: page by page, one page at a time.

use serde_json::{Value as Json, json};

use super::calls::ListCall;
use crate::aws::{Answer, Aws, AwsError};

/// Pages of a list at most: 10,000 alarms.
const PAGES: usize = 100;

/// The names of a list, as far as they were read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    /// The names or IDs: of an ARN what is last in it.
    pub names: Vec<String>,
    /// Whether that is all of them.
    pub complete: bool,
}

/// Lists everything that a call shows with these parameters, or up to where `enough` is.
pub(crate) async fn list(
    aws: &Aws,
    call: &ListCall,
    parameters: &[(&str, Json)],
    enough: impl Fn(&[String]) -> bool,
) -> Result<Names, AwsError> {
    let mut names = Vec::new();
    let complete = pages(aws, call, parameters, PAGES, |answer| {
        for list in call.lists {
            let members = answer.members(list, call.name);
            names.extend(members.iter().map(|it| name_of(it)));
        }
        enough(&names)
    });
    let complete = complete.await?;
    Ok(Names { names, complete })
}

/// Reads so many pages of what a call shows with these parameters, or up to where a page is `enough`; says whether these are
/// all.
pub(crate) async fn pages(
    aws: &Aws,
    call: &ListCall,
    parameters: &[(&str, Json)],
    most: usize,
    mut enough: impl FnMut(&Answer) -> bool,
) -> Result<bool, AwsError> {
    let mut token: Option<String> = None;
    for _ in 0..most {
        let (size, largest) = call.page;
        let mut all = parameters.to_vec();
        if !size.is_empty() && !parameters.iter().any(|(name, _)| *name == size) {
            all.push((size, json!(largest)));
        }
        let (parameter, next) = call.token;
        all.push((parameter, json!(token)));
        let answer = aws.call(call.service, call.operation, &all).await?;
        if let [only] = call.lists {
            answer.check_has(only)?;
        }
        let is_enough = enough(&answer);
        token = answer.text(next);
        if token.is_none() {
            return Ok(true);
        }
        if is_enough {
            break;
        }
    }
    Ok(false)
}

/// What is last in an ARN of a cluster, service or topic; any other text as it is: alarms may be called like anything.
fn name_of(text: &str) -> String {
    let is_arn = text.starts_with("arn:") && [":ecs:", ":sns:"].iter().any(|it| text.contains(it));
    let name = if is_arn {
        text.rsplit([':', '/']).next().unwrap_or(text)
    } else {
        text
    };
    name.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arns_end_in_names() {
        for (text, expected) in [
            ("arn:aws:ecs:eu-central-1:111122223333:cluster/shop", "shop"),
            (
                "arn:aws:ecs:eu-central-1:111122223333:service/shop/api",
                "api",
            ),
            ("arn:aws:sns:eu-central-1:111122223333:ops", "ops"),
            ("prod/api: 5xx", "prod/api: 5xx"),
        ] {
            assert_eq!(name_of(text), expected);
        }
    }
}

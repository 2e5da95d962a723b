//! What services have answered that have no client of the SDK's here: JSON, or XML.

use std::borrow::Cow;

use quick_xml::{Reader, events::Event};
use serde_json::Value as Json;

use super::{AwsError, Protocol};

/// What a service has answered.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    operation: &'static str,
    content: Content,
}

#[derive(Clone, Debug, PartialEq)]
enum Content {
    Json(Json),
    Xml(String),
}

impl Answer {
    /// Reads the answer to an action.
    pub(super) fn read(
        operation: &'static str,
        action: &str,
        protocol: &Protocol,
        answer: &[u8],
    ) -> Result<Self, AwsError> {
        let text = String::from_utf8_lossy(answer);
        let content = match protocol {
            Protocol::Json(..) | Protocol::Rest(..) => {
                serde_json::from_str(&text).ok().map(Content::Json)
            }
            // What somebody in between answers is a page, and no answer to this action.
            Protocol::Query(_) => text
                .contains(&format!("<{action}Response"))
                .then(|| Content::Xml(text.into_owned())),
        };
        let content = content.ok_or_else(|| AwsError::Unreadable {
            operation,
            reason: "an answer that cannot be read".to_owned(),
        })?;
        Ok(Self { operation, content })
    }

    /// The texts of every element of this name, however deep; of lists of texts each text.
    fn texts(&self, name: &str) -> Vec<String> {
        match &self.content {
            Content::Xml(xml) => texts_of_xml(xml, name),
            Content::Json(json) => {
                let mut found = Vec::new();
                texts_of_json(json, name, &mut found);
                found
            }
        }
    }

    /// The members of a list, without what is nested in them: each is a text, or has one of this name.
    pub fn members(&self, list: &str, name: &str) -> Vec<String> {
        match &self.content {
            Content::Xml(xml) => members_of_xml(xml, list, name),
            Content::Json(json) => {
                let members = json[list].as_array().into_iter().flatten();
                let text = |it: &Json| {
                    if name.is_empty() { it } else { &it[name] }
                        .as_str()
                        .map(str::to_owned)
                };
                members.filter_map(text).collect()
            }
        }
    }

    /// The JSON, if it is some.
    pub fn json(&self) -> Option<&Json> {
        match &self.content {
            Content::Json(json) => Some(json),
            Content::Xml(_) => None,
        }
    }

    /// The first text of this name, if it is not empty.
    pub fn text(&self, name: &str) -> Option<String> {
        self.texts(name).into_iter().find(|it| !it.is_empty())
    }

    /// An error unless the answer has this list in it, empty or not.
    pub(crate) fn check_has(&self, list: &str) -> Result<(), AwsError> {
        match &self.content {
            Content::Json(json) if !list.is_empty() && json.get(list).is_none() => {
                Err(AwsError::Unreadable {
                    operation: self.operation,
                    reason: format!("the answer has no `{list}`"),
                })
            }
            _ => Ok(()),
        }
    }
}

/// The texts of this name directly below the members of a list: an answer about a security group names others in its
/// rules.
fn members_of_xml(xml: &str, list: &str, name: &str) -> Vec<String> {
    let mut reader = Reader::from_str(xml);
    let mut found = Vec::new();
    let mut path: Vec<String> = Vec::new();
    loop {
        match reader.read_event() {
            Ok(Event::Start(element)) => {
                path.push(element.local_name().as_ref().to_owned());
                if !matches!(path.as_slice(), [.., of, _, own] if of == list && own == name) {
                    continue;
                }
                let end = element.to_end().into_owned();
                let Ok(text) = reader.read_text(end.name()) else {
                    return found;
                };
                found.push(unescaped(&text));
                path.pop();
            }
            Ok(Event::End(_)) => {
                path.pop();
            }
            Ok(Event::Eof) | Err(_) => return found,
            Ok(_) => {}
        }
    }
}

fn texts_of_json(json: &Json, name: &str, found: &mut Vec<String>) {
    match json {
        Json::Object(fields) => {
            for (key, value) in fields {
                if key == name {
                    let texts = value
                        .as_array()
                        .map_or(std::slice::from_ref(value), Vec::as_slice);
                    found.extend(texts.iter().filter_map(|it| it.as_str().map(str::to_owned)));
                }
                texts_of_json(value, name, found);
            }
        }
        Json::Array(items) => {
            for item in items {
                texts_of_json(item, name, found);
            }
        }
        _ => {}
    }
}

/// The texts of every element of this name.
pub(super) fn texts_of_xml(xml: &str, name: &str) -> Vec<String> {
    let mut reader = Reader::from_str(xml);
    let mut found = Vec::new();
    loop {
        match reader.read_event() {
            Ok(Event::Start(element)) if element.local_name().as_ref() == name => {
                let end = element.to_end().into_owned();
                let Ok(text) = reader.read_text(end.name()) else {
                    return found;
                };
                found.push(unescaped(&text));
            }
            Ok(Event::Eof) | Err(_) => return found,
            Ok(_) => {}
        }
    }
}

fn unescaped(text: &str) -> String {
    quick_xml::escape::unescape(text).map_or_else(|_| text.to_owned(), Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn lists_of_both_protocols_are_read_alike() {
        let xml = "<ListTopicsResponse xmlns=\"x\"><ListTopicsResult><Topics><member><TopicArn>arn:a&amp;b</TopicArn>\
                   </member><member><TopicArn>arn:c</TopicArn></member></Topics><NextToken>2</NextToken>\
                   </ListTopicsResult></ListTopicsResponse>";
        let query = Protocol::Query("2010-03-31");
        let read = Answer::read("SNS ListTopics", "ListTopics", &query, xml.as_bytes()).unwrap();
        assert_eq!(read.members("Topics", "TopicArn"), ["arn:a&b", "arn:c"]);
        assert_eq!(read.text("NextToken").as_deref(), Some("2"));

        let json =
            json!({ "clusterArns": ["a", "b"], "more": [{ "name": "c" }], "nextToken": null });
        let of_json = Protocol::Json("T", "1.1");
        let bytes = json.to_string();
        let read = Answer::read(
            "ECS ListClusters",
            "ListClusters",
            &of_json,
            bytes.as_bytes(),
        );
        let read = read.unwrap();
        assert_eq!(read.members("clusterArns", ""), ["a", "b"]);
        assert_eq!(read.members("more", "name"), ["c"]);
        assert_eq!(read.text("nextToken"), None);
        assert!(read.check_has("clusterArns").is_ok() && read.check_has("others").is_err());
    }

    #[test]
    fn what_is_nested_in_a_member_is_no_member() {
        let xml = "<DescribeSecurityGroupsResponse><securityGroupInfo><item><groupId>sg-1</groupId><ipPermissions><item>\
                   <groups><item><groupId>sg-peer</groupId></item></groups></item></ipPermissions></item><item>\
                   <groupId>sg-2</groupId></item></securityGroupInfo></DescribeSecurityGroupsResponse>";
        let (operation, action) = ("EC2 DescribeSecurityGroups", "DescribeSecurityGroups");
        let query = Protocol::Query("2016-11-15");
        let read = Answer::read(operation, action, &query, xml.as_bytes()).unwrap();
        assert_eq!(
            read.members("securityGroupInfo", "groupId"),
            ["sg-1", "sg-2"]
        );
    }

    /// Otherwise the page of a proxy would be an account in which nothing is.
    #[test]
    fn a_page_is_no_answer() {
        let protocols = [
            Protocol::Query("2010-03-31"),
            Protocol::Json("T", "1.1"),
            Protocol::Rest("cp", "/topics/list"),
        ];
        for protocol in protocols {
            let page = b"<html>blocked</html>";
            assert!(Answer::read("SNS ListTopics", "ListTopics", &protocol, page).is_err());
        }
    }
}

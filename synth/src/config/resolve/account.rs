//! What an account file says of the account itself.

use std::{collections::BTreeMap, ops::Range};

use stacks::monitor::{InvalidLogRetention, InvalidTag, LogRetention, StackName, Tags};

use super::{
    Resolver,
    region::{REGIONS, nearest},
};
use crate::{aws::Access, config::field::Field};

impl Resolver<'_> {
    pub(super) fn name(&mut self, field: &Field<String>, file_stem: Option<&str>) -> String {
        let name = field.value.clone().unwrap_or_default();
        if let Some(stem) = file_stem
            && field.value.is_some()
            && stem != name
        {
            self.error(
                &field.span,
                format!("the name `{name}` is not that of the file, `{stem}`"),
                "stacks are named after it: a file that is renamed would become a second stack",
            );
        }
        name
    }

    /// What the file says, or `tocsin-<name>`.
    pub(super) fn stack_name(
        &mut self,
        name_field: &Field<String>,
        stack_field: Option<&Field<String>>,
        name: &str,
    ) -> StackName {
        let (field, text) = match stack_field {
            Some(field) => (field, field.value.clone().unwrap_or_default()),
            None => (name_field, format!("tocsin-{name}")),
        };
        match StackName::parse(&text) {
            Ok(stack) => stack,
            Err(error) => {
                if field.value.is_some() {
                    self.error(&field.span, error.to_string(), "");
                }
                StackName::parse("tocsin").unwrap_or_else(|_| unreachable!("a valid name"))
            }
        }
    }

    pub(super) fn account_id(&mut self, field: &Field<String>) -> Option<String> {
        let id = field.value.clone()?;
        if id.len() == 12 && id.bytes().all(|b| b.is_ascii_digit()) {
            return Some(id);
        }
        self.error(
            &field.span,
            format!("`{id}` is not an account ID: expected 12 digits"),
            "",
        );
        None
    }

    /// Whose credentials are used: roles are of the account of the file.
    pub(super) fn access(
        &mut self,
        profile: Option<Field<String>>,
        [assume_role, cloudformation_role]: [Option<Field<String>>; 2],
        account: Option<&str>,
    ) -> Access {
        Access {
            profile: profile.and_then(|it| it.value),
            assume_role: assume_role.and_then(|it| self.role_arn(it, account)),
            cloudformation_role: cloudformation_role.and_then(|it| self.role_arn(it, account)),
        }
    }

    fn role_arn(&mut self, field: Field<String>, account: Option<&str>) -> Option<String> {
        let arn = field.value?;
        let parts: Vec<&str> = arn.splitn(6, ':').collect();
        let ["arn", _, "iam", "", of, role] = parts.as_slice() else {
            self.error(
                &field.span,
                format!("`{arn}` is not the ARN of a role"),
                "such as `arn:aws:iam::111122223333:role/deployer`",
            );
            return None;
        };
        if !role.starts_with("role/") {
            let message = format!("`{arn}` is not the ARN of a role");
            self.error(&field.span, message, "after the account comes `role/`");
        } else if account.is_some_and(|it| it != *of) {
            let message = format!("the role belongs to account {of}");
            self.error(
                &field.span,
                message,
                "name a role of the account of this file",
            );
        }
        Some(arn)
    }

    pub(super) fn regions(&mut self, fields: &[Field<String>]) -> Vec<String> {
        let mut regions = Vec::new();
        let mut places: BTreeMap<&str, &Range<usize>> = BTreeMap::new();
        for field in fields {
            let Some(region) = &field.value else { continue };
            if !is_region(region) {
                self.error(
                    &field.span,
                    format!("`{region}` is not a region"),
                    "regions are named like `eu-central-1`",
                );
            } else if let Some(first) = places.get(region.as_str()) {
                self.duplicate("region", region, &field.span, first);
            } else {
                if !REGIONS.contains(&region.as_str()) {
                    self.warn(
                        &field.span,
                        format!("unknown region `{region}`"),
                        &nearest(region),
                    );
                }
                places.insert(region, &field.span);
                regions.push(region.clone());
            }
        }
        regions
    }

    pub(super) fn log_retention(&mut self, field: &Field<i64>) -> LogRetention {
        let Some(days) = field.value else {
            return LogRetention::default();
        };
        LogRetention::new(days).unwrap_or_else(|InvalidLogRetention { nearest }| {
            self.error(
                &field.span,
                format!("`{days}` days is not a retention period that CloudWatch Logs offers"),
                &format!("the nearest is {nearest}"),
            );
            LogRetention::default()
        })
    }

    /// The tags of every resource: those of the file, and one that names the stack.
    pub(super) fn tags(
        &mut self,
        fields: &BTreeMap<String, Field<String>>,
        stack: &StackName,
    ) -> Tags {
        let mut tags = Tags::new(stack);
        for (key, field) in fields {
            let Some(value) = &field.value else { continue };
            if let Err(error) = tags.add(key, value) {
                let (place, hint) = match &error {
                    InvalidTag::OfAws(_) => (&field.key, "AWS keeps those to itself"),
                    InvalidTag::Own => (&field.key, "remove it here"),
                    InvalidTag::KeyLength(_) => (&field.key, "a key has 1 to 128 characters"),
                    InvalidTag::ValueLength(_) => (&field.span, "a value has at most 256"),
                };
                self.error(place, error.to_string(), hint);
            }
        }
        if !tags.fit() {
            let span = fields
                .values()
                .next()
                .map_or(0..0, |field| field.span.clone());
            let message = format!("a resource has at most {} tags", Tags::MOST);
            self.error(&span, message, "");
        }
        tags
    }
}

/// Whether a text is built like the name of a region.
pub(super) fn is_region(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let Some((number, words)) = parts.split_last() else {
        return false;
    };
    words.len() >= 2
        && words
            .iter()
            .all(|it| !it.is_empty() && it.bytes().all(|b| b.is_ascii_lowercase()))
        && !number.is_empty()
        && number.bytes().all(|b| b.is_ascii_digit())
}

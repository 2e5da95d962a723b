//! Why an event does not fit a pattern, in words that lead to the field.

use std::fmt;

use super::{
    EventPattern, Matcher, Scope,
    matches::{Leaves, Scalars, scalars},
};
use crate::json::{Json, ToJson as _};

/// A field of an event that is not as a pattern wants it.
#[derive(Clone, Debug, PartialEq)]
pub struct Mismatch {
    /// The field's names, separated by dots.
    pub path: String,
    /// What the event has there; nothing where there is no such field.
    pub found: Vec<Json>,
    /// What the pattern wants there, as EventBridge writes it.
    pub wanted: Json,
}

impl EventPattern {
    /// What would have to differ for `event` to fit. Of the alternatives of `$or`, the one that comes
    /// closest is meant. Empty where the event fits, and where each field fits by itself but not all
    /// of them in one element of a list.
    pub fn mismatches(&self, event: &Json, scope: &Scope<'_>) -> Vec<Mismatch> {
        if self.matches(event, scope) {
            return Vec::new();
        }
        let scalars = scalars(event);
        self.branches()
            .iter()
            .map(|leaves| of_branch(leaves, &scalars, scope))
            .min_by_key(Vec::len)
            .unwrap_or_default()
    }
}

fn of_branch(leaves: &Leaves<'_>, scalars: &Scalars<'_>, scope: &Scope<'_>) -> Vec<Mismatch> {
    let mismatch = |path: &String, matchers: &[Matcher]| {
        let found = scalars.get(path).map_or(&[][..], Vec::as_slice);
        let fits = if found.is_empty() {
            matchers.contains(&Matcher::Absent)
        } else {
            found
                .iter()
                .any(|scalar| matchers.iter().any(|it| it.fits(scalar.value, scope)))
        };
        (!fits).then(|| Mismatch {
            path: path.clone(),
            found: found.iter().map(|scalar| scalar.value.clone()).collect(),
            wanted: scope.resolve_json(matchers.to_vec().to_json()),
        })
    };
    leaves
        .iter()
        .filter_map(|(path, matchers)| mismatch(path, matchers))
        .collect()
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let found = match self.found.as_slice() {
            [] => "not there".to_owned(),
            [one] => one.to_string(),
            many => Json::from(many.to_vec()).to_string(),
        };
        write!(f, "`{}` is {found}, wanted ", self.path)?;
        match self
            .wanted
            .as_array()
            .map(|it| it.split_at(it.len().min(SHOWN)))
        {
            Some((some, [])) => write!(f, "{}", Json::from(some.to_vec())),
            Some((some, more)) => {
                write!(f, "{} or {} more", Json::from(some.to_vec()), more.len())
            }
            None => write!(f, "{}", self.wanted),
        }
    }
}

/// More matchers than this are counted, and not shown.
const SHOWN: usize = 4;

//! Why an event does not fit a pattern, in words that lead to the field.

use std::fmt;

use super::{
    EventPattern, Matcher, Scope,
    alternatives::Leaves,
    flatten::{Scalar, Scalars, flatten},
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
        let scalars = flatten(event);
        self.alternatives()
            .iter()
            .map(|leaves| of_alternative(leaves, &scalars, scope))
            .min_by_key(Vec::len)
            .unwrap_or_default()
    }
}

fn of_alternative(leaves: &Leaves<'_>, scalars: &Scalars<'_>, scope: &Scope<'_>) -> Vec<Mismatch> {
    let at = |path: &String| scalars.get(path).map_or(&[][..], Vec::as_slice);
    let mut mismatches = Vec::new();
    for (index, (path, matchers)) in leaves.iter().enumerate() {
        let found = at(path);
        let fits = |scalar: &Scalar<'_>| matchers.iter().any(|it| it.fits(scalar.value, scope));
        // The field may be in other elements of the list than what is looked at before it.
        let elsewhere = |other: &Scalar<'_>| {
            let apart = |scalar: &Scalar<'_>| scalar.elements.and(&other.elements).is_none();
            found.iter().all(apart)
        };
        let may_be_absent = || {
            let before = leaves.iter().take(index).flat_map(|(path, _)| at(path));
            found.is_empty() || before.into_iter().any(elsewhere)
        };
        let alone =
            found.iter().any(fits) || (matchers.contains(&Matcher::Absent) && may_be_absent());
        if !alone {
            mismatches.push(Mismatch {
                path: path.clone(),
                found: found.iter().map(|scalar| scalar.value.clone()).collect(),
                wanted: scope.resolve_json(matchers.to_vec().to_json()),
            });
        }
    }
    mismatches
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let found = match self.found.as_slice() {
            [] => "not there".to_owned(),
            [one] => one.to_string(),
            many => Json::from(many.to_vec()).to_string(),
        };
        write!(f, "`{}` is {found}, expected ", self.path)?;
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

//! An event as EventBridge's matcher sees it: a list of scalars, each with its path and its place in
//! the lists around it.

use std::collections::{BTreeMap, BTreeSet};

use crate::json::Json;

/// Which element of which list of an event: the element's index, by the list's number.
///
/// Every list has a number of its own, also one directly inside another, and two lists under the same
/// path. A scalar that is itself an element of a list has no place in that list.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Elements(BTreeMap<usize, usize>);

/// A scalar of an event, and where it lies.
#[derive(Debug)]
pub(super) struct Scalar<'a> {
    pub(super) value: &'a Json,
    pub(super) elements: Elements,
}

/// The scalars of an event, by path.
pub(super) type Scalars<'a> = BTreeMap<String, Vec<Scalar<'a>>>;

impl Elements {
    /// Both places at once; none if they are in different elements of one list.
    pub(super) fn and(&self, other: &Self) -> Option<Self> {
        let mut both = self.clone();
        for (list, index) in &other.0 {
            if *both.0.entry(*list).or_insert(*index) != *index {
                return None;
            }
        }
        Some(both)
    }

    /// The lists.
    pub(super) fn lists(&self) -> impl Iterator<Item = usize> {
        self.0.keys().copied()
    }

    /// The place in some of the lists.
    pub(super) fn within(mut self, lists: &BTreeSet<usize>) -> Self {
        self.0.retain(|list, _| lists.contains(list));
        self
    }

    fn inside(&self, list: usize, index: usize) -> Self {
        let mut inside = self.clone();
        inside.0.insert(list, index);
        inside
    }
}

/// Takes an event apart.
pub(super) fn flatten(event: &Json) -> Scalars<'_> {
    let mut flattened = Flattened::default();
    flattened.add(event, String::new(), &Elements::default());
    flattened.scalars
}

#[derive(Default)]
struct Flattened<'a> {
    scalars: Scalars<'a>,
    lists: usize,
}

impl<'a> Flattened<'a> {
    fn add(&mut self, value: &'a Json, path: String, elements: &Elements) {
        match value {
            Json::Object(fields) => {
                for (name, value) in fields {
                    self.add(value, join(&path, name), elements);
                }
            }
            Json::Array(items) => {
                let list = self.lists;
                self.lists += 1;
                for (index, item) in items.iter().enumerate() {
                    if item.is_object() || item.is_array() {
                        self.add(item, path.clone(), &elements.inside(list, index));
                    } else {
                        self.add(item, path.clone(), elements);
                    }
                }
            }
            scalar => self.scalars.entry(path).or_default().push(Scalar {
                value: scalar,
                elements: elements.clone(),
            }),
        }
    }
}

/// The path of the field `name` of the object at `path`.
pub(super) fn join(path: &str, name: &str) -> String {
    if path.is_empty() {
        name.to_owned()
    } else {
        format!("{path}.{name}")
    }
}

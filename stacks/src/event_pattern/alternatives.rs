//! The alternatives that a pattern with `$or` stands for.

use std::collections::BTreeMap;

use super::{EventPattern, Field, Matcher, flatten::join};

/// The leaves of one alternative: paths, and what must be there. In the order in which EventBridge
/// looks at them, which decides what `exists: false` means.
pub(super) type Leaves<'a> = Vec<(String, &'a [Matcher])>;

/// A leaf of a pattern that is being read.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Leaf {
    pub(super) names: Vec<String>,
    pub(super) matchers: Vec<Matcher>,
}

/// One alternative of a pattern that is being read: its leaves, by path.
pub(super) type Alternative = BTreeMap<String, Leaf>;

impl EventPattern {
    /// Every way to choose one branch of each `$or`.
    pub(super) fn alternatives(&self) -> Vec<Leaves<'_>> {
        let mut alternatives = vec![BTreeMap::new()];
        self.add_to("", &mut alternatives);
        alternatives.into_iter().map(in_order).collect()
    }

    /// Adds the leaves to each alternative; each branch of `$or` makes alternatives of its own. What is
    /// at one path twice counts as it was read last.
    fn add_to<'a>(&'a self, path: &str, alternatives: &mut Vec<BTreeMap<String, &'a [Matcher]>>) {
        for (name, field) in &self.fields {
            let path = join(path, name);
            match field {
                Field::Object(pattern) => pattern.add_to(&path, alternatives),
                Field::Leaf(matchers) => {
                    for leaves in &mut *alternatives {
                        leaves.insert(path.clone(), matchers);
                    }
                }
            }
        }
        if !self.any_of.is_empty() {
            let so_far = std::mem::take(alternatives);
            for pattern in &self.any_of {
                let mut branch = so_far.clone();
                pattern.add_to(path, &mut branch);
                alternatives.append(&mut branch);
            }
        }
    }

    /// The pattern that stands for these alternatives, with what they have in common outside of `$or`.
    pub(super) fn of_alternatives(all: Vec<Alternative>) -> Self {
        let mut pattern = Self::new();
        let mut alternatives: Vec<Alternative> = Vec::with_capacity(all.len());
        for it in all {
            if !alternatives.contains(&it) {
                alternatives.push(it);
            }
        }
        let Some(first) = alternatives.first() else {
            return pattern;
        };
        let mut shared: Alternative = first
            .iter()
            .filter(|(path, leaf)| alternatives.iter().all(|it| it.get(*path) == Some(*leaf)))
            .map(|(path, leaf)| (path.clone(), leaf.clone()))
            .collect();
        // Beside a leaf that comes before it, `exists: false` speaks of one element of a list and can fit more
        // than by itself. So it is no reason to leave the others out.
        if alternatives.len() > 1 && alternatives.iter().any(|it| it.len() == shared.len()) {
            shared.retain(|_, leaf| !leaf.matchers.contains(&Matcher::Absent));
        }
        for leaf in shared.values() {
            pattern.put(&leaf.names, &leaf.matchers);
        }
        for alternative in &mut alternatives {
            alternative.retain(|path, _| !shared.contains_key(path));
        }
        // What fits no more than the rest fits the whole `$or`.
        if alternatives.iter().any(Alternative::is_empty) {
            return pattern;
        }
        for alternative in alternatives {
            let mut branch = Self::new();
            for leaf in alternative.values() {
                branch.put(&leaf.names, &leaf.matchers);
            }
            pattern.any_of.push(branch);
        }
        pattern
    }

    /// Sets a leaf. Below another leaf it stands under its path: to EventBridge that is the same.
    fn put(&mut self, names: &[String], matchers: &[Matcher]) {
        let leaf = || Field::Leaf(matchers.to_vec());
        let Some((name, rest)) = names.split_first() else {
            return;
        };
        if rest.is_empty() {
            self.fields.insert(name.clone(), leaf());
            return;
        }
        let field = self
            .fields
            .entry(name.clone())
            .or_insert_with(|| Field::Object(Self::new()));
        match field {
            Field::Object(inner) => inner.put(rest, matchers),
            Field::Leaf(_) => {
                self.fields.insert(names.join("."), leaf());
            }
        }
    }
}

/// EventBridge sorts paths as Java sorts texts.
fn in_order(leaves: BTreeMap<String, &[Matcher]>) -> Leaves<'_> {
    let mut leaves: Leaves<'_> = leaves.into_iter().collect();
    leaves.sort_by(|(a, _), (b, _)| a.encode_utf16().cmp(b.encode_utf16()));
    leaves
}

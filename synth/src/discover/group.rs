//! The beginnings of names that say which alarms there are. Pure.

use std::collections::BTreeMap;

/// What separates the parts of a name.
const SEPARATORS: [char; 4] = ['-', '_', '/', '.'];

/// How names begin, and how many do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Group {
    pub(super) beginning: String,
    pub(super) count: usize,
}

/// The beginnings that cover these names, sorted, and the names that no beginning covers.
///
/// Each ends with the first separator that will do. None is a beginning of one in `taken`: an account file may not hold
/// two entries of which one says what the other does.
pub(super) fn groups<'a>(
    names: impl IntoIterator<Item = &'a str>,
    taken: &[&str],
) -> (Vec<Group>, Vec<String>) {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut uncovered = Vec::new();
    for name in names {
        let is_free = |it: &&str| !taken.iter().any(|taken| taken.starts_with(it));
        // In the account file, what begins with `!` is an exception.
        match beginnings(name).find(|it| is_free(it) && !it.starts_with('!')) {
            Some(beginning) => *counts.entry(beginning).or_default() += 1,
            None => uncovered.push(name.to_owned()),
        }
    }
    let mut groups: Vec<Group> = Vec::new();
    for (beginning, count) in counts {
        match groups.last_mut() {
            Some(last) if beginning.starts_with(&last.beginning) => last.count += count,
            _ => groups.push(Group {
                beginning: beginning.to_owned(),
                count,
            }),
        }
    }
    (groups, uncovered)
}

/// A name up to and with each of its separators, and the whole of it.
fn beginnings(name: &str) -> impl Iterator<Item = &str> {
    let ends = name
        .char_indices()
        .filter(|(_, it)| SEPARATORS.contains(it))
        .map(|(at, it)| at + it.len_utf8());
    let ends = ends.chain([name.len()]);
    ends.filter_map(|end| name.get(..end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(names: &[&str], taken: &[&str], expected: &[(&str, usize)], uncovered: &[&str]) {
        let (groups, left) = groups(names.iter().copied(), taken);
        let shown: Vec<(&str, usize)> = groups
            .iter()
            .map(|it| (it.beginning.as_str(), it.count))
            .collect();
        assert_eq!(shown, expected);
        assert_eq!(left, uncovered);
    }

    #[test]
    fn names_are_split_at_separators() {
        let names = ["prod-api", "prod-db", "pay/x", "shop.cpu", "a_b", "Disk"];
        let expected = [
            ("Disk", 1),
            ("a_", 1),
            ("pay/", 1),
            ("prod-", 2),
            ("shop.", 1),
        ];
        check(&names, &[], &expected, &[]);
        check(&["prod", "prod-a", "production"], &[], &[("prod", 3)], &[]);
    }

    #[test]
    fn what_the_file_has_is_not_said_again_in_fewer_letters() {
        let names = ["prod-db-cpu", "prod-db-disk", "prod-web", "prod-api"];
        let expected = [("prod-db-", 2), ("prod-web", 1)];
        check(&names, &["prod-api-"], &expected, &["prod-api"]);
    }

    #[test]
    fn a_name_that_would_be_an_exception_is_not_covered() {
        check(&["!x", "a-1"], &[], &[("a-", 1)], &["!x"]);
    }
}

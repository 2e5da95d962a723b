//! What was probably meant, by edit distance. Pure.

use std::collections::BTreeMap;

use strsim::damerau_levenshtein;

/// The known name that is nearest to this one, if it is near.
pub fn nearest<'a>(name: &str, known: &'a [String]) -> Option<&'a str> {
    let near = known.iter().map(|it| (distance(name, it), it));
    let near = near.filter(|(distance, _)| *distance <= tolerance(name));
    near.min().map(|(_, it)| it.as_str())
}

/// The beginning of known names that is nearest to this one, with how many names begin so.
pub fn nearest_prefix(prefix: &str, known: &[String]) -> Option<(String, usize)> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for name in known {
        for cut in cuts(name, prefix) {
            *counts.entry(cut).or_default() += 1;
        }
    }
    let near = counts.into_iter().map(|(cut, count)| {
        // Of those that are as near, the one of the most names.
        (distance(prefix, cut), std::cmp::Reverse(count), cut)
    });
    let near = near.filter(|(distance, _, _)| *distance <= tolerance(prefix));
    let (_, std::cmp::Reverse(count), cut) = near.min()?;
    Some((cut.to_owned(), count))
}

/// The beginnings of a name that could have been meant: up to each separator if the prefix ends in one, and else as
/// long as it.
fn cuts<'a>(name: &'a str, prefix: &str) -> Vec<&'a str> {
    let is_separator = |c: char| !c.is_alphanumeric();
    if prefix.ends_with(is_separator) {
        let ends = name
            .char_indices()
            .filter(|(_, c)| is_separator(*c))
            .map(|(at, c)| at + c.len_utf8());
        return ends.filter_map(|end| name.get(..end)).collect();
    }
    let length = prefix.chars().count();
    let end = name
        .char_indices()
        .nth(length)
        .map_or(name.len(), |it| it.0);
    name.get(..end).into_iter().collect()
}

/// How many letters differ. Case is half of one: `Payments` is nearer to `payments` than `payment`.
fn distance(one: &str, other: &str) -> usize {
    if one.eq_ignore_ascii_case(other) {
        return usize::from(one != other);
    }
    2 * damerau_levenshtein(one, other)
}

/// The distance up to which two names are alike: a third of the letters.
fn tolerance(name: &str) -> usize {
    2 * (name.chars().count() / 3).clamp(1, 4)
}

/// The first few of some names, in their order.
pub fn some_of(known: &[String]) -> String {
    const SHOWN: usize = 5;
    let mut sorted: Vec<&str> = known.iter().map(String::as_str).collect();
    sorted.sort_unstable();
    let shown = sorted.iter().take(SHOWN).copied().collect::<Vec<_>>();
    let shown = shown.join(", ");
    match sorted.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owned(names: &[&str]) -> Vec<String> {
        names.iter().map(|it| (*it).to_owned()).collect()
    }

    #[test]
    fn what_is_near_is_meant() {
        let known = owned(&["payments-prod", "checkout-prod", "Shop"]);
        for (name, expected) in [
            ("payment-prod", Some("payments-prod")),
            ("paymenst-prod", Some("payments-prod")),
            ("chekout-prod", Some("checkout-prod")),
            ("shop", Some("Shop")),
            ("warehouse", None),
        ] {
            assert_eq!(nearest(name, &known), expected, "{name}");
        }
    }

    #[test]
    fn of_prefixes_as_near_the_one_of_most_names_is_meant() {
        let known = owned(&["prod-a", "prod-b", "prdx-a", "prod-db-a", "test-a"]);
        let meant = |prefix: &str| nearest_prefix(prefix, &known);
        assert_eq!(meant("prdo-"), Some(("prod-".to_owned(), 3)));
        assert_eq!(meant("prod-bd-"), Some(("prod-db-".to_owned(), 1)));
        assert_eq!(meant("prdo"), Some(("prod".to_owned(), 3)));
        assert_eq!(meant("warehouse-"), None);
    }

    #[test]
    fn long_lists_are_cut() {
        let known: Vec<String> = (0..60).map(|it| format!("c{it:02}")).collect();
        assert_eq!(some_of(&known), "c00, c01, c02, c03, c04 and 55 more");
        assert_eq!(some_of(&owned(&["b", "a"])), "a, b");
    }
}

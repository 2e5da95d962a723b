//! A difference, for a person.

use std::fmt::Write as _;

use super::{Action, Diff, PropertyChange, ResourceChange, holds_data, shorten};

/// The difference as lines; empty where there is none.
pub fn render(diff: &Diff, color: bool) -> String {
    let mut out = String::new();
    // What may be lost comes first.
    let mut resources: Vec<&ResourceChange> = diff.resources.iter().collect();
    resources.sort_by_key(|it| match it.action {
        Action::Replace | Action::Remove | Action::MayReplace if holds_data(&it.resource_type) => 0,
        Action::Replace | Action::Remove => 1,
        Action::MayReplace => 2,
        Action::Add | Action::Modify | Action::Leave => 3,
    });
    for change in resources {
        resource(&mut out, change, color);
    }
    for change in &diff.other {
        let _ = writeln!(
            out,
            "  {} {}",
            paint("~", Paint::Yellow, color),
            change.path
        );
        property(&mut out, change, color);
    }
    if !diff.is_empty() {
        let _ = writeln!(out, "{}", summary(diff));
    }
    out
}

/// `2 to add, 1 to change, 1 to replace`
fn summary(diff: &Diff) -> String {
    let counts = [
        (diff.count(&[Action::Add]), "to add"),
        (diff.count(&[Action::Modify]), "to change"),
        (diff.count(&[Action::Replace]), "to replace"),
        (diff.count(&[Action::MayReplace]), "to change or replace"),
        (diff.count(&[Action::Remove]), "to remove"),
        (diff.count(&[Action::Leave]), "to leave in the account"),
    ];
    let parts: Vec<String> = counts
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{count} {what}"))
        .collect();
    if parts.is_empty() {
        "no resource changes".to_owned()
    } else {
        parts.join(", ")
    }
}

fn resource(out: &mut String, change: &ResourceChange, color: bool) {
    let has_data = holds_data(&change.resource_type);
    let (symbol, paint_with, note) = match change.action {
        Action::Remove if has_data => ("-", Paint::Red, "  (deleted with what is in it)"),
        Action::MayReplace if has_data => (
            "~",
            Paint::Red,
            "  (may be replaced: then what is in it is lost)",
        ),
        Action::Replace if has_data => ("±", Paint::Red, "  (replaced: what is in it is lost)"),
        Action::Add => ("+", Paint::Green, ""),
        Action::Remove => ("-", Paint::Red, ""),
        Action::Leave => ("-", Paint::Yellow, "  (stays in the account)"),
        Action::Modify => ("~", Paint::Yellow, ""),
        Action::MayReplace => ("~", Paint::Red, "  (may be replaced)"),
        Action::Replace => ("±", Paint::Red, "  (replaced)"),
    };
    let ResourceChange {
        id,
        resource_type,
        name,
        ..
    } = change;
    let name = name
        .as_ref()
        .map_or(String::new(), |it| format!("  `{it}`"));
    let _ = writeln!(
        out,
        "  {} {id}  {resource_type}{name}{note}",
        paint(symbol, paint_with, color)
    );
    for it in &change.properties {
        property(out, it, color);
    }
    for it in &change.access {
        let mark = if it.broadens {
            paint("broader access", Paint::Red, color)
        } else {
            "access".to_owned()
        };
        let _ = writeln!(out, "      {mark}: {}", it.text);
    }
}

fn property(out: &mut String, change: &PropertyChange, color: bool) {
    let why = if change.replaces {
        paint("  replaces", Paint::Red, color)
    } else {
        String::new()
    };
    let value = match (&change.before, &change.after) {
        (Some(before), Some(after)) => {
            let (before, after) = shorten::two(before, after);
            format!("{before} -> {after}")
        }
        (None, Some(after)) => format!("now {}", shorten::one(after)),
        (Some(before), None) => format!("no longer {}", shorten::one(before)),
        (None, None) => String::new(),
    };
    let _ = writeln!(out, "      {}: {value}{why}", change.path);
}

#[derive(Clone, Copy)]
enum Paint {
    Green,
    Yellow,
    Red,
}

fn paint(text: &str, paint: Paint, color: bool) -> String {
    if !color {
        return text.to_owned();
    }
    let code = match paint {
        Paint::Green => 32,
        Paint::Yellow => 33,
        Paint::Red => 31,
    };
    format!("\u{1b}[{code}m{text}\u{1b}[0m")
}

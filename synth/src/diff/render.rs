//! A difference, for a person.

use std::fmt::Write as _;

use stacks::Json;

use super::{Action, Diff, PropertyChange, ResourceChange};

/// Characters of a value that are shown at most.
const LONGEST_VALUE: usize = 90;

/// The difference as lines; empty where there is none.
pub fn render(diff: &Diff, color: bool) -> String {
    let mut out = String::new();
    for change in &diff.resources {
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
    let (symbol, paint_with, note) = match change.action {
        Action::Add => ("+", Paint::Green, ""),
        Action::Remove => ("-", Paint::Red, ""),
        Action::Leave => ("-", Paint::Yellow, "  (stays in the account)"),
        Action::Modify => ("~", Paint::Yellow, ""),
        Action::MayReplace => ("~", Paint::Red, "  (may be replaced)"),
        Action::Replace => ("±", Paint::Red, "  (replaced)"),
    };
    let ResourceChange {
        id, resource_type, ..
    } = change;
    let _ = writeln!(
        out,
        "  {} {id}  {resource_type}{note}",
        paint(symbol, paint_with, color)
    );
    for it in &change.properties {
        property(out, it, color);
    }
}

fn property(out: &mut String, change: &PropertyChange, color: bool) {
    let why = if change.replaces {
        paint("  replaces", Paint::Red, color)
    } else {
        String::new()
    };
    let value = match (&change.before, &change.after) {
        (Some(before), Some(after)) => format!("{} -> {}", show(before), show(after)),
        (None, Some(after)) => format!("now {}", show(after)),
        (Some(before), None) => format!("no longer {}", show(before)),
        (None, None) => String::new(),
    };
    let _ = writeln!(out, "      {}: {value}{why}", change.path);
}

fn show(value: &Json) -> String {
    let text = value.to_string();
    if text.chars().count() <= LONGEST_VALUE {
        return text;
    }
    let head: String = text.chars().take(LONGEST_VALUE - 3).collect();
    format!("{head}...")
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

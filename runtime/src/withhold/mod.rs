//! Redaction: secrets stay in the account, wherever an event holds them.
//!
//! There are two entry points. `document` redacts JSON: the values of sensitive names, such as
//! `dbPassword`. [`text`] redacts free text: `password=..`, `--token ..`, `Authorization: ..`, and values
//! that are recognizable by their form, such as AWS access keys, tokens, passwords in URLs and private
//! keys. Each calls the other: for the texts in a document, and for JSON in a text.
//!
//! Time and memory are linear in the length of the input. Both entry points prefer to withhold a harmless
//! value over sending a secret. Neither finds a secret that has a harmless name and a harmless form.

mod assignments;
mod commands;
mod document;
mod names;
mod neighbours;
mod quotes;
mod signs;
mod spans;
#[cfg(test)]
mod tests;
mod values;
mod vocabulary;

use std::borrow::Cow;

use serde_json::Value as Json;

/// The placeholder for a withheld value.
pub(crate) const WITHHELD: &str = "(withheld)";

/// A redacted document.
pub(crate) struct Cleaned {
    /// The document. [`WITHHELD`] replaces a value in place, so paths remain valid.
    pub(crate) json: Json,
    /// The paths of the values that were withheld, and of the texts that were redacted in part. Dots
    /// separate names, and `0` is the first element of a list. The path of a value in a JSON text begins with
    /// the path of that text.
    pub(crate) paths: Vec<String>,
}

/// Redacts a JSON document, and replaces its invisible characters, which JSON would write as escapes.
pub(crate) fn document(json: &Json) -> Cleaned {
    let mut paths = Vec::new();
    let json = contract::text::clean_json(document::value(json, "", 0, &mut paths));
    Cleaned { json, paths }
}

/// Redacts a free text. Returns it unchanged if it holds nothing sensitive. Redacting twice is the same as
/// redacting once.
pub fn text(text: &str) -> Cow<'_, str> {
    document::text(text, "", 0, &mut Vec::new())
}

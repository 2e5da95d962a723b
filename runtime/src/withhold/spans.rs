//! The replacements in a text.

use std::{borrow::Cow, cmp::Reverse, ops::Range};

use super::WITHHELD;

/// Parts of a text and their replacements, in any order. They may overlap.
#[derive(Default)]
pub(super) struct Spans(Vec<(Range<usize>, Cow<'static, str>)>);

impl Spans {
    /// Withholds these bytes, which begin and end at characters.
    pub(super) fn withhold(&mut self, span: Range<usize>) {
        self.replace(span, Cow::Borrowed(WITHHELD));
    }

    /// Replaces these bytes by `with`.
    pub(super) fn replace(&mut self, span: Range<usize>, with: impl Into<Cow<'static, str>>) {
        if !span.is_empty() {
            self.0.push((span, with.into()));
        }
    }

    /// The text with its parts replaced; nothing if there are none. Where parts overlap, the first one replaces
    /// all of them. Of those that begin together, it is the longest, and a withheld one before any other.
    pub(super) fn apply(mut self, text: &str) -> Option<String> {
        if self.0.is_empty() {
            return None;
        }
        self.0
            .sort_by_key(|(span, with)| (span.start, Reverse(span.end), with != WITHHELD));
        let mut out = String::with_capacity(text.len());
        let mut done = 0;
        for (span, with) in self.0 {
            if span.start >= done {
                out.push_str(text.get(done..span.start).unwrap_or_default());
                out.push_str(&with);
            }
            done = done.max(span.end);
        }
        out.push_str(text.get(done..).unwrap_or_default());
        Some(out)
    }
}

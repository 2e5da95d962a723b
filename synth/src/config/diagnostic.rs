//! One thing wrong with an account file, and how it is shown.

use std::ops::Range;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

/// Something about an account file that its author should know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    severity: Severity,
    span: Range<usize>,
    message: String,
    hint: Option<String>,
    /// Another place that it is about, and what is there.
    other: Option<(Range<usize>, &'static str)>,
}

/// Whether the file can be used in spite of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Severity {
    Error,
    Warning,
}

impl Diagnostic {
    /// A mistake at these bytes of the text. Nothing is written while there is one.
    pub(crate) fn error(span: Range<usize>, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Error,
            span,
            message: message.into(),
            hint: None,
            other: None,
        }
    }

    /// Something that is in the file a second time.
    pub(crate) fn duplicate(
        kind: &str,
        name: &str,
        second: &Range<usize>,
        first: &Range<usize>,
    ) -> Self {
        Self {
            other: Some((first.clone(), "first defined here")),
            ..Self::error(second.clone(), format!("duplicate {kind} `{name}`"))
        }
    }

    /// Something that is allowed, and probably not meant.
    pub(crate) fn warning(span: Range<usize>, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Warning,
            ..Self::error(span, message)
        }
    }

    /// What to do about it.
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The same as a mistake.
    #[must_use]
    pub(crate) fn into_error(self) -> Self {
        Self {
            severity: Severity::Error,
            ..self
        }
    }

    /// Whether the file cannot be used because of it.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }

    /// What is wrong.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What to do about it, if that is known.
    pub fn hint_text(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    pub(crate) fn start(&self) -> usize {
        self.span.start
    }

    /// The message with the lines of `text` that it is about, as `path` calls them.
    pub fn render(&self, path: &str, text: &str, color: bool) -> String {
        let level = match self.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
        };
        let mut snippet = Snippet::source(text)
            .path(path)
            .annotation(AnnotationKind::Primary.span(one_line(&self.span, text)));
        if let Some((span, label)) = &self.other {
            let other = AnnotationKind::Context.span(one_line(span, text));
            snippet = snippet.annotation(other.label(*label));
        }
        let mut group: Group<'_> = level.primary_title(&self.message).element(snippet);
        if let Some(hint) = &self.hint {
            group = group.element(Level::HELP.with_name("hint").message(hint));
        }
        let renderer = if color {
            Renderer::styled()
        } else {
            Renderer::plain()
        };
        renderer.render(&[group])
    }
}

/// As much of a place as is in its first line: it is enough to find it.
fn one_line(span: &Range<usize>, text: &str) -> Range<usize> {
    let end = span.end.min(text.len());
    let start = span.start.min(end);
    let line = text.get(start..end).and_then(|it| it.find('\n'));
    start..line.map_or(end, |line| start + line)
}

/// The known word that was probably meant, or all of them.
pub(crate) fn did_you_mean(word: &str, known: &[&str]) -> String {
    let best = known
        .iter()
        .map(|other| (strsim::jaro_winkler(word, other), other))
        .max_by(|(a, _), (b, _)| a.total_cmp(b));
    match best {
        Some((likeness, other)) if likeness > 0.8 => format!("did you mean `{other}`?"),
        _ => format!("known here: {}", known.join(", ")),
    }
}

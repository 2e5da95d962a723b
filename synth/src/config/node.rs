//! The account file as a tree: every value with its place in the text.

use std::{borrow::Cow, collections::HashMap, ops::Range};

use granit_parser::{Event, Parser, ScalarStyle};

use super::{diagnostic::Diagnostic, syntax};

/// More values than any account file has. Aliases that multiply end here.
const MAX_NODES: usize = 2_000_000;

/// A value, and the bytes of the text that it stands in.
#[derive(Clone, Debug)]
pub(crate) struct Node<'a> {
    pub(crate) span: Range<usize>,
    pub(crate) kind: Kind<'a>,
}

#[derive(Clone, Debug)]
pub(crate) enum Kind<'a> {
    Scalar {
        text: Cow<'a, str>,
        /// Without quotes, so that it can be a number, a truth value or nothing.
        plain: bool,
    },
    List(Vec<Node<'a>>),
    Map(Vec<(Key<'a>, Node<'a>)>),
}

#[derive(Clone, Debug)]
pub(crate) struct Key<'a> {
    pub(crate) span: Range<usize>,
    pub(crate) name: Cow<'a, str>,
}

struct Builder<'a> {
    events: Parser<'a, granit_parser::StrInput<'a>>,
    text: &'a str,
    anchors: HashMap<usize, Node<'a>>,
    nodes: usize,
}

impl<'a> Node<'a> {
    /// Reads one YAML document.
    pub(crate) fn parse(text: &'a str) -> Result<Self, Diagnostic> {
        let mut builder = Builder {
            events: Parser::new_from_str(text),
            text,
            anchors: HashMap::new(),
            nodes: 0,
        };
        let mut document = None;
        loop {
            let (event, span) = builder.next()?;
            match event {
                Event::StreamStart | Event::DocumentStart(..) | Event::DocumentEnd => {}
                Event::StreamEnd => break,
                first if document.is_none() => document = Some(builder.node(first, span)?),
                _ => {
                    return Err(Diagnostic::error(span, "a second document")
                        .hint("an account file holds one"));
                }
            }
        }
        document.ok_or_else(|| {
            Diagnostic::error(0..0, "the file is empty")
                .hint("begin with `name:`; `accounts/example.yaml` shows the rest")
        })
    }

    pub(crate) fn is_empty_scalar(&self) -> bool {
        matches!(&self.kind, Kind::Scalar { text, plain: true }
            if matches!(text.as_ref(), "" | "~" | "null" | "Null" | "NULL"))
    }
}

impl<'a> Builder<'a> {
    fn next(&mut self) -> Result<(Event<'a>, Range<usize>), Diagnostic> {
        match self.events.next() {
            Some(Ok((event, span))) => {
                let start = span.start.byte_offset().unwrap_or(self.text.len());
                let end = span.end.byte_offset().unwrap_or(start);
                Ok((event, start..end))
            }
            Some(Err(error)) => Err(syntax::mistake(self.text, &error)),
            None => Ok((Event::StreamEnd, self.text.len()..self.text.len())),
        }
    }

    fn node(&mut self, event: Event<'a>, span: Range<usize>) -> Result<Node<'a>, Diagnostic> {
        self.nodes += 1;
        if self.nodes > MAX_NODES {
            return Err(
                Diagnostic::error(span, "too many nodes after expanding aliases")
                    .hint("use fewer aliases"),
            );
        }
        if let Event::Scalar(_, _, _, Some(tag))
        | Event::SequenceStart(_, _, Some(tag))
        | Event::MappingStart(_, _, Some(tag)) = &event
            && tag.handle() == "!"
            && let Some(problem) = syntax::tag(self.text, span.start)
        {
            return Err(problem);
        }
        let (anchor, node) = match event {
            Event::Scalar(text, style, anchor, _) => {
                let kind = Kind::Scalar {
                    text,
                    plain: style == ScalarStyle::Plain,
                };
                (anchor, Node { span, kind })
            }
            Event::SequenceStart(_, anchor, _) => (anchor, self.list(span)?),
            Event::MappingStart(_, anchor, _) => (anchor, self.map(span)?),
            Event::Alias(id) => {
                let target = self.anchors.get(&id).cloned().ok_or_else(|| {
                    Diagnostic::error(span.clone(), "an alias inside of what it stands for")
                })?;
                self.nodes += size(&target);
                return Ok(Node { span, ..target });
            }
            other => {
                return Err(Diagnostic::error(
                    span,
                    format!("unexpected YAML: {}", name(&other)),
                ));
            }
        };
        if anchor > 0 {
            self.anchors.insert(anchor, node.clone());
        }
        Ok(node)
    }

    fn list(&mut self, span: Range<usize>) -> Result<Node<'a>, Diagnostic> {
        let mut items = Vec::new();
        loop {
            match self.next()? {
                (Event::SequenceEnd, _) => {
                    return Ok(Node {
                        span,
                        kind: Kind::List(items),
                    });
                }
                (event, span) => items.push(self.node(event, span)?),
            }
        }
    }

    fn map(&mut self, span: Range<usize>) -> Result<Node<'a>, Diagnostic> {
        let mut entries: Vec<(Key<'a>, Node<'a>)> = Vec::new();
        loop {
            let key = match self.next()? {
                (Event::MappingEnd, _) => break,
                (Event::Scalar(name, ..), span) => Key { span, name },
                (_, span) => return Err(Diagnostic::error(span, "a key that is not a text")),
            };
            if let Some((first, _)) = entries.iter().find(|(other, _)| other.name == key.name) {
                return Err(Diagnostic::duplicate(
                    "key",
                    &key.name,
                    &key.span,
                    &first.span,
                ));
            }
            let (event, span) = self.next()?;
            let value = self.node(event, span)?;
            entries.push((key, value));
        }
        // A map is shown by its first key: it has no other place of its own.
        let span = entries.first().map_or(span, |(key, _)| key.span.clone());
        Ok(Node {
            span,
            kind: Kind::Map(entries),
        })
    }
}

fn size(node: &Node<'_>) -> usize {
    match &node.kind {
        Kind::Scalar { .. } => 1,
        Kind::List(items) => 1 + items.iter().map(size).sum::<usize>(),
        Kind::Map(entries) => 1 + entries.iter().map(|(_, value)| size(value)).sum::<usize>(),
    }
}

fn name(event: &Event<'_>) -> &'static str {
    match event {
        Event::SequenceEnd | Event::MappingEnd => "an end without a beginning",
        _ => "this is not read",
    }
}

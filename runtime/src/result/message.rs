//! The message about how an investigation ended, for mail and chat.

use std::fmt::Write as _;

use serde_json::{Value as Json, json};

use contract::AgentSpace;

use super::count::lacked_access;
use crate::{
    aws::sns::Message,
    ledger::{Finding, Investigation, Status, Window, minutes},
};

/// Characters of a message to one protocol at most.
const LONGEST: usize = 2_900;
/// Characters of a mail's subject at most. Source: `Publish` in the SNS API reference.
const SUBJECT: usize = 100;
/// Characters of a name, and of a gap, at most.
const NAME: usize = 160;
const GAP: usize = 100;
/// Gaps that are named at most.
const GAPS: usize = 4;
/// How the agent's words are announced.
const WORDS: &str =
    "What the agent wrote (text from events steers it: check it before you act on it)";

/// Where a result is from, and so where people read more.
#[derive(Clone, Copy, Debug)]
pub struct Origin<'a> {
    /// The account, by the name of its file.
    pub account: &'a str,
    /// The agent space.
    pub space: &'a AgentSpace,
}

/// What a message says.
struct Content<'a> {
    it: &'a Investigation,
    window: Option<&'a Window>,
    origin: Origin<'a>,
    /// `investigation` or `mitigation`.
    event: &'static str,
    headline: String,
    facts: String,
    /// What the agent wrote, in at most so many characters.
    words: &'a dyn Fn(usize) -> String,
}

/// The message about an investigation that has ended, which a report led to. `chat` makes one for chat beside that for
/// mail.
pub fn message(
    it: &Investigation,
    window: Option<&Window>,
    origin: Origin<'_>,
    chat: bool,
) -> Message {
    let content = Content {
        it,
        window,
        origin,
        event: "investigation",
        headline: format!("{}: {}", ending(it), name(it, window)),
        facts: facts(it, window),
        words: &|room| words(it, room),
    };
    content.message(chat)
}

/// The message that the agent has written a plan of what to do about a root cause, with the beginning of it.
pub(super) fn about_plan(
    it: &Investigation,
    window: &Window,
    origin: Origin<'_>,
    plan: &str,
    chat: bool,
) -> Message {
    let beginning: String = plan.chars().take(LONGEST).collect();
    let plan = |room| {
        let lines = beginning.lines().map(inert);
        let lines: Vec<String> = lines.filter(|it| !it.trim().is_empty()).collect();
        if room < 64 {
            return String::new();
        }
        contract::text::cut(&lines.join("\n"), room)
    };
    let content = Content {
        it,
        window: Some(window),
        origin,
        event: "mitigation",
        headline: format!("Mitigation plan ready: {}", name(it, Some(window))),
        facts: format!(
            "{} Nobody has carried the plan out. It is on the default event bus as an event of the type `{}`.",
            facts(it, Some(window)),
            contract::mitigation::READY
        ),
        words: &plan,
    };
    content.message(chat)
}

/// What the incident is about.
fn name(it: &Investigation, window: Option<&Window>) -> String {
    let name = window.map_or_else(|| it.incident.to_string(), |it| it.name.clone());
    contract::text::cut(&inert(&name), NAME)
}

impl Content<'_> {
    fn message(&self, chat: bool) -> Message {
        let Self {
            it,
            origin,
            facts,
            headline,
            ..
        } = self;
        let links = links(it, *origin);
        let frame = format!(
            "{headline}\n\n{facts}\n\n{WORDS}:\n\n\n\n\n{}",
            links.join("\n")
        );
        let mut room = LONGEST.saturating_sub(frame.chars().count() + 2 * "```".len());
        loop {
            let words = (self.words)(room);
            let text = |fence: &str| {
                let quoted = if words.is_empty() {
                    String::new()
                } else {
                    format!("\n\n{WORDS}:\n{fence}\n{words}\n{fence}")
                };
                format!("{facts}{quoted}")
            };
            let plain = format!(
                "{headline}\n\n{}\n\n{}",
                text("").trim_end(),
                links.join("\n")
            );
            let body = if chat {
                let https = self.notification(&text("```"), &links).to_string();
                let over = https.chars().count().saturating_sub(LONGEST);
                if over > 0 && room > 0 {
                    room = room.saturating_sub(over);
                    continue;
                }
                json!({ "default": plain, "email": plain, "https": https }).to_string()
            } else {
                plain
            };
            return Message {
                subject: subject(&format!("[{}] {headline}", origin.account)),
                body,
                is_by_protocol: chat,
                attributes: self.attributes(),
            };
        }
    }

    /// A custom notification, version 1.0. Source: "Custom notifications using Amazon Q Developer in chat applications" in
    /// its administrator guide.
    fn notification(&self, text: &str, links: &[String]) -> Json {
        let Self {
            it,
            window,
            headline,
            event,
            ..
        } = self;
        let mut metadata = json!({
            "summary": headline,
            "eventType": event,
            "additionalContext": {
                "incident": it.incident,
                "status": it.status.as_str(),
                "task": it.task,
            },
        });
        // One thread a group, where the channel wants threads.
        if let Some(window) = window {
            metadata["threadId"] = json!(window.key.group);
        }
        json!({
            "version": "1.0",
            "source": "custom",
            "id": match *event {
                "investigation" => it.task.clone(),
                other => format!("{}-{other}", it.task),
            },
            "content": {
                "textType": "client-markdown",
                "title": headline,
                "description": text,
                "nextSteps": links,
            },
            "metadata": metadata,
        })
    }

    fn attributes(&self) -> Vec<(&'static str, String)> {
        let Self { it, window, .. } = self;
        let finding = match it.verdict.as_ref().map(|it| it.finding) {
            Some(Finding::RootCause) => "root-cause",
            Some(Finding::Cause) => "cause",
            Some(Finding::Nothing) => "nothing",
            None => "unknown",
        };
        let mut attributes = vec![
            ("account", self.origin.account.to_owned()),
            ("event", self.event.to_owned()),
            ("finding", finding.to_owned()),
            ("status", it.status.as_str().to_owned()),
        ];
        if let Some(window) = window {
            attributes.push(("priority", window.priority().as_str().to_owned()));
            attributes.extend(window.rule.clone().map(|it| ("rule", it)));
        }
        attributes
    }
}

/// How it ended, in our words.
fn ending(it: &Investigation) -> &'static str {
    match (&it.status, it.verdict.as_ref().map(|it| it.finding)) {
        (Status::Completed, Some(Finding::RootCause)) => "Root cause found",
        (Status::Completed, Some(Finding::Cause)) => "Cause found",
        (Status::Completed, Some(Finding::Nothing)) => "No root cause found",
        (Status::Completed, None) => "Investigation completed without a readable summary",
        (Status::Failed, _) => "Investigation failed",
        (Status::TimedOut, _) => "Investigation timed out",
        (Status::Cancelled, _) => "Investigation cancelled",
        (Status::Skipped, _) => "Investigation skipped by the agent",
        _ => "Investigation ended",
    }
}

fn facts(it: &Investigation, window: Option<&Window>) -> String {
    let mut facts = match window.map(|it| (it.count(), it.priority())) {
        Some((1, priority)) => format!("One incident of priority {}.", priority.as_str()),
        Some((count, priority)) => {
            format!("{count} incidents, highest priority {}.", priority.as_str())
        }
        None => "One incident.".to_owned(),
    };
    if let (Some(seconds), Some(dollars)) = it.own_cost() {
        let _ = write!(
            facts,
            " The agent worked for {} minutes, about ${dollars:.2}.",
            minutes(seconds)
        );
    }
    if lacked_access(it) {
        facts.push_str(" It lacked access, so it may have seen nothing.");
    }
    if it.lacks_details() {
        facts.push_str(" Not everything about it could be read yet.");
    }
    facts
}

/// What the agent wrote, in at most `room` characters.
fn words(it: &Investigation, room: usize) -> String {
    let found = it.verdict.as_ref();
    let found = found.filter(|it| it.finding != Finding::Nothing);
    let gaps: Vec<String> = it
        .gaps
        .iter()
        .take(GAPS)
        .map(|it| contract::text::cut(&inert(&it.title), GAP))
        .collect();
    let reason = it
        .reason
        .as_ref()
        .filter(|_| it.status != Status::Completed);
    let lines = [
        found.map(|it| inert(&it.line)),
        reason.map(|it| inert(it)),
        (!gaps.is_empty()).then(|| format!("It could not look at: {}", gaps.join("; "))),
        // What may be cut comes last.
        found.map(|it| inert(&it.paragraph)),
    ];
    let lines: Vec<String> = lines
        .into_iter()
        .flatten()
        .filter(|it| !it.is_empty())
        .collect();
    let words = lines.join("\n");
    if room < 64 {
        return String::new();
    }
    contract::text::cut(&words, room)
}

fn links(it: &Investigation, origin: Origin<'_>) -> Vec<String> {
    let Origin { account, space } = origin;
    let app = space.app(&it.task).map(|it| format!("Investigation: {it}"));
    let console = space.console(&it.task).map(|it| format!("Console: {it}"));
    let all = format!("All results: synth results --account {account}");
    app.into_iter().chain(console).chain([all]).collect()
}

/// A mail's subject: what is not ASCII becomes a question mark.
fn subject(text: &str) -> String {
    let text = text.chars().take(SUBJECT);
    text.map(|it| if matches!(it, ' '..='~') { it } else { '?' })
        .collect()
}

/// Text of others that does nothing where it is shown: it mentions nobody, leads nowhere and sets no type. Chat makes
/// links of domains without a scheme too, so their dots are written as `[.]`; dots in numbers are left alone.
fn inert(text: &str) -> String {
    let text = text.replace("://", "[:]//");
    let mut inert = String::with_capacity(text.len());
    let mut before = ' ';
    let mut rest = text.chars().peekable();
    while let Some(it) = rest.next() {
        let within_word =
            before.is_alphanumeric() && rest.peek().is_some_and(|it| it.is_alphanumeric());
        match it {
            '@' => inert.push_str("(at)"),
            '<' => inert.push('\u{2039}'),
            '>' => inert.push('\u{203a}'),
            '`' => inert.push('\''),
            '*' => inert.push('\u{2217}'),
            '~' => inert.push('\u{223c}'),
            '|' => inert.push('\u{a6}'),
            '#' => inert.push('\u{266f}'),
            '_' if !within_word => inert.push('-'),
            ']' if rest.peek() == Some(&'(') => inert.push_str("] "),
            '.' if !before.is_whitespace() && begins_domain(rest.clone()) => inert.push_str("[.]"),
            '\n' | '\t' => inert.push(' '),
            it => inert.push(it),
        }
        before = it;
    }
    inert
}

/// Whether what follows a dot may be the last part of a domain, or one before it: two letters or more, or `xn--`.
fn begins_domain(mut rest: impl Iterator<Item = char>) -> bool {
    let mut is_letter = || rest.next().is_some_and(char::is_alphabetic);
    is_letter() && is_letter()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_others_does_nothing_where_it_is_shown() {
        for (text, expected) in [
            ("my_app_v2 is down", "my_app_v2 is down"),
            (
                "<!channel> <@U1> @here",
                "\u{2039}!channel\u{203a} \u{2039}(at)U1\u{203a} (at)here",
            ),
            ("https://evil.example", "https[:]//evil[.]example"),
            ("see evil.example/x now.", "see evil[.]example/x now."),
            ("a.b.evil.co.uk", "a.b[.]evil[.]co[.]uk"),
            ("xn--80ak6aa92e.xn--p1ai", "xn--80ak6aa92e[.]xn--p1ai"),
            (
                "\u{43f}\u{440}.\u{440}\u{444}",
                "\u{43f}\u{440}[.]\u{440}\u{444}",
            ),
            (
                "1.5 GB, v2.10.3. Then 10.0.0.1",
                "1.5 GB, v2.10.3. Then 10.0.0.1",
            ),
            ("[click](https://evil)", "[click] (https[:]//evil)"),
            (
                "<https://evil|ok>",
                "\u{2039}https[:]//evil\u{a6}ok\u{203a}",
            ),
            ("www.evil.example", "www[.]evil[.]example"),
            ("```\nx", "''' x"),
            ("*b* _i_ ~s~", "\u{2217}b\u{2217} -i- \u{223c}s\u{223c}"),
        ] {
            assert_eq!(inert(text), expected, "{text}");
        }
    }

    #[test]
    fn a_subject_is_short_and_ascii() {
        let subject = subject(&format!("[prod] größer \n {}", "x".repeat(200)));
        assert!(subject.starts_with("[prod] gr??er ? x"), "{subject}");
        assert_eq!(subject.len(), 100);
    }
}

//! The language in which account files speak of other alarms.

use std::{iter::Peekable, str::CharIndices};

use super::{AlarmRule, AlarmState, InvalidRule, OtherAlarm};
use crate::monitor::AlarmName;

/// Deeper than anything that a person can read.
const DEEPEST: usize = 32;

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Open,
    Close,
    And,
    Or,
    Not,
    /// `ok(` and the like.
    Call(String),
    Name(String),
}

/// Reads a rule; see [`AlarmRule::parse`].
pub(super) fn parse(text: &str) -> Result<AlarmRule, InvalidRule> {
    let mut tokens = tokens(text)?.into_iter().peekable();
    let rule = operands(&mut tokens, 0)?;
    match tokens.next() {
        None => Ok(rule),
        Some(Token::Close) => Err(InvalidRule::Closed),
        Some(other) => Err(InvalidRule::Loose(other.text())),
    }
}

type Tokens = Peekable<std::vec::IntoIter<Token>>;

/// Alarms with nothing but `and`, or nothing but `or`, between them.
fn operands(tokens: &mut Tokens, depth: usize) -> Result<AlarmRule, InvalidRule> {
    if depth > DEEPEST {
        return Err(InvalidRule::Deep(DEEPEST));
    }
    let first = operand(tokens, depth)?;
    let mut rules = vec![first];
    let mut operator = None;
    while let Some(token) = tokens.next_if(|it| matches!(it, Token::And | Token::Or)) {
        if operator.get_or_insert_with(|| token.clone()) != &token {
            return Err(InvalidRule::Ambiguous);
        }
        rules.push(operand(tokens, depth)?);
    }
    Ok(match operator {
        Some(Token::And) => AlarmRule::All(rules),
        Some(_) => AlarmRule::Any(rules),
        None => rules.remove(0),
    })
}

fn operand(tokens: &mut Tokens, depth: usize) -> Result<AlarmRule, InvalidRule> {
    let mut negated = false;
    while tokens.next_if_eq(&Token::Not).is_some() {
        negated = !negated;
    }
    let rule = match tokens.next() {
        None => return Err(InvalidRule::Unfinished),
        Some(Token::Open) => {
            let rule = operands(tokens, depth + 1)?;
            close(tokens)?;
            rule
        }
        Some(Token::Name(name)) => AlarmRule::Is(AlarmState::Alarm, own(&name)?),
        Some(Token::Call(function)) => call(tokens, &function)?,
        Some(other) => return Err(InvalidRule::Unexpected(other.text())),
    };
    Ok(if negated {
        AlarmRule::Not(Box::new(rule))
    } else {
        rule
    })
}

/// What follows `ok(`, to the parenthesis that closes it.
fn call(tokens: &mut Tokens, function: &str) -> Result<AlarmRule, InvalidRule> {
    let state = match function {
        "alarm" => AlarmState::Alarm,
        "ok" => AlarmState::Ok,
        "no-data" => AlarmState::InsufficientData,
        "existing" => {
            let other = existing(tokens)?;
            return Ok(AlarmRule::Is(AlarmState::Alarm, other));
        }
        other => return Err(InvalidRule::Function(other.to_owned())),
    };
    let other = match tokens.next() {
        Some(Token::Name(name)) => {
            close(tokens)?;
            own(&name)?
        }
        Some(Token::Call(inner)) if inner == "existing" => {
            let other = existing(tokens)?;
            close(tokens)?;
            other
        }
        Some(unexpected) => return Err(InvalidRule::Unexpected(unexpected.text())),
        None => return Err(InvalidRule::Unfinished),
    };
    Ok(AlarmRule::Is(state, other))
}

/// What follows `existing(`.
fn existing(tokens: &mut Tokens) -> Result<OtherAlarm, InvalidRule> {
    match tokens.next() {
        Some(Token::Name(name)) => {
            close(tokens)?;
            Ok(OtherAlarm::Existing(quotable(&name)?.to_owned()))
        }
        Some(unexpected) => Err(InvalidRule::Unexpected(unexpected.text())),
        None => Err(InvalidRule::Unfinished),
    }
}

fn close(tokens: &mut Tokens) -> Result<(), InvalidRule> {
    match tokens.next() {
        Some(Token::Close) => Ok(()),
        Some(other) => Err(InvalidRule::Loose(other.text())),
        None => Err(InvalidRule::Open('(')),
    }
}

fn own(name: &str) -> Result<OtherAlarm, InvalidRule> {
    AlarmName::parse(quotable(name)?)
        .map(OtherAlarm::Own)
        .map_err(|error| InvalidRule::Name(error.to_string()))
}

fn quotable(name: &str) -> Result<&str, InvalidRule> {
    if name.contains(['"', '\\']) {
        return Err(InvalidRule::Quote(name.to_owned()));
    }
    Ok(name)
}

fn tokens(text: &str) -> Result<Vec<Token>, InvalidRule> {
    let mut chars = text.char_indices().peekable();
    let mut tokens = Vec::new();
    while let Some((start, c)) = chars.next() {
        tokens.push(match c {
            c if c.is_whitespace() => continue,
            '(' => Token::Open,
            ')' => Token::Close,
            quote @ ('"' | '\'') => Token::Name(quoted(text, start + 1, quote, &mut chars)?),
            _ => word(text, start, &mut chars),
        });
    }
    Ok(tokens)
}

fn quoted(
    text: &str,
    start: usize,
    quote: char,
    chars: &mut Peekable<CharIndices<'_>>,
) -> Result<String, InvalidRule> {
    let (end, _) = chars
        .find(|(_, c)| *c == quote)
        .ok_or(InvalidRule::Open(quote))?;
    Ok(text.get(start..end).unwrap_or_default().to_owned())
}

fn word(text: &str, start: usize, chars: &mut Peekable<CharIndices<'_>>) -> Token {
    while chars
        .next_if(|(_, c)| !c.is_whitespace() && !"()\"'".contains(*c))
        .is_some()
    {}
    let end = chars.peek().map_or(text.len(), |(end, _)| *end);
    let word = text.get(start..end).unwrap_or_default();
    match word.to_ascii_lowercase().as_str() {
        "and" => Token::And,
        "or" => Token::Or,
        "not" => Token::Not,
        lower if chars.next_if(|(_, c)| *c == '(').is_some() => Token::Call(lower.to_owned()),
        _ => Token::Name(word.to_owned()),
    }
}

impl Token {
    fn text(self) -> String {
        match self {
            Self::Open => "(".to_owned(),
            Self::Close => ")".to_owned(),
            Self::And => "and".to_owned(),
            Self::Or => "or".to_owned(),
            Self::Not => "not".to_owned(),
            Self::Call(name) => format!("{name}("),
            Self::Name(name) => name,
        }
    }
}

//! What a composite alarm looks at.

use std::collections::{BTreeMap, BTreeSet};

use super::parse::parse;
use crate::{
    limits::{ALARM_RULE_ALARMS, ALARM_RULE_CHARACTERS, ALARM_RULE_ELEMENTS},
    monitor::AlarmName,
};

/// A composite alarm's condition on other alarms.
///
/// Source of what can be said and of the limits: "Creating composite alarms" in the CloudWatch user
/// guide, and `AlarmRule` of `PutCompositeAlarm` in the CloudWatch API reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AlarmRule {
    /// An alarm is in a state.
    Is(AlarmState, OtherAlarm),
    /// All of these hold.
    All(Vec<AlarmRule>),
    /// At least one of these holds.
    Any(Vec<AlarmRule>),
    /// This does not hold.
    Not(Box<AlarmRule>),
}

/// A state of an alarm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AlarmState {
    /// Too much.
    Alarm,
    /// All is well.
    Ok,
    /// Nothing is known.
    InsufficientData,
}

/// An alarm that a composite alarm looks at.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum OtherAlarm {
    /// One of the same account file.
    Own(AlarmName),
    /// One that exists already, by its full name.
    Existing(String),
}

/// Whether a rule can ever change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It holds in some states of its alarms, and not in others.
    Sound,
    /// It holds in no state.
    Never,
    /// It holds in every state.
    Always,
}

/// A rule that cannot be read, or that CloudWatch would not take.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidRule {
    /// The text ends where an alarm should stand.
    #[error("the name of an alarm is missing at the end")]
    Unfinished,
    /// Something else stands where an alarm should.
    #[error("the name of an alarm is missing before `{0}`")]
    Unexpected(String),
    /// Something follows where `and`, `or` or the end should be.
    #[error("`and` or `or` is missing before `{0}`")]
    Loose(String),
    /// A parenthesis or a quote is never closed.
    #[error("`{0}` is never closed")]
    Open(char),
    /// A parenthesis is closed that was never opened.
    #[error("`)` closes nothing")]
    Closed,
    /// It is not said which of `and` and `or` comes first.
    #[error("`and` and `or` stand side by side: parentheses must say which comes first")]
    Ambiguous,
    /// What is called is not known.
    #[error("`{0}(..)` is not known: there are ok(..), no-data(..), alarm(..) and existing(..)")]
    Function(String),
    /// The name of an alarm that no alarm can have.
    #[error("{0}")]
    Name(String),
    /// The name holds what ends it in CloudWatch's language.
    #[error("`{0}` holds a quote or a backslash, which a composite alarm cannot look at")]
    Quote(String),
    /// Parentheses go too deep.
    #[error("the parentheses go deeper than {0} levels")]
    Deep(usize),
    /// CloudWatch takes so many alarms.
    #[error("{0} alarms: a composite alarm looks at {ALARM_RULE_ALARMS} at most")]
    TooManyAlarms(usize),
    /// CloudWatch takes so many elements.
    #[error("{0} words and names: a composite alarm has {ALARM_RULE_ELEMENTS} at most")]
    TooManyElements(usize),
    /// CloudWatch takes so many characters.
    #[error("{0} characters in CloudWatch's language: there can be {ALARM_RULE_CHARACTERS}")]
    TooLong(usize),
}

/// The most alarms of which every combination of states is tried.
const TRIED: usize = 8;

impl AlarmRule {
    /// Reads `checkout-5xx and (checkout-latency or not "payments queue")`.
    ///
    /// A name alone says that the alarm is in the state ALARM. `ok(name)` and `no-data(name)` ask for
    /// the other states, and `existing(name)` is an alarm that is not of this account file, by its
    /// full name. Names with spaces, parentheses or quotes in them stand in quotes.
    ///
    /// # Errors
    ///
    /// Returns an [`InvalidRule`] with the first mistake in the text: a missing name or operator, `and` beside
    /// `or`, parentheses or quotes that do not match, or a name that no alarm can have. A rule with more alarms,
    /// elements or characters than CloudWatch takes is one, too.
    pub fn parse(text: &str) -> Result<Self, InvalidRule> {
        let rule = parse(text)?;
        let alarms = rule.others().len();
        if alarms > ALARM_RULE_ALARMS {
            return Err(InvalidRule::TooManyAlarms(alarms));
        }
        let elements = rule.elements();
        if elements > ALARM_RULE_ELEMENTS {
            return Err(InvalidRule::TooManyElements(elements));
        }
        // Before each name of an own alarm comes the stack's.
        let characters = rule
            .in_cloudwatch(|name| format!("{}{name}", "x".repeat(41)))
            .chars()
            .count();
        if characters > ALARM_RULE_CHARACTERS {
            return Err(InvalidRule::TooLong(characters));
        }
        Ok(rule)
    }

    /// The rule in CloudWatch's language. `name_of` says what an own alarm is called there.
    pub fn in_cloudwatch(&self, name_of: impl Fn(&AlarmName) -> String + Copy) -> String {
        let all = |rules: &[Self], word: &str| -> String {
            let parts: Vec<String> = rules
                .iter()
                .map(|rule| match rule {
                    Self::All(_) | Self::Any(_) => format!("({})", rule.in_cloudwatch(name_of)),
                    Self::Is(..) | Self::Not(_) => rule.in_cloudwatch(name_of),
                })
                .collect();
            parts.join(word)
        };
        match self {
            Self::Is(state, other) => {
                let function = match state {
                    AlarmState::Alarm => "ALARM",
                    AlarmState::Ok => "OK",
                    AlarmState::InsufficientData => "INSUFFICIENT_DATA",
                };
                let name = match other {
                    OtherAlarm::Own(name) => name_of(name),
                    OtherAlarm::Existing(name) => name.clone(),
                };
                format!("{function}(\"{name}\")")
            }
            Self::All(rules) => all(rules, " AND "),
            Self::Any(rules) => all(rules, " OR "),
            Self::Not(rule) => format!("NOT ({})", rule.in_cloudwatch(name_of)),
        }
    }

    /// The alarms of the same account file that the rule looks at.
    pub fn alarms(&self) -> BTreeSet<&AlarmName> {
        self.others()
            .into_iter()
            .filter_map(|other| match other {
                OtherAlarm::Own(name) => Some(name),
                OtherAlarm::Existing(_) => None,
            })
            .collect()
    }

    /// The full names of the alarms that exist already and that the rule looks at.
    pub fn existing(&self) -> BTreeSet<&str> {
        self.others()
            .into_iter()
            .filter_map(|other| match other {
                OtherAlarm::Own(_) => None,
                OtherAlarm::Existing(name) => Some(name.as_str()),
            })
            .collect()
    }

    /// Whether the rule can ever change. Rules on more than eight alarms are taken to be sound.
    pub fn verdict(&self) -> Verdict {
        let alarms: Vec<&OtherAlarm> = self.others().into_iter().collect();
        if alarms.len() > TRIED {
            return Verdict::Sound;
        }
        let states = [
            AlarmState::Alarm,
            AlarmState::Ok,
            AlarmState::InsufficientData,
        ];
        let combinations = states.len().pow(u32::try_from(alarms.len()).unwrap_or(0));
        let holding = (0..combinations)
            .filter(|number| {
                let mut rest = *number;
                let mut now = BTreeMap::new();
                for alarm in &alarms {
                    if let Some(state) = states.get(rest % states.len()) {
                        now.insert(*alarm, *state);
                    }
                    rest /= states.len();
                }
                self.holds(&now)
            })
            .count();
        match holding {
            0 => Verdict::Never,
            all if all == combinations => Verdict::Always,
            _ => Verdict::Sound,
        }
    }

    fn holds(&self, now: &BTreeMap<&OtherAlarm, AlarmState>) -> bool {
        match self {
            Self::Is(state, other) => now.get(other) == Some(state),
            Self::All(rules) => rules.iter().all(|rule| rule.holds(now)),
            Self::Any(rules) => rules.iter().any(|rule| rule.holds(now)),
            Self::Not(rule) => !rule.holds(now),
        }
    }

    fn others(&self) -> BTreeSet<&OtherAlarm> {
        match self {
            Self::Is(_, other) => BTreeSet::from([other]),
            Self::All(rules) | Self::Any(rules) => rules.iter().flat_map(Self::others).collect(),
            Self::Not(rule) => rule.others(),
        }
    }

    /// What CloudWatch counts: names, functions and operators.
    fn elements(&self) -> usize {
        match self {
            Self::Is(..) => 2,
            Self::All(rules) | Self::Any(rules) => {
                rules.iter().map(Self::elements).sum::<usize>() + rules.len() - 1
            }
            Self::Not(rule) => 1 + rule.elements(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn in_cloudwatch(text: &str) -> String {
        AlarmRule::parse(text)
            .unwrap()
            .in_cloudwatch(|name| format!("tocsin-{name}"))
    }

    #[test]
    fn rules_are_said_in_cloudwatchs_language() {
        for (text, expected) in [
            ("errors", r#"ALARM("tocsin-errors")"#),
            (
                "errors AND 'slow answers'",
                r#"ALARM("tocsin-errors") AND ALARM("tocsin-slow answers")"#,
            ),
            (
                "errors and not (deploying or ok(checkout/api-cpu))",
                r#"ALARM("tocsin-errors") AND NOT (ALARM("tocsin-deploying") OR OK("tocsin-checkout/api-cpu"))"#,
            ),
            (
                "errors or (a and b and c)",
                r#"ALARM("tocsin-errors") OR (ALARM("tocsin-a") AND ALARM("tocsin-b") AND ALARM("tocsin-c"))"#,
            ),
            (
                "no-data(existing(\"Canary (eu)\")) or existing(rds-cpu)",
                r#"INSUFFICIENT_DATA("Canary (eu)") OR ALARM("rds-cpu")"#,
            ),
        ] {
            assert_eq!(in_cloudwatch(text), expected, "{text}");
        }
    }

    #[test]
    fn rules_that_cannot_be_read_say_why() {
        for (text, expected) in [
            ("", "the name of an alarm is missing at the end"),
            ("a and", "the name of an alarm is missing at the end"),
            ("and a", "the name of an alarm is missing before `and`"),
            ("a b", "`and` or `or` is missing before `b`"),
            ("(a or b", "`(` is never closed"),
            ("\"a or b", "`\"` is never closed"),
            ("a or b)", "`)` closes nothing"),
            (
                "a and b or c",
                "`and` and `or` stand side by side: parentheses must say which comes first",
            ),
            (
                "silent(a)",
                "`silent(..)` is not known: there are ok(..), no-data(..), alarm(..) and existing(..)",
            ),
            (
                "'a\"b' or c",
                "`a\"b` holds a quote or a backslash, which a composite alarm cannot look at",
            ),
        ] {
            assert_eq!(
                AlarmRule::parse(text).unwrap_err().to_string(),
                expected,
                "{text}"
            );
        }
    }

    #[test]
    fn the_limits_of_cloudwatch_hold() {
        let many = |count: usize, name: fn(usize) -> String| {
            (0..count).map(name).collect::<Vec<_>>().join(" or ")
        };
        let short = |n: usize| format!("alarm-{n}");
        assert!(AlarmRule::parse(&many(100, short)).is_ok());
        assert_eq!(
            AlarmRule::parse(&many(101, short)),
            Err(InvalidRule::TooManyAlarms(101))
        );
        assert_eq!(
            AlarmRule::parse(&vec!["a"; 300].join(" or ")),
            Err(InvalidRule::TooManyElements(899))
        );
        assert!(matches!(
            AlarmRule::parse(&many(90, |n| format!("{}-{n}", "x".repeat(150)))),
            Err(InvalidRule::TooLong(_))
        ));
        assert_eq!(
            AlarmRule::parse(&format!("{}a{}", "(".repeat(2_000), ")".repeat(2_000))),
            Err(InvalidRule::Deep(32))
        );
    }

    #[test]
    fn rules_that_never_change_are_found() {
        for (text, expected) in [
            ("a", Verdict::Sound),
            ("a and not b", Verdict::Sound),
            ("a and not a", Verdict::Never),
            ("a and ok(a)", Verdict::Never),
            ("a or not a", Verdict::Always),
            ("a or ok(a)", Verdict::Sound),
            ("a or ok(a) or no-data(a)", Verdict::Always),
        ] {
            assert_eq!(
                AlarmRule::parse(text).unwrap().verdict(),
                expected,
                "{text}"
            );
        }
    }
}

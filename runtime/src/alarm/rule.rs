//! The rules of composite alarms, which anybody may have written.
//!
//! Source: `AlarmRule` of `PutCompositeAlarm` in the CloudWatch API reference; `AT_LEAST` after
//! "Composite alarms" in the CloudWatch user guide.

/// The alarms, by name or ARN, whose state `ALARM` makes the rule hold rather than keeps it from
/// holding: those under `ALARM(..)` and not under `NOT`. What is no rule names none.
pub(super) fn alarms(rule: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = Rest(rule.trim_start());
    // Whether what is read is negated: around each parenthesis that is open, within the innermost,
    // and by a `NOT` just before.
    let (mut around, mut within, mut not) = (Vec::new(), false, false);
    while !rest.0.is_empty() {
        if rest.takes('(') {
            around.push(within);
            (within, not) = (within != not, false);
            continue;
        }
        if rest.takes(')') {
            (within, not) = (around.pop().unwrap_or(false), false);
            continue;
        }
        let word = rest.until(|c| c.is_whitespace() || "()".contains(c));
        if word == "NOT" {
            not = !not;
            continue;
        }
        let counts = within == not;
        match word {
            "ALARM" | "OK" | "INSUFFICIENT_DATA" if rest.takes('(') => {
                let name = rest.name(")");
                found.extend((counts && word == "ALARM").then_some(name));
                rest.takes(')');
            }
            "AT_LEAST" if rest.takes('(') => {
                rest.until(|c| c == ',');
                rest.takes(',');
                let state = rest.until(|c| c == ',').trim_end();
                rest.takes(',');
                rest.takes('(');
                loop {
                    let name = rest.name(",)");
                    found.extend((counts && state == "ALARM").then_some(name));
                    if !rest.takes(',') {
                        break;
                    }
                }
                rest.takes(')');
                rest.takes(')');
            }
            _ => {}
        }
        not = false;
    }
    found.retain(|name| !name.is_empty());
    found
}

/// What is not read yet. It does not begin with white space.
struct Rest<'a>(&'a str);

impl<'a> Rest<'a> {
    /// Whether it begins with this, which is then read.
    fn takes(&mut self, mark: char) -> bool {
        let after = self.0.strip_prefix(mark);
        self.0 = after.map_or(self.0, str::trim_start);
        after.is_some()
    }

    fn until(&mut self, ends: impl Fn(char) -> bool) -> &'a str {
        let (read, after) = self.0.split_at(self.0.find(ends).unwrap_or(self.0.len()));
        self.0 = after.trim_start();
        read
    }

    /// A name, which may stand in quotes, up to one of these.
    fn name(&mut self, ends: &str) -> &'a str {
        if self.takes('"') {
            let name = self.until(|c| c == '"');
            self.takes('"');
            name
        } else {
            self.until(|c| ends.contains(c)).trim_end()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alarms_that_can_set_it_off() {
        for (rule, expected) in [
            ("ALARM(a) OR ALARM(b)", vec!["a", "b"]),
            (
                r#"(ALARM("a (eu)") AND OK("b"))OR ALARM( arn:aws:cloudwatch:r:1:alarm:c d )"#,
                vec!["a (eu)", "arn:aws:cloudwatch:r:1:alarm:c d"],
            ),
            (
                r#"ALARM("é AND ALARM(x)") AND INSUFFICIENT_DATA(y)"#,
                vec!["é AND ALARM(x)"],
            ),
            // What a deployment is held back by does not set it off.
            ("ALARM(a) AND NOT ALARM(deploying)", vec!["a"]),
            (
                "NOT (ALARM(a) OR NOT ALARM(b)) AND ALARM(c)",
                vec!["b", "c"],
            ),
            (
                "NOT(NOT(ALARM(a))) AND NOT TRUE OR ALARM(b)",
                vec!["a", "b"],
            ),
            (
                r#"AT_LEAST(2, ALARM, (a, "b, (c)", d)) AND AT_LEAST(50%, OK, (e, f)) OR ALARM(g)"#,
                vec!["a", "b, (c)", "d", "g"],
            ),
            (
                "AT_LEAST(2, NOT ALARM, (a, b)) OR NOT AT_LEAST(1, ALARM, (c))",
                vec![],
            ),
            ("TRUE", vec![]),
        ] {
            assert_eq!(alarms(rule), expected, "{rule}");
            // Whatever is cut off, what is left names parts of it.
            for (end, _) in rule.char_indices() {
                let cut = &rule[..end];
                assert!(alarms(cut).iter().all(|it| cut.contains(it)), "{cut}");
            }
        }
    }

    #[test]
    fn what_is_no_rule_names_none_or_some() {
        for (rule, expected) in [
            ("", vec![]),
            ("ALARM", vec![]),
            ("ALARM(", vec![]),
            ("ALARM()", vec![]),
            ("ALARM(\"", vec![]),
            ("))ALARM(a", vec!["a"]),
            ("alarm(a) XALARM(b)", vec![]),
            ("AT_LEAST(", vec![]),
            ("AT_LEAST(1,ALARM,(a", vec!["a"]),
        ] {
            assert_eq!(alarms(rule), expected, "{rule}");
        }
        assert!(alarms(&"(".repeat(200_000)).is_empty());
    }
}

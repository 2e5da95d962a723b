//! Queries of CloudWatch Metrics Insights.

/// A query that CloudWatch takes for an alarm. With `GROUP BY`, each group goes off by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query(String);

/// A query that CloudWatch would not take for an alarm.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidQuery {
    /// It is no query.
    #[error("a query of Metrics Insights begins with `SELECT`")]
    NotSelect,
    /// It does not say of which namespace.
    #[error("the query has no `FROM`")]
    NoFrom,
    /// A word that `BY` follows, without it.
    #[error("`{0}` without `BY` after it: CloudWatch refuses the query")]
    NoBy(&'static str),
    /// It returns several time series in no order.
    #[error("a query with `GROUP BY` needs `ORDER BY`: CloudWatch refuses the alarm without it")]
    Unordered,
}

impl Query {
    /// How far back CloudWatch looks for an alarm on a query, in seconds. Source: "Limits" of alarms in
    /// the CloudWatch user guide.
    pub const LONGEST_WINDOW: i64 = 3 * 3_600;
    /// The shortest period of a query, in seconds. Source: "Metrics Insights quotas" in the CloudWatch
    /// user guide.
    pub const SHORTEST_PERIOD: i64 = 60;

    /// Reads a query. Source: "Alarm data queries" in the CloudWatch user guide, for what an alarm on
    /// several time series needs.
    ///
    /// # Errors
    ///
    /// Returns an [`InvalidQuery`] if the text does not begin with `SELECT` or has no `FROM`, if `GROUP` or
    /// `ORDER` stands without `BY`, or if it has `GROUP BY` and no `ORDER BY`.
    pub fn parse(text: &str) -> Result<Self, InvalidQuery> {
        let text = text.trim();
        let words = words(text);
        let has = |phrase: [&str; 2]| words.windows(2).any(|pair| *pair == phrase);
        let begins_with_word = text.starts_with(|c: char| c.is_ascii_alphabetic());
        if !begins_with_word || words.first().is_none_or(|word| word != "SELECT") {
            return Err(InvalidQuery::NotSelect);
        }
        if !words.iter().any(|word| word == "FROM") {
            return Err(InvalidQuery::NoFrom);
        }
        // Both are reserved: as a name each takes quotes.
        for word in ["GROUP", "ORDER"] {
            let is_alone = |(at, it): (usize, &String)| {
                it == word && words.get(at + 1).is_none_or(|next| next != "BY")
            };
            if words.iter().enumerate().any(is_alone) {
                return Err(InvalidQuery::NoBy(word));
            }
        }
        if has(["GROUP", "BY"]) && !has(["ORDER", "BY"]) {
            return Err(InvalidQuery::Unordered);
        }
        Ok(Self(text.to_owned()))
    }

    /// The query as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The words of a query outside of quotes, in capitals: keywords come in any case of letters.
fn words(query: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quote = None;
    for c in query.chars() {
        match quote {
            Some(mark) => quote = (c != mark).then_some(mark),
            None if c == '"' || c == '\'' => quote = Some(c),
            None if c.is_alphanumeric() || c == '_' => {
                if let Some(word) = words.last_mut() {
                    word.extend(c.to_uppercase());
                }
                continue;
            }
            None => {}
        }
        words.push(String::new());
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_that_cloudwatch_takes() {
        for text in [
            "SELECT MAX(CPUUtilization) FROM \"AWS/EC2\"",
            " select max(x) from Shop group by Team\n  order  by max() desc limit 5 ",
            "SELECT AVG(x) FROM \"Shop GROUP BY\" WHERE \"GROUP BY\" = 'a GROUP BY b'",
            "SELECT SUM(x) FROM SCHEMA(\"AWS/SNS\",Topic)GROUP BY Topic ORDER BY SUM() ASC",
        ] {
            assert_eq!(Query::parse(text).unwrap().as_str(), text.trim());
        }
    }

    #[test]
    fn queries_that_cloudwatch_refuses() {
        for text in [
            "",
            "MAX(x) FROM Shop",
            "\"SELECT\" x",
            "SELECTED x",
            "(SELECT x)",
            "'",
        ] {
            assert_eq!(Query::parse(text), Err(InvalidQuery::NotSelect), "{text}");
        }
        let incomplete = |text| Query::parse(text).unwrap_err();
        assert_eq!(incomplete("SELECT MAX(x)"), InvalidQuery::NoFrom);
        for (text, word) in [
            ("SELECT MAX(x) FROM Shop GROUP Team", "GROUP"),
            (
                "SELECT MAX(x) FROM Shop GROUP BY Team ORDER MAX() DESC",
                "ORDER",
            ),
            ("SELECT MAX(x) FROM Shop group", "GROUP"),
        ] {
            assert_eq!(incomplete(text), InvalidQuery::NoBy(word), "{text}");
        }
        for text in [
            "SELECT MAX(x) FROM Shop GROUP BY Team",
            "select max(x) from Shop group\tby Team limit 5",
            "SELECT MAX(x) FROM Shop WHERE a = 'ORDER BY' GROUP BY \"ORDER\", BY",
        ] {
            assert_eq!(Query::parse(text), Err(InvalidQuery::Unordered), "{text}");
        }
    }
}

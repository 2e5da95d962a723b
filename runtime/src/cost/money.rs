//! Amounts of money, as AWS states them: added where they are of one kind, and otherwise left alone.

use std::{collections::BTreeMap, fmt};

use serde::Serialize;

/// What a resource costs too much in a month.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Amount {
    /// How much; never below zero.
    pub value: f64,
    /// Such as `USD`.
    pub currency: String,
    /// Whether discounts are taken into account.
    pub discounts: Discounts,
}

/// Whether an amount takes Savings Plans, reserved instances and other discounts into account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Discounts {
    /// It does.
    After,
    /// It is at On-Demand prices.
    Before,
    /// AWS does not say.
    Unknown,
}

/// Sums of amounts: one for each currency, before and after discounts.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sums(BTreeMap<(String, Discounts), f64>);

impl Amount {
    /// An amount; nothing where the number is none that could be saved.
    pub fn new(value: f64, currency: &str, discounts: Discounts) -> Option<Self> {
        let is_saving = value.is_finite() && value >= 0.0 && !currency.is_empty();
        is_saving.then(|| Self {
            value,
            currency: currency.chars().take(8).collect(),
            discounts,
        })
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.2} {} a month", self.value, self.currency)
    }
}

impl Discounts {
    /// What it is called in the ledger.
    pub(super) fn letter(self) -> char {
        match self {
            Self::After => 'a',
            Self::Before => 'b',
            Self::Unknown => 'u',
        }
    }

    /// What the ledger calls so.
    pub(super) fn of_letter(letter: char) -> Self {
        match letter {
            'a' => Self::After,
            'b' => Self::Before,
            _ => Self::Unknown,
        }
    }

    /// What it is called in texts.
    pub fn words(self) -> &'static str {
        match self {
            Self::After => "after discounts",
            Self::Before => "before discounts",
            Self::Unknown => "AWS does not say whether after discounts",
        }
    }
}

impl Sums {
    /// The sums of these.
    pub fn of<'a>(amounts: impl IntoIterator<Item = &'a Amount>) -> Self {
        let mut sums = Self::default();
        for amount in amounts {
            sums.add(amount);
        }
        sums
    }

    /// Adds an amount to what is of its kind.
    pub fn add(&mut self, amount: &Amount) {
        let key = (amount.currency.clone(), amount.discounts);
        *self.0.entry(key).or_default() += amount.value;
    }

    /// Whether there is nothing in it, not even zero.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The sums, each with its currency and what it is.
    pub fn iter(&self) -> impl Iterator<Item = Amount> {
        self.0.iter().map(|((currency, discounts), value)| Amount {
            value: *value,
            currency: currency.clone(),
            discounts: *discounts,
        })
    }

    /// The largest sum of a currency, whether or not discounts are taken into account: what decides whether
    /// a report is worth its price.
    pub fn largest(&self) -> f64 {
        let mut by_currency = BTreeMap::<&str, f64>::new();
        for ((currency, _), value) in &self.0 {
            *by_currency.entry(currency).or_default() += value;
        }
        by_currency.into_values().fold(0.0, f64::max)
    }

    /// The sums as a title has them: without what they are.
    pub fn brief(&self) -> String {
        let shown: Vec<String> = self.iter().map(|it| it.to_string()).collect();
        shown.join(" and ")
    }
}

/// `340.00 USD a month after discounts, 20.00 USD a month before discounts`
impl fmt::Display for Sums {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("price not known");
        }
        for (index, sum) in self.iter().enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            write!(f, "{comma}{sum} {}", sum.discounts.words())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_added_only_to_their_like() {
        let amount = |value, currency, discounts| Amount::new(value, currency, discounts).unwrap();
        let sums = Sums::of(&[
            amount(1.25, "USD", Discounts::After),
            amount(2.0, "USD", Discounts::Before),
            amount(3.0, "CNY", Discounts::After),
            amount(4.0, "USD", Discounts::After),
        ]);
        assert_eq!(
            sums.to_string(),
            "3.00 CNY a month after discounts, 5.25 USD a month after discounts, \
             2.00 USD a month before discounts"
        );
        assert!((sums.largest() - 7.25).abs() < 1e-9);
        assert_eq!(Sums::default().to_string(), "price not known");
    }

    #[test]
    fn zero_is_an_amount_and_nonsense_is_none() {
        assert!(Amount::new(0.0, "USD", Discounts::After).is_some());
        for value in [-1.0, f64::NAN, f64::INFINITY] {
            assert_eq!(Amount::new(value, "USD", Discounts::After), None);
        }
        assert_eq!(Amount::new(1.0, "", Discounts::After), None);
    }
}

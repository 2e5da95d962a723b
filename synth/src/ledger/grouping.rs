//! The settings of delivery, as the deployed function has them.

use runtime::{ledger::Grouping, settings::Environment};
use stacks::{Monitor, grouping_variables};

/// How an account's incidents are grouped, and how many investigations they may become.
///
/// # Panics
///
/// Never: the function reads the same variables of every account.
pub fn grouping(monitor: &Monitor) -> Grouping {
    let variables = grouping_variables(monitor).into_iter();
    let environment = Environment::new(variables.map(|(name, value)| (name.to_owned(), value)));
    Grouping::new(&environment).expect("the function reads the same variables of every account")
}

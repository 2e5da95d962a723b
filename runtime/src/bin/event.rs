//! The Lambda function `event`.

use runtime::{bootstrap, event};
use webhook::Signal;

fn main() -> Result<(), bootstrap::StartError> {
    bootstrap::signal_function("event", Signal::Event, event::decide)
}

//! The Lambda function `alarm`.

use runtime::{alarm, bootstrap};
use webhook::Signal;

fn main() -> Result<(), bootstrap::StartError> {
    bootstrap::signal_function("alarm", Signal::Alarm, alarm::decide)
}

//! The Lambda function `event`.

use runtime::{bootstrap, event, http::web_roots};
use webhook::Signal;

fn main() -> Result<(), bootstrap::StartError> {
    bootstrap::signal_function("event", Signal::Event, web_roots(), event::decide)
}

//! The Lambda function `event`.

use contract::FunctionName;
use runtime::{bootstrap, event, http::web_roots};

fn main() -> Result<(), bootstrap::StartError> {
    bootstrap::signal_function(FunctionName::Event, web_roots(), event::decide)
}

//! The Lambda function `alarm`.

use runtime::{alarm, bootstrap, http::web_roots};
use webhook::Signal;

fn main() -> Result<(), bootstrap::StartError> {
    bootstrap::signal_function_of_each("alarm", Signal::Alarm, web_roots(), alarm::decide_each)
}

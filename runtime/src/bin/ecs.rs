//! The Lambda function `ecs`.

use runtime::{bootstrap, ecs, http::web_roots};
use webhook::Signal;

fn main() -> Result<(), bootstrap::StartError> {
    bootstrap::signal_function("ecs", Signal::Ecs, web_roots(), ecs::decide)
}

//! The Lambda function `ecs`.

use runtime::{bootstrap, ecs};
use webhook::Signal;

fn main() -> Result<(), bootstrap::StartError> {
    bootstrap::signal_function("ecs", Signal::Ecs, ecs::decide)
}

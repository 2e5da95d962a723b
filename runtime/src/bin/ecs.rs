//! The Lambda function `ecs`.

use contract::FunctionName;
use runtime::{bootstrap, ecs, http::web_roots};

fn main() -> Result<(), bootstrap::StartError> {
    bootstrap::signal_function(FunctionName::Ecs, web_roots(), ecs::decide)
}

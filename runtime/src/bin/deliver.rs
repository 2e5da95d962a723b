//! The Lambda function `deliver`.

use runtime::{bootstrap, http::web_roots};

fn main() -> Result<(), bootstrap::StartError> {
    bootstrap::deliver_function(&web_roots())
}

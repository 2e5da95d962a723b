//! The Lambda function `cost`.

use runtime::{bootstrap, http::web_roots};

fn main() -> Result<(), bootstrap::StartError> {
    bootstrap::cost_function(web_roots())
}

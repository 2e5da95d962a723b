//! The Lambda function `result`.

use runtime::{bootstrap, http::web_roots};

fn main() -> Result<(), bootstrap::StartError> {
    bootstrap::result_function(web_roots())
}

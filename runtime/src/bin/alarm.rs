//! The Lambda function `alarm`.

use runtime::{bootstrap, http::web_roots};

fn main() -> Result<(), bootstrap::StartError> {
    bootstrap::alarm_function(web_roots())
}

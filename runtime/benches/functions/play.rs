//! This benchmark's binary as a function. What differs from the one that is deployed is whom it trusts.

use std::{fs, path::Path, process::ExitCode};

use contract::FunctionName;
use runtime::{bootstrap, ecs, event};
use rustls::RootCertStore;

/// The argument before the function's name and the file that holds the authority's certificate.
pub(crate) const PLAY: &str = "play";

/// Serves events until this process is ended.
pub(crate) fn play(function: &str, authority: &Path) -> ExitCode {
    let mut roots = RootCertStore::empty();
    roots.add(fs::read(authority).unwrap().into()).unwrap();
    let played = match function {
        "alarm" => bootstrap::alarm_function(roots),
        "ecs" => bootstrap::signal_function(FunctionName::Ecs, roots, ecs::decide),
        "event" => bootstrap::signal_function(FunctionName::Event, roots, event::decide),
        _ => bootstrap::deliver_function(&roots),
    };
    match played {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

//! `synth init`: a commented account file to start from.

use std::{
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use stacks::monitor::StackName;

use crate::{
    cli::Init,
    config,
    error::{Error, Exit},
    terminal::Terminal,
};

/// The file, with `{name}` where the account's name comes.
const STARTER: &str = include_str!("starter.yaml");

pub(crate) fn run(args: &Init, terminal: Terminal) -> Result<Exit, Error> {
    let path = Path::new("accounts").join(format!("{}.yaml", args.account));
    StackName::parse(&format!("tocsin-{}", args.account)).map_err(Error::AccountName)?;
    let failed = |action: &'static str, path: PathBuf| {
        move |source| Error::File {
            action,
            path,
            source,
        }
    };
    let dir = path.parent().unwrap_or(Path::new("accounts"));
    fs::create_dir_all(dir).map_err(failed("create", dir.to_owned()))?;
    // Never over a file that is there.
    let mut file = fs::File::create_new(&path).map_err(failed("create", path.clone()))?;
    file.write_all(starter(&args.account).as_bytes())
        .map_err(failed("write", path.clone()))?;
    terminal.data(&path.to_string_lossy());
    // What editors check the file with, where the first line of the file says.
    let schema = Path::new("config.schema.json");
    match fs::File::create_new(schema) {
        Ok(mut file) => {
            let text = format!("{:#}\n", config::json_schema());
            file.write_all(text.as_bytes())
                .map_err(failed("write", schema.to_owned()))?;
            terminal.data(&schema.to_string_lossy());
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(failed("create", schema.to_owned())(error)),
    }
    terminal.say(&format!(
        "next: edit it, then run: synth generate --account {}",
        args.account
    ));
    Ok(Exit::Done)
}

/// The account file for an account of this name.
fn starter(name: &str) -> String {
    STARTER.replace("{name}", name)
}

#[cfg(test)]
mod tests {
    use stacks::monitor::Architecture;

    use super::*;
    use crate::config::Context;

    const CONTEXT: Context<'_> = Context {
        file_stem: Some("prod"),
        host: Architecture::Arm64,
    };

    #[test]
    fn the_starter_is_an_account_file_as_it_is() {
        let (account, diagnostics) = config::parse(&starter("prod"), CONTEXT);
        assert!(diagnostics.is_empty(), "{diagnostics:?}");
        assert_eq!(account.unwrap().monitor.stack.as_str(), "tocsin-prod");
    }

    /// Whoever removes a `#` gets what the comment says.
    #[test]
    fn the_starter_holds_with_everything_in_it() {
        let everything: Vec<String> = starter("prod")
            .lines()
            .map(|line| line.strip_prefix("#|").unwrap_or(line).to_owned())
            .collect();
        let everything = everything.join("\n");
        let (account, diagnostics) = config::parse(&everything, CONTEXT);
        assert!(diagnostics.is_empty(), "{diagnostics:?}");
        let monitor = account.unwrap().monitor;
        assert!(!monitor.alarms.is_empty() && !monitor.composites.is_empty());
        assert!(!monitor.events.is_empty() && !monitor.pipelines.is_empty());
        assert!(monitor.cost_report.is_some() && monitor.unauthorized_api_calls.is_some());
    }
}

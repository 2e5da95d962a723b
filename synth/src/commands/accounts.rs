//! A command for several account files, one after the other.

use std::path::Path;

use crate::{
    cli::{AccountFile, AccountFiles},
    error::{Error, Exit, account_names},
    terminal::Terminal,
};

/// Where account files are that are named by the account's name.
const DIRECTORY: &str = "accounts";

/// Does what only reads for each of the files, also after one that failed. The result is that of the first that is not
/// done. `alone` is an argument that goes with one file only.
pub(super) async fn reads(
    files: &AccountFiles,
    alone: Option<&'static str>,
    terminal: Terminal,
    each: impl AsyncFn(&AccountFile) -> Result<Exit, Error>,
) -> Result<Exit, Error> {
    let files = files.each()?;
    if let [only] = files.as_slice() {
        return each(only).await;
    }
    if let Some(argument) = alone {
        return Err(Error::OneAccount { argument });
    }
    let mut result = Exit::Done;
    for file in files {
        terminal.say(&format!("== {}", file.name()));
        let exit = match each(&file).await {
            Ok(exit) => exit,
            Err(error @ Error::Interrupted) => return Err(error),
            Err(error) => {
                error.report(terminal);
                error.exit()
            }
        };
        if result == Exit::Done {
            result = exit;
        }
    }
    Ok(result)
}

/// Deploys each of the files, up to the first that is not done.
pub(super) async fn deploys(
    files: &AccountFiles,
    terminal: Terminal,
    each: impl AsyncFn(&AccountFile) -> Result<Exit, Error>,
) -> Result<Exit, Error> {
    let files = files.each()?;
    if let [only] = files.as_slice() {
        return each(only).await;
    }
    for (number, file) in files.iter().enumerate() {
        terminal.say(&format!("== {}", file.name()));
        let exit = each(file).await;
        if !matches!(exit, Ok(Exit::Done)) {
            let rest: Vec<String> = files
                .iter()
                .skip(number + 1)
                .map(AccountFile::name)
                .collect();
            if !rest.is_empty() {
                terminal.say(&format!("not begun: {}", rest.join(", ")));
            }
            return exit;
        }
    }
    Ok(Exit::Done)
}

impl AccountFiles {
    /// Each of the files, those of a directory in the order of their names.
    fn each(&self) -> Result<Vec<AccountFile>, Error> {
        if let Some(path) = &self.config {
            return Ok(vec![AccountFile {
                config: Some(path.clone()),
                account: None,
            }]);
        }
        let names = if self.all {
            all()?
        } else {
            self.account.clone()
        };
        let file = |name: String| AccountFile {
            account: Some(name),
            config: None,
        };
        Ok(names.into_iter().map(file).collect())
    }
}

impl AccountFile {
    /// What the command line calls it.
    fn name(&self) -> String {
        match (&self.account, &self.config) {
            (Some(name), _) => name.clone(),
            (None, Some(path)) => path.display().to_string(),
            (None, None) => String::new(),
        }
    }
}

fn all() -> Result<Vec<String>, Error> {
    let names = account_names(Path::new(DIRECTORY));
    if names.is_empty() {
        return Err(Error::NoAccounts);
    }
    Ok(names)
}

//! What each command does.

mod generate;

use std::path::{Path, PathBuf};

use clap::CommandFactory as _;

use crate::{
    cli::{AccountFile, Cli, Command},
    config::{self, Account, Context},
    error::{Error, Exit},
    terminal::Terminal,
};

/// Does what the command line asks for.
pub fn run(cli: Cli, terminal: Terminal) -> Result<Exit, Error> {
    match cli.command {
        Command::Generate(args) => generate::run(&args, terminal),
        Command::Schema => {
            terminal.data(&format!("{:#}", config::json_schema()));
            Ok(Exit::Done)
        }
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "synth", &mut script);
            terminal.data(String::from_utf8_lossy(&script).trim_end());
            Ok(Exit::Done)
        }
    }
}

impl AccountFile {
    fn path(&self) -> PathBuf {
        match (&self.config, &self.account) {
            (Some(path), _) => path.clone(),
            (None, Some(name)) => Path::new("accounts").join(format!("{name}.yaml")),
            (None, None) => PathBuf::new(),
        }
    }

    /// Reads the account file, and says what is worth knowing about it.
    fn load(&self, terminal: Terminal) -> Result<Account, Error> {
        let path = self.path();
        let text = std::fs::read_to_string(&path).map_err(|source| Error::File {
            action: "read",
            path: path.clone(),
            source,
        })?;
        let context = Context {
            file_stem: self.account.as_deref(),
            host: crate::host_architecture(),
        };
        let (account, diagnostics) = config::parse(&text, context);
        let Some(account) = account else {
            return Err(Error::AccountFile {
                path,
                text,
                diagnostics,
            });
        };
        for diagnostic in &diagnostics {
            let shown = diagnostic.render(&path.to_string_lossy(), &text, terminal.color);
            terminal.say(&format!("{shown}\n"));
        }
        Ok(account)
    }
}

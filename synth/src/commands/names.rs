//! What an account file names against what is in the account, as commands show it.

use super::account_file::LoadedFile;
use crate::{
    aws::Region,
    error::Error,
    lookup::{Findings, look_up},
    terminal::Terminal,
};

/// How names are compared with the account.
#[derive(Clone, Copy, Debug)]
pub struct NameCheck<'a> {
    /// The file that has them.
    pub file: &'a LoadedFile,
    /// Whether a name that is not there is an error.
    pub strict: bool,
}

impl NameCheck<'_> {
    /// Looks the names up in the regions that they should be in. Ends within seconds, and never fails.
    pub async fn look_up(&self, regions: &[Region]) -> Findings {
        look_up(regions, &self.file.account).await
    }

    /// Shows what is not there and what was not compared. If this is strict, what is not there is an error.
    pub(crate) fn show(&self, findings: Findings, terminal: Terminal) -> Result<(), Error> {
        let Findings {
            missing,
            idle,
            unread,
            ..
        } = findings;
        if let Some(unread) = unread {
            terminal.say(&unread);
        }
        for it in &idle {
            self.file.say(it, terminal);
        }
        if self.strict && !missing.is_empty() {
            return Err(self.file.not_there(missing));
        }
        for it in &missing {
            self.file.say(it, terminal);
        }
        Ok(())
    }
}

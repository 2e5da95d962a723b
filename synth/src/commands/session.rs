//! What a command works with: the terminal, the wish to end, and the way to AWS.

use crate::{
    aws::{Link, Notice, Region},
    config::Account,
    error::Error,
    terminal::{Stop, Terminal},
};

/// What a command works with.
#[derive(Clone, Debug)]
pub struct Session {
    /// Where everything is shown and asked.
    pub terminal: Terminal,
    /// The wish to end.
    pub stop: Stop,
    /// The way to AWS.
    pub link: Link,
}

impl Session {
    /// That of this process. From here on, a signal no longer ends it by itself. Must be called in a runtime.
    pub fn of_process(terminal: Terminal) -> Self {
        Self {
            terminal,
            stop: Stop::on_signal(),
            link: Link::of_process(Notice::by(move |text| terminal.say(text))),
        }
    }

    /// Connects to every region that an account file has stacks in: those that it watches, then that of the agent space.
    pub(crate) async fn connect_everywhere(&self, account: &Account) -> Result<Vec<Region>, Error> {
        let mut regions = self.connect(account).await?;
        if let (Some(name), Some(first)) = (account.unwatched_region(), regions.first()) {
            let link = self.link.with(&account.access);
            regions.push(self.unless_stopped(first.unwatched(&link, name)).await?);
        }
        Ok(regions)
    }

    /// Connects to every region that an account file watches, and sees that the credentials are of its account.
    pub(crate) async fn connect(&self, account: &Account) -> Result<Vec<Region>, Error> {
        let link = self.link.with(&account.access);
        let regions = Region::connect(&link, &account.regions, account.account_id.as_deref());
        self.unless_stopped(regions).await
    }

    /// Waits for something that changes nothing, unless the wish to end comes first.
    pub(crate) async fn unless_stopped<T, E>(
        &self,
        work: impl Future<Output = Result<T, E>>,
    ) -> Result<T, Error>
    where
        Error: From<E>,
    {
        tokio::select! {
            biased;
            () = self.stop.given() => Err(Error::Interrupted),
            done = work => Ok(done?),
        }
    }
}

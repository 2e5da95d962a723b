//! Everything that a redrive needs from outside, in one place: a test has a world of its own.

use std::future::Future;

use tokio::sync::watch;

use super::Message;
use crate::aws::AwsError;

/// Messages of one call at most. Source: `ReceiveMessage` and `SendMessageBatch` in the SQS API
/// reference.
pub(super) const BATCH: usize = 10;

/// What became of each entry of a batch: nothing where it was taken, or else why not.
pub(super) type Entries = Vec<Option<String>>;

/// The dead letters of one region, and the ways back from there.
///
/// What a call says of a whole batch is an error; what it says of one of up to [`BATCH`] entries is in
/// [`Entries`].
pub(crate) trait World: Clone + Send + Sync + 'static {
    /// How many dead letters there are, roughly.
    fn count(&self) -> impl Future<Output = Result<usize, AwsError>> + Send;
    /// Takes up to [`BATCH`] dead letters, and hides them until they are given back or some minutes are over.
    fn receive(&self) -> impl Future<Output = Result<Vec<Message>, AwsError>> + Send;
    /// Shows dead letters again, by receipt.
    fn give_back(
        &self,
        receipts: &[String],
    ) -> impl Future<Output = Result<Entries, AwsError>> + Send;
    /// Removes dead letters, by receipt.
    fn delete(&self, receipts: &[String])
    -> impl Future<Output = Result<Entries, AwsError>> + Send;
    /// Queues incidents, by body.
    fn queue(&self, bodies: &[String]) -> impl Future<Output = Result<Entries, AwsError>> + Send;
    /// Hands a payload to a function, which Lambda keeps until it has taken it.
    fn invoke(
        &self,
        function: &str,
        payload: &str,
    ) -> impl Future<Output = Result<(), AwsError>> + Send;
    /// Whether a person wants it to end.
    fn is_stopped(&self) -> bool;
}

/// The wish of the person at the terminal that it end.
#[derive(Clone, Debug)]
pub(crate) struct Stop(watch::Receiver<bool>);

impl Stop {
    /// Listens for Ctrl-C from now on.
    pub(crate) fn on_interrupt() -> Self {
        let (sender, stop) = watch::channel(false);
        tokio::spawn(async move {
            if tokio::signal::ctrl_c().await.is_ok() {
                sender.send_replace(true);
            }
            // Whoever waits for the wish waits as long as nobody has it.
            sender.closed().await;
        });
        Self(stop)
    }

    /// Whether there is such a wish.
    pub(crate) fn is_given(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits for it.
    pub(crate) async fn given(&self) {
        drop(self.0.clone().wait_for(|given| *given).await);
    }
}

//! Everything that a redrive needs from outside, in one place: a test has ports of its own.

use std::future::Future;

use jiff::Timestamp;

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
pub(crate) trait Ports: Clone + Send + Sync + 'static {
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
    /// The keys of records in the bucket of failed events, up to `most`, and when each was written.
    fn records(
        &self,
        most: usize,
    ) -> impl Future<Output = Result<Vec<(String, Option<Timestamp>)>, AwsError>> + Send;
    /// Reads a record, by key; nothing where it is gone.
    fn record(&self, key: &str) -> impl Future<Output = Result<Option<String>, AwsError>> + Send;
    /// Removes records, by key.
    fn delete_records(
        &self,
        keys: &[String],
    ) -> impl Future<Output = Result<Entries, AwsError>> + Send;
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

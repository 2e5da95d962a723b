//! Calls that are tried again, and lists that come in pages: each with an end.

use std::{cell::Cell, time::Duration};

use super::{facts::Why, port::Clock};
use crate::aws::{CallError, Page};

/// Pauses between the attempts of one call, in milliseconds: 23 seconds in all, and jitter makes them longer.
const PAUSES: [u64; 7] = [250, 500, 1_000, 2_000, 4_000, 7_500, 8_000];
/// Pages of a list that are read at most: a token that never ends must not end the function.
pub(super) const PAGES: usize = 2_000;

/// Makes calls until a point in time.
#[derive(Debug)]
pub(super) struct Caller<'a, C> {
    pub(super) clock: &'a C,
    /// When the last call must be over, since the run began.
    pub(super) until: Duration,
    /// How many calls were made.
    pub(super) calls: Cell<usize>,
}

/// What was read of a list, and why that is not all of it.
#[derive(Debug)]
pub(super) struct Listing<T> {
    pub(super) items: Vec<T>,
    /// Of how many things the service cannot say anything.
    pub(super) errors: usize,
    pub(super) gap: Option<Why>,
}

impl<C: Clock> Caller<'_, C> {
    /// Makes a call, and again while it fails for reasons that pass.
    pub(super) async fn call<T>(
        &self,
        mut attempt: impl AsyncFnMut() -> Result<T, CallError>,
    ) -> Result<T, Why> {
        let mut pauses = PAUSES.iter();
        loop {
            let left = self.until.saturating_sub(self.clock.elapsed());
            if left.is_zero() {
                return Err(Why::OutOfTime);
            }
            self.calls.set(self.calls.get() + 1);
            let error = match self.clock.within(left, attempt()).await {
                None => return Err(Why::OutOfTime),
                Some(Ok(value)) => return Ok(value),
                Some(Err(error)) => error,
            };
            let pause = pauses
                .next()
                .filter(|_| error.reason().is_passing())
                .map(|it| Duration::from_millis(*it).mul_f64(1.0 + self.clock.jitter() / 2.0));
            match pause {
                Some(pause) if self.clock.elapsed() + pause < self.until => {
                    self.clock.sleep(pause).await;
                }
                _ => return Err(Why::from(&error)),
            }
        }
    }

    /// Reads a list page by page. What was read before a page that fails is kept.
    pub(super) async fn pages<T>(
        &self,
        mut page: impl AsyncFnMut(Option<&str>) -> Result<Page<T>, CallError>,
    ) -> Listing<T> {
        let mut listing = Listing {
            items: Vec::new(),
            errors: 0,
            gap: None,
        };
        let mut token: Option<String> = None;
        for _ in 0..PAGES {
            let read = self.call(async || page(token.as_deref()).await).await;
            let read = match read {
                Ok(read) => read,
                Err(why) => {
                    listing.gap = Some(why);
                    return listing;
                }
            };
            listing.items.extend(read.items);
            listing.errors += read.errors;
            if read.next.is_none() {
                return listing;
            }
            if read.next == token {
                break;
            }
            token = read.next;
        }
        listing.gap = Some(Why::TooManyPages);
        listing
    }
}

//! A clock that only waiting moves, and whoever waits for it.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeSet,
    future::poll_fn,
    pin::Pin,
    task::{Context, Poll, Waker},
    time::Duration,
};

use jiff::Timestamp;

/// Something that happens while time passes.
pub(crate) type Task<'a> = Pin<Box<dyn Future<Output = ()> + 'a>>;

/// The time, and chance, which is the same in every run.
pub(crate) struct Clock {
    now: Cell<Timestamp>,
    next: RefCell<BTreeSet<Timestamp>>,
    waiting: RefCell<Vec<Waker>>,
    chance: Cell<u64>,
}

impl Clock {
    pub(crate) fn new(now: Timestamp, seed: u64) -> Self {
        Self {
            now: Cell::new(now),
            next: RefCell::default(),
            waiting: RefCell::default(),
            chance: Cell::new(seed),
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.now.get()
    }

    /// A number from 0 to 1. The generator is Knuth's (MMIX).
    pub(crate) fn chance(&self) -> f64 {
        let next = self
            .chance
            .get()
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        self.chance.set(next);
        let high = u32::try_from(next >> 32).unwrap_or_default();
        f64::from(high) / f64::from(u32::MAX)
    }

    pub(crate) async fn sleep(&self, time: Duration) {
        let end = self.now().checked_add(time).unwrap();
        self.until(|| Err::<(), _>(end)).await;
    }

    /// Waits for an answer. Until there is one, `ask` says when it is to be asked again at the latest;
    /// at that time the wait is over.
    pub(crate) async fn until<T: Default>(&self, ask: impl Fn() -> Result<T, Timestamp>) -> T {
        poll_fn(|context| match ask() {
            Ok(answer) => Poll::Ready(answer),
            Err(later) if later <= self.now() => Poll::Ready(T::default()),
            Err(later) => {
                self.next.borrow_mut().insert(later);
                self.waiting.borrow_mut().push(context.waker().clone());
                Poll::Pending
            }
        })
        .await
    }

    /// Goes from one point in time at which something happens to the next, until all have ended.
    pub(crate) fn run(&self, mut tasks: Vec<Task<'_>>) {
        let mut context = Context::from_waker(Waker::noop());
        loop {
            self.next.borrow_mut().clear();
            self.waiting.take().iter().for_each(Waker::wake_by_ref);
            tasks.retain_mut(|task| task.as_mut().poll(&mut context).is_pending());
            let next = self.next.borrow().first().copied();
            match next {
                Some(next) => self.now.set(next),
                None => break,
            }
        }
        assert!(tasks.is_empty(), "somebody waits for nothing");
    }
}

//! A clock that stands still while anything happens, and jumps to what is waited for when nothing does.

use std::{
    collections::BTreeMap,
    future::Future,
    pin::{Pin, pin},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
    time::{Duration, SystemTime},
};

use aws_smithy_async::{
    rt::sleep::{AsyncSleep, Sleep},
    time::TimeSource,
};

/// A clock that stands still while anything happens.
#[derive(Clone, Debug)]
pub(crate) struct VirtualClock(Arc<Mutex<Inner>>);

#[derive(Debug)]
struct Inner {
    now: SystemTime,
    next: u64,
    sleepers: BTreeMap<(SystemTime, u64), Waker>,
}

/// Whatever nobody may wait for any longer: it would be waited for without end.
pub(crate) const ENDLESS: Duration = Duration::from_hours(6);

impl VirtualClock {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Mutex::new(Inner {
            now: SystemTime::UNIX_EPOCH + Duration::from_hours(500_000),
            next: 0,
            sleepers: BTreeMap::new(),
        })))
    }

    pub(crate) fn now(&self) -> SystemTime {
        self.0.lock().unwrap().now
    }

    /// Another clock that shows the same.
    pub(crate) fn copy(&self) -> Self {
        let copy = Self::new();
        copy.0.lock().unwrap().now = self.now();
        copy
    }

    /// Lets time pass while nobody looks.
    pub(crate) fn skip(&self, duration: Duration) {
        self.0.lock().unwrap().now += duration;
    }

    fn sleep_for(&self, duration: Duration) -> Sleeping {
        let mut inner = self.0.lock().unwrap();
        inner.next += 1;
        Sleeping {
            clock: self.clone(),
            key: (inner.now + duration, inner.next),
        }
    }

    /// Jumps to the first sleeper; whether there is one.
    fn advance(&self) -> bool {
        let mut inner = self.0.lock().unwrap();
        let Some((key, waker)) = inner.sleepers.pop_first() else {
            return false;
        };
        inner.now = inner.now.max(key.0);
        drop(inner);
        waker.wake();
        true
    }

    /// Runs something to its end, in no time. Nothing where it would have no end.
    pub(crate) fn run<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        let end = self.now() + ENDLESS;
        let mut work = pin!(work);
        runtime.block_on(std::future::poll_fn(|outer| {
            let flag = Arc::new(Flag(AtomicBool::new(false)));
            let waker = Waker::from(Arc::clone(&flag));
            if let Poll::Ready(done) = work.as_mut().poll(&mut Context::from_waker(&waker)) {
                return Poll::Ready(Some(done));
            }
            let is_woken = flag.0.load(Ordering::SeqCst);
            if !is_woken && (!self.advance() || self.now() > end) {
                return Poll::Ready(None);
            }
            outer.waker().wake_by_ref();
            Poll::Pending
        }))
    }
}

struct Flag(AtomicBool);

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::SeqCst);
    }
}

#[derive(Debug)]
struct Sleeping {
    clock: VirtualClock,
    key: (SystemTime, u64),
}

impl Future for Sleeping {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut inner = self.clock.0.lock().unwrap();
        if inner.now >= self.key.0 {
            return Poll::Ready(());
        }
        let old = inner.sleepers.insert(self.key, context.waker().clone());
        drop(inner);
        drop(old);
        Poll::Pending
    }
}

impl Drop for Sleeping {
    fn drop(&mut self) {
        let waker = self
            .clock
            .0
            .lock()
            .ok()
            .and_then(|mut inner| inner.sleepers.remove(&self.key));
        drop(waker);
    }
}

impl AsyncSleep for VirtualClock {
    fn sleep(&self, duration: Duration) -> Sleep {
        Sleep::new(self.sleep_for(duration))
    }
}

impl TimeSource for VirtualClock {
    fn now(&self) -> SystemTime {
        Self::now(self)
    }
}

//! The wish that a run end: Ctrl-C, or a request to terminate. The one place that listens for either.

use tokio::{
    signal::unix::{SignalKind, signal},
    sync::watch,
};

/// The wish of a person or a supervisor that a run end.
///
/// From the first of these on, signals no longer end the process by themselves: whoever listens has to.
#[derive(Clone, Debug)]
pub struct Stop(watch::Receiver<u32>);

/// Whoever can give a [`Stop`] without a signal.
#[derive(Clone, Debug)]
pub struct StopSwitch(watch::Sender<u32>);

impl StopSwitch {
    /// Wishes the end; a second time, at once.
    pub fn stop(&self) {
        self.0
            .send_modify(|wishes| *wishes = wishes.saturating_add(1));
    }
}

impl Stop {
    /// One that is given by a switch, for a run that is not a process of its own.
    pub fn by_hand() -> (StopSwitch, Self) {
        let (sender, stop) = watch::channel(0);
        (StopSwitch(sender), Self(stop))
    }

    /// Listens for SIGINT (Ctrl-C) and SIGTERM from now on. Must be called in a runtime.
    pub fn on_signal() -> Self {
        let (sender, stop) = watch::channel(0);
        for kind in [SignalKind::interrupt(), SignalKind::terminate()] {
            // Where the system does not let us listen, the signal ends the process as it always does.
            let Ok(mut signals) = signal(kind) else {
                continue;
            };
            let switch = StopSwitch(sender.clone());
            tokio::spawn(async move {
                loop {
                    tokio::select! {
                        Some(()) = signals.recv() => switch.stop(),
                        // Nobody waits for it any more.
                        () = switch.0.closed() => break,
                    }
                }
            });
        }
        Self(stop)
    }

    /// Whether there is such a wish.
    pub fn is_given(&self) -> bool {
        *self.0.borrow() > 0
    }

    /// Waits for it.
    pub async fn given(&self) {
        self.wished(1).await;
    }

    /// Waits until it is wished for a second time: then nothing is cleaned up any more.
    pub async fn insisted(&self) {
        self.wished(2).await;
    }

    async fn wished(&self, times: u32) {
        if self
            .0
            .clone()
            .wait_for(|wishes| *wishes >= times)
            .await
            .is_err()
        {
            // Nobody listens: then nobody can have the wish.
            std::future::pending::<()>().await;
        }
    }
}

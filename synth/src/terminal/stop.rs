//! The wish that a run end: Ctrl-C, or a request to terminate. The one place that listens for either.

use tokio::{
    signal::unix::{SignalKind, signal},
    sync::watch,
};

/// The wish of a person or a supervisor that a run end.
///
/// From the first of these on, signals no longer end the process by themselves: whoever listens has to.
#[derive(Clone, Debug)]
pub struct Stop(watch::Receiver<bool>);

/// Whoever can give a [`Stop`] without a signal.
#[derive(Clone, Debug)]
pub struct StopSwitch(watch::Sender<bool>);

impl StopSwitch {
    /// Wishes the end.
    pub fn stop(&self) {
        self.0.send_replace(true);
    }
}

impl Stop {
    /// One that is given by a switch, for a run that is not a process of its own.
    pub fn by_hand() -> (StopSwitch, Self) {
        let (sender, stop) = watch::channel(false);
        (StopSwitch(sender), Self(stop))
    }

    /// Listens for SIGINT (Ctrl-C) and SIGTERM from now on. Must be called in a runtime.
    pub fn on_signal() -> Self {
        let (sender, stop) = watch::channel(false);
        for kind in [SignalKind::interrupt(), SignalKind::terminate()] {
            // Where the system does not let us listen, the signal ends the process as it always does.
            let Ok(mut signals) = signal(kind) else {
                continue;
            };
            let sender = sender.clone();
            tokio::spawn(async move {
                tokio::select! {
                    Some(()) = signals.recv() => drop(sender.send_replace(true)),
                    // Nobody waits for it any more.
                    () = sender.closed() => {}
                }
            });
        }
        Self(stop)
    }

    /// Whether there is such a wish.
    pub fn is_given(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits for it.
    pub async fn given(&self) {
        if self.0.clone().wait_for(|given| *given).await.is_err() {
            // Nobody listens: then nobody can have the wish.
            std::future::pending::<()>().await;
        }
    }
}

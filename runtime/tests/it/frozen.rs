//! Rows 4 and 16: connections that died while the function was frozen. Between two invocations nothing
//! of a function runs, so it learns of their end by using them.

use std::thread::JoinHandle;

use jiff::SignedDuration;
use runtime::http::web_roots;
use tokio::{
    runtime::{Builder, Handle, Runtime},
    sync::oneshot,
};

use crate::{
    aws::{Aws, Cut},
    hostile::{Receiver, Step, answer},
    setting::{Disposition, Setting, secret},
};

/// A thread on which the rest of the world goes on while the function is frozen.
struct Elsewhere {
    handle: Handle,
    end: oneshot::Sender<()>,
    thread: JoinHandle<()>,
}

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

impl Elsewhere {
    fn begin() -> Self {
        let runtime = runtime();
        let handle = runtime.handle().clone();
        let (end, ended) = oneshot::channel();
        let thread = std::thread::spawn(move || drop(runtime.block_on(ended)));
        Self {
            handle,
            end,
            thread,
        }
    }

    fn end(self) {
        drop(self.end);
        self.thread.join().unwrap();
    }
}

/// Sixty invocations, and as many times at which every connection dies: AWS's with a word or without
/// one, the receiver's by falling silent. Each invocation reads the secret, which is old by then, and
/// sends once to the receiver, which rejects, and once to the dead letters.
#[test]
fn a_connection_that_died_costs_nothing() {
    for how in [Cut::Closed, Cut::Reset] {
        let elsewhere = Elsewhere::begin();
        let rejects = Step::Send(answer(413, &[], ""));
        let script = vec![Step::Read, rejects, Step::Hang];
        let receiver = elsewhere.handle.block_on(Receiver::plain([script]));
        let stored = secret(&receiver.origin(), "secret");
        let aws = elsewhere.handle.block_on(Aws::that_cuts(stored, how));
        let function = runtime();
        let mut setting = Setting::around(aws, &web_roots());
        for number in 1..=30 {
            let name = number.to_string();
            let ended = function.block_on(setting.deliver(&[&name]));
            assert!(
                matches!(ended.disposition(), Disposition::Dead(_)),
                "{how:?}, {number}: {ended:?}"
            );
            let sent = (ended.attempts().len(), receiver.seen().requests.len());
            assert_eq!(sent, (1, number), "{how:?}: {ended:?}");
            assert_eq!(setting.aws.state().reads, number, "{how:?}: {ended:?}");
            setting.skip(SignedDuration::from_mins(6));
            elsewhere.handle.block_on(setting.aws.cut());
        }
        drop((setting, receiver));
        elsewhere.end();
    }
}

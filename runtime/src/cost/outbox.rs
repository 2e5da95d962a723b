//! The queue of incidents, which is tried for as long as there is time.

use std::time::Duration;

use super::Outbox;
use crate::{
    aws::{CallError, sqs::Sqs},
    persistence::{Time, persist},
};

/// How long queuing one incident may take: as often as that is possible, so that a queue that is away for a moment
/// costs no second run.
const QUEUING: Duration = Duration::from_secs(20);
/// What queuing leaves: to note that it is queued, and to log.
const AFTER: Duration = Duration::from_secs(8);

/// The queue of incidents, from one invocation.
#[derive(Debug)]
pub(super) struct Incidents<'a, T> {
    pub(super) sqs: &'a Sqs,
    pub(super) queue_url: &'a str,
    pub(super) time: T,
    /// When the function must have ended, since `time` began.
    pub(super) end: Duration,
}

impl<T: Time> Outbox for Incidents<'_, T> {
    async fn send(&self, body: &str) -> Result<(), CallError> {
        let until = self.time.elapsed() + QUEUING;
        let until = until.min(self.end.saturating_sub(AFTER));
        let send = async |within| self.sqs.send_once(self.queue_url, body, within).await;
        persist(&self.time, until, send).await
    }
}

#[cfg(test)]
mod tests {
    use std::{
        cell::Cell,
        io::{BufRead as _, BufReader, Read as _, Write as _},
        net::TcpListener,
        thread,
    };

    use super::*;
    use crate::{
        http::{Reuse, client, web_roots},
        settings::Environment,
    };

    /// Time that passes only when somebody waits.
    #[derive(Default)]
    struct Played(Cell<Duration>);

    impl Time for Played {
        fn elapsed(&self) -> Duration {
            self.0.get()
        }

        fn jitter(&self) -> f64 {
            0.5
        }

        async fn sleep(&self, time: Duration) {
            self.0.set(self.0.get() + time);
        }
    }

    /// Queues with a queue that refuses so many times; says whether that was done, and how long it took.
    async fn queue(refusals: usize, end: Duration) -> (bool, Duration) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        thread::spawn(move || {
            for number in 0.. {
                let (mut stream, _) = listener.accept().unwrap();
                let mut reader = BufReader::new(stream.try_clone().unwrap());
                let (mut line, mut length) = (String::new(), 0);
                while reader.read_line(&mut line).is_ok_and(|read| read > 2) {
                    let value = line.to_ascii_lowercase();
                    if let Some(value) = value.strip_prefix("content-length:") {
                        length = value.trim().parse().unwrap();
                    }
                    line.clear();
                }
                let _ = reader.read_exact(&mut vec![0; length]);
                let status = if number < refusals {
                    "503 Away"
                } else {
                    "200 OK"
                };
                let _ = write!(
                    stream,
                    "HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{{}}"
                );
            }
        });
        let variables = [
            ("AWS_ENDPOINT_URL", endpoint.as_str()),
            ("AWS_REGION", "eu-central-1"),
            ("AWS_ACCESS_KEY_ID", "key"),
            ("AWS_SECRET_ACCESS_KEY", "secret"),
        ];
        let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let environment = Environment::new(variables);
        let http = client(web_roots(), Reuse::Connections).unwrap();
        let outbox = Incidents {
            sqs: &Sqs::new(http, &environment).unwrap(),
            queue_url: "queue",
            time: Played::default(),
            end,
        };
        let sent = outbox.send("{}").await.is_ok();
        (sent, outbox.time.elapsed())
    }

    #[tokio::test]
    async fn a_queue_that_is_away_for_seconds_costs_no_second_run() {
        let (sent, took) = queue(6, Duration::from_mins(5)).await;
        assert!(sent && took > Duration::from_secs(9), "{took:?}");
        let (sent, took) = queue(usize::MAX, Duration::from_mins(5)).await;
        assert!(!sent && took <= QUEUING, "{took:?}");
        // Whatever time there is, some is left.
        let (sent, took) = queue(usize::MAX, AFTER + Duration::from_secs(4)).await;
        assert!(!sent && took <= Duration::from_secs(4), "{took:?}");
    }
}

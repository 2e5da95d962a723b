//! Row 16: a function that is killed at any moment loses nothing, and sends the same at most twice.

use std::{process::Command, sync::Arc};

use crate::{
    aws::Aws,
    hostile::{CONFIRMED, Receiver, Script, Step, answer, confirms},
    lambda::Lambda,
    setting::{batch, envelope, secret},
};

/// When a function is killed.
#[derive(Clone, Copy, Debug)]
enum Moment {
    /// Before it is given anything.
    Started,
    /// After the receiver has read so many bytes of the request; 0 is when it has a connection.
    Sending(usize),
    /// After the whole request, and so many bytes of the answer.
    Answered(usize),
    /// When it answers Lambda.
    Telling,
}

/// Ends a process without a warning.
fn kill(process: u32) {
    let killed = Command::new("kill")
        .args(["-KILL", &process.to_string()])
        .status();
    assert!(killed.unwrap().success());
}

#[tokio::test]
async fn a_function_that_is_killed_loses_nothing() {
    let answer = answer(200, &[], CONFIRMED);
    let sending = [0, 1, 16, 50, 100, 150, 200, 250, 300, 400].map(Moment::Sending);
    let bytes = [0, 1, 9, 17, 30, 40, 50, answer.len() - 1];
    let answered = bytes.map(Moment::Answered);
    let mut duplicates = 0;
    let moments = sending.into_iter().chain(answered);
    for moment in moments.chain([Moment::Started, Moment::Telling]) {
        duplicates += survives(moment, &answer).await;
    }
    // Killed after the receiver had it: nobody could tell.
    assert_eq!(duplicates, bytes.len());
}

/// Returns how often the incident arrived too often.
async fn survives(moment: Moment, answer: &[u8]) -> usize {
    let event = batch(&[envelope("a")], 1);
    let victim = Arc::new(std::sync::OnceLock::new());
    let process = Arc::clone(&victim);
    let kill_it = Step::Then(Arc::new(move || kill(*process.get().unwrap())));
    let script: Script = match moment {
        Moment::Started | Moment::Telling => confirms(),
        Moment::Sending(0) => vec![kill_it],
        Moment::Sending(bytes) => vec![Step::ReadBytes(bytes), kill_it],
        Moment::Answered(bytes) => {
            let part = answer[..bytes].to_vec();
            vec![Step::Read, Step::Send(part), kill_it]
        }
    };
    let receiver = Receiver::plain([script, confirms()]).await;
    let aws = Aws::with(secret(&receiver.origin(), "secret")).await;
    let mut first = Lambda::start(&aws, &[]).await;
    let id = first.id();
    victim.set(id).unwrap();
    match moment {
        Moment::Started => kill(id),
        Moment::Telling => {
            *first.before_answer.lock().unwrap() = Some(Box::new(move || kill(id)));
        }
        Moment::Sending(_) | Moment::Answered(_) => {}
    }
    let answer = first.invoke(event.clone()).await;
    assert_eq!(answer, None, "{moment:?}: it was killed");

    // Nobody told SQS to delete the message, so it comes back, when what the first had claimed is over.
    aws.state().ledger.end_claims();
    let mut second = Lambda::start(&aws, &[]).await;
    let answer = second.invoke(event).await;
    assert_eq!(
        answer.as_deref(),
        Some(r#"{"batchItemFailures":[]}"#),
        "{moment:?}"
    );
    second.end().await;
    let requests = receiver.requests();
    assert!((1..=2).contains(&requests.len()), "{moment:?}");
    assert!(
        requests.iter().all(|it| it.body == requests[0].body),
        "{moment:?}"
    );
    requests.len() - 1
}

//! What it costs to send the incidents of a group as one: calls of the ledger, and time.

use std::{path::Path, time::Duration};

use crate::{
    events::{alone, storm},
    lambda::{Event, Lambda},
    outside::{Outside, grouped},
    unzip,
};

const LEGEND: &str = "
With the ledger, of each incident: calls that read it and that write it, incidents that the agent was
sent, and time on a processor in microseconds. It comes twice: when it arrives, and when its group has
waited. In calm each is a group of its own. The storm is of a hundred groups in one batch; the budget allows
six reports, of which the last is a digest of all the others.
";

/// Incidents in calm.
const CALM: usize = 20;
/// Incidents in a storm.
const STORM: usize = 1_000;
/// Longer than a group waits here, and than it is left alone when it has waited.
const WAIT: Duration = Duration::from_millis(3_200);

/// Prints the section.
pub(crate) async fn report(scratch: &Path) {
    println!("{LEGEND}");
    row("", &["incidents", "reads", "writes", "sent", "CPU us"]);
    let calm = Scenario {
        name: "calm",
        per_hour: 1_000,
        incidents: CALM,
        events: (1..=CALM).map(alone).collect(),
    };
    let written = calm.play(scratch).await;
    assert_eq!(
        written,
        3 * CALM,
        "an incident in calm is recorded, claimed and sent"
    );
    let storm = Scenario {
        name: "storm",
        per_hour: 6,
        incidents: STORM,
        events: vec![storm(STORM)],
    };
    storm.play(scratch).await;
}

struct Scenario {
    name: &'static str,
    /// Investigations that the budget allows in an hour.
    per_hour: u32,
    /// How many incidents the events hold.
    incidents: usize,
    events: Vec<Event>,
}

impl Scenario {
    /// Hands the events to the function twice, as the queue does. Returns how often the ledger was
    /// written.
    async fn play(&self, scratch: &Path) -> usize {
        let outside = Outside::listen(None, None).await;
        let mut environment = outside.environment();
        environment.extend(grouped(self.per_hour));
        let (deliver, _) = unzip("deliver", &environment, scratch);
        let mut lambda = Lambda::start(&deliver, None).await;
        let seen = |lambda: &Lambda| (outside.table.calls(), outside.sent(), lambda.cpu());
        let mut written = 0;
        // What is connected and read once is not what an incident costs.
        lambda.invoke(&alone(0)).await;
        tokio::time::sleep(WAIT).await;
        lambda.invoke(&alone(0)).await;
        for phase in ["arriving", "due"] {
            let (calls, sent, cpu) = seen(&lambda);
            for event in &self.events {
                lambda.invoke(event).await;
            }
            let (calls_after, sent_after, cpu_after) = seen(&lambda);
            let writes = calls_after.writes - calls.writes;
            let cpu = cpu_after
                .zip(cpu)
                .map(|(after, before)| after.saturating_sub(before));
            row(
                &format!("{}, {phase}", self.name),
                &[
                    &self.incidents.to_string(),
                    &self.each(calls_after.reads - calls.reads),
                    &self.each(writes),
                    &self.each(sent_after - sent),
                    &cpu.map_or_else(|| "-".to_owned(), |it| self.share(it)),
                ],
            );
            written += writes;
            tokio::time::sleep(WAIT).await;
        }
        lambda.end();
        written
    }

    #[expect(clippy::cast_precision_loss, reason = "a report")]
    fn each(&self, count: usize) -> String {
        format!("{:.2}", count as f64 / self.incidents as f64)
    }

    fn share(&self, time: Duration) -> String {
        (time.as_micros() / self.incidents as u128).to_string()
    }
}

fn row(name: &str, cells: &[&str; 5]) {
    print!("{name:<20}");
    for cell in cells {
        print!(" {cell:>9}");
    }
    println!();
}

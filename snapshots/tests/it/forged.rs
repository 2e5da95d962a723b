//! Text from events cannot pose as ours: whatever it holds, none of its lines begins a line of a report.

use runtime::decision::Decision;
use serde_json::{Value as Json, json};

use crate::mutations::{SAMPLES, pointers};

/// What ends a line somewhere.
const LINE_ENDS: [&str; 8] = [
    "\n", "\r\n", "\r", "\u{b}", "\u{c}", "\u{85}", "\u{2028}", "\u{2029}",
];

fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| LINE_ENDS.iter().any(|it| it.starts_with(c)))
}

#[track_caller]
fn has_no_line_of_its_own(text: &str, event: &Json) {
    for line in lines(text) {
        let is_forged = ["FORGED", "- FORGED"].iter().any(|it| line.starts_with(it));
        assert!(!is_forged, "{text}\n\n{event:#}");
    }
}

#[test]
fn no_line_that_an_event_supplied_begins_a_section() {
    let mut incidents = 0;
    for (sample, decide) in SAMPLES.iter() {
        let mut places = Vec::new();
        pointers(sample, "", &mut places);
        for place in &places {
            let Some(original) = sample.pointer(place).and_then(Json::as_str) else {
                continue;
            };
            for end in LINE_ENDS {
                let mut event = sample.clone();
                let forged = format!("{original}{end}{end}FORGED:{end}- FORGED{end}FORGED");
                *event.pointer_mut(place).unwrap() = json!(forged);
                let Ok(Decision::Investigate(finding)) = decide(&event) else {
                    continue;
                };
                incidents += 1;
                let (incident, group) = (&finding.incident, &finding.group);
                has_no_line_of_its_own(incident.description(), &event);
                for line in [
                    incident.title(),
                    incident.service(),
                    &group.name,
                    &group.cause,
                ] {
                    assert_eq!(lines(line).count(), 1, "{line}\n\n{event:#}");
                }
            }
        }
    }
    assert!(incidents > 5_000, "{incidents}");
}

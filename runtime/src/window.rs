//! The time within which failures of one kind are one incident.

use std::fmt;

use jiff::Timestamp;

/// In seconds: as long as the agent itself looks back for what belongs together. Source: "Autonomous
/// incident response" in the AWS DevOps Agent user guide.
const LENGTH: i64 = 20 * 60;

/// One of the windows that time is divided into. Shown as its number, counted from 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window(i64);

impl Window {
    /// The window that a point in time is in.
    pub fn of(at: Timestamp) -> Self {
        Self(at.as_second().div_euclid(LENGTH))
    }

    /// When the next window begins.
    pub fn end(self) -> Option<Timestamp> {
        Timestamp::from_second((self.0 + 1) * LENGTH).ok()
    }
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_begin_on_the_hour_and_take_twenty_minutes() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let window = Window::of(at("2026-01-02T03:20:00Z"));
        assert_eq!(window, Window::of(at("2026-01-02T03:39:59.999Z")));
        assert_eq!(window.end(), Some(at("2026-01-02T03:40:00Z")));
        for other in ["2026-01-02T03:19:59.999Z", "2026-01-02T03:40:00Z"] {
            assert_ne!(window, Window::of(at(other)), "{other}");
        }
        assert_eq!(Window::of(Timestamp::MAX).end(), None);
        assert_eq!(Window::of(at("1969-12-31T23:59:59Z")).to_string(), "-1");
    }
}

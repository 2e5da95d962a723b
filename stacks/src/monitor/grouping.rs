//! Which incidents are sent as one.

use std::time::Duration;

use super::duration;

/// Which incidents of a group are sent as one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Grouping {
    /// How long the first of a group waits for others.
    pub wait: GroupWait,
    /// How long after the first an incident is one more of the same group.
    pub window: GroupWindow,
}

/// How long the first incident of a group waits for others: 5 seconds to 5 minutes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GroupWait(u32);

/// How long after its first an incident belongs to a group: 5 to 60 minutes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GroupWindow(u32);

/// A duration that no group can have.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidGrouping {
    /// It is no duration at all.
    #[error("`{0}` is not a duration, such as `30 seconds` or `5 minutes`")]
    Duration(String),
    /// Too short for a storm to gather, or too long to wait.
    #[error("`{0}`: the first of a group waits 5 seconds to 5 minutes")]
    Wait(String),
    /// Too short for one problem, or long enough for the next.
    #[error("`{0}`: what is one problem comes within 5 to 60 minutes")]
    Window(String),
}

impl GroupWait {
    /// Reads `30 seconds` or `2 minutes`.
    ///
    /// # Errors
    ///
    /// Returns an [`InvalidGrouping`] if the text is not a duration, or is not between 5 seconds and 5 minutes.
    pub fn parse(text: &str) -> Result<Self, InvalidGrouping> {
        match seconds(text)? {
            Some(seconds @ 5..=300) => Ok(Self(seconds)),
            _ => Err(InvalidGrouping::Wait(text.to_owned())),
        }
    }

    /// The length.
    pub fn get(self) -> Duration {
        Duration::from_secs(self.0.into())
    }
}

impl Default for GroupWait {
    fn default() -> Self {
        Self(30)
    }
}

impl GroupWindow {
    /// Reads `20 minutes` or `1 hour`.
    ///
    /// # Errors
    ///
    /// Returns an [`InvalidGrouping`] if the text is not a duration, or is not between 5 minutes and an hour.
    pub fn parse(text: &str) -> Result<Self, InvalidGrouping> {
        match seconds(text)? {
            Some(seconds @ 300..=3_600) => Ok(Self(seconds)),
            _ => Err(InvalidGrouping::Window(text.to_owned())),
        }
    }

    /// The length.
    pub fn get(self) -> Duration {
        Duration::from_secs(self.0.into())
    }
}

impl Default for GroupWindow {
    fn default() -> Self {
        Self(20 * 60)
    }
}

/// The seconds of a duration, or nothing if they are too many or too few to count.
fn seconds(text: &str) -> Result<Option<u32>, InvalidGrouping> {
    let seconds =
        duration::seconds(text).ok_or_else(|| InvalidGrouping::Duration(text.to_owned()))?;
    Ok(seconds.try_into().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_a_group_waits_seconds_or_minutes() {
        for (text, wanted) in [("5 seconds", 5), ("1 minute", 60), ("5 minutes", 300)] {
            assert_eq!(GroupWait::parse(text).unwrap().get().as_secs(), wanted);
        }
        for text in ["4 seconds", "301 seconds", "1 hour", "-5 seconds"] {
            let wanted = InvalidGrouping::Wait(text.to_owned());
            assert_eq!(GroupWait::parse(text), Err(wanted));
        }
        for text in ["", "30", "30s", "a while"] {
            let wanted = InvalidGrouping::Duration(text.to_owned());
            assert_eq!(GroupWait::parse(text), Err(wanted));
        }
    }

    #[test]
    fn a_group_lasts_for_minutes() {
        for (text, wanted) in [("5 minutes", 300), ("300 seconds", 300), ("1 hour", 3_600)] {
            assert_eq!(GroupWindow::parse(text).unwrap().get().as_secs(), wanted);
        }
        for text in ["299 seconds", "61 minutes", "9999999999 days"] {
            let wanted = InvalidGrouping::Window(text.to_owned());
            assert_eq!(GroupWindow::parse(text), Err(wanted));
        }
    }

    #[test]
    fn defaults_are_allowed() {
        assert_eq!(GroupWait::parse("30 seconds"), Ok(GroupWait::default()));
        assert_eq!(GroupWindow::parse("20 minutes"), Ok(GroupWindow::default()));
    }
}

//! The signs in a text. Most texts have none that could precede a secret, so most searches can be skipped.

/// The ASCII characters in a text that are neither letters nor digits.
pub(super) struct Signs(u128);

impl Signs {
    pub(super) fn of(text: &str) -> Self {
        let signs = text
            .bytes()
            .filter(|byte| byte.is_ascii() && !byte.is_ascii_alphanumeric());
        Self(signs.fold(0, |signs, byte| signs | 1 << byte))
    }

    /// Whether the text has one of these.
    pub(super) fn have(&self, signs: &[u8]) -> bool {
        signs
            .iter()
            .any(|sign| sign.is_ascii() && self.0 & (1 << sign) != 0)
    }
}

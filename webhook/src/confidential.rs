//! Whether a text repeats what must not be shown.
//!
//! What a receiver says of an incident goes into the log and among the dead letters. Some receivers
//! repeat the request in it, its `Authorization` too, so its words are looked through first.

use std::fmt;

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD as BASE64, URL_SAFE_NO_PAD as BASE64_URL},
};
use secrecy::{ExposeSecret as _, SecretString};

/// As many characters in a row are no chance. Shorter parts of a URL are words such as `generic`.
const TELLING: usize = 12;

/// What must not be shown of one request.
pub struct Confidential {
    /// In each form that it may be repeated in.
    forms: Vec<SecretString>,
}

impl Confidential {
    /// `proofs` count however short they are; of `url_parts`, only what is long enough to be recognized.
    pub(crate) fn new<'a>(
        proofs: impl IntoIterator<Item = &'a str>,
        url_parts: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        let url_parts = url_parts.into_iter().filter(|it| it.len() >= TELLING);
        let forms = proofs.into_iter().chain(url_parts).flat_map(forms);
        Self {
            forms: forms.map(SecretString::from).collect(),
        }
    }

    /// Whether `text` holds any of it, as it is or encoded, in whole or in a telling part.
    pub fn is_in(&self, text: &str) -> bool {
        self.forms.iter().any(|form| {
            let form = form.expose_secret().as_bytes();
            form.windows(TELLING.min(form.len()).max(1))
                .any(|part| contains(text.as_bytes(), part))
        })
    }
}

impl fmt::Debug for Confidential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Confidential([redacted])")
    }
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|it| it == part)
}

fn forms(secret: &str) -> Vec<String> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let percent = |encode: fn(u8) -> String| {
        let byte = |it| {
            if plain(it) {
                char::from(it).to_string()
            } else {
                encode(it)
            }
        };
        secret.bytes().map(byte).collect::<String>()
    };
    let each = |encode: fn(u8) -> String| secret.bytes().map(encode).collect::<String>();
    let json = secret.replace('\\', r"\\").replace('"', r#"\""#);
    vec![
        secret.to_owned(),
        BASE64.encode(secret),
        BASE64_URL.encode(secret),
        each(|it| format!("{it:02x}")),
        each(|it| format!("{it:02X}")),
        percent(|it| format!("%{it:02x}")),
        percent(|it| format!("%{it:02X}")),
        json.replace('/', r"\/"),
        json,
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROOF: &str = "proof+of/the\"sender=";
    const PART: &str = "0a1b2c3d-0a1b-2c3d";

    #[track_caller]
    fn check(text: &str, expected: bool) {
        let it = Confidential::new([PROOF], ["webhook", PART]);
        assert_eq!(it.is_in(text), expected, "{text}");
    }

    #[test]
    fn every_form_is_found() {
        for form in forms(PROOF).into_iter().chain(forms(PART)) {
            check(&format!("not valid: '{form}'"), true);
            check(&form[..TELLING], true);
        }
    }

    /// In so many words, and not by the function that makes the forms.
    #[test]
    fn addresses_are_written_with_few_signs() {
        for form in [
            "proof%2bof%2fthe%22sender%3d",
            "proof%2Bof%2Fthe%22sender%3D",
        ] {
            check(form, true);
        }
        let it = Confidential::new(["a-long.proof_of~all"], []);
        assert!(it.is_in("a-long.proof_of~all"));
        let forms = forms("a-b.c_d~e f");
        assert!(forms.contains(&"a-b.c_d~e%20f".to_owned()), "{forms:?}");
    }

    #[test]
    fn other_words_are_not_withheld() {
        check(
            "'P2' is not one of ['CRITICAL', 'HIGH'] for this webhook",
            false,
        );
        check(&PROOF[..TELLING - 1], false);
        check("", false);
    }

    #[test]
    fn a_short_proof_counts_and_a_short_part_does_not() {
        let it = Confidential::new(["tiny"], ["generic"]);
        assert!(it.is_in("a tiny thing"));
        assert!(!it.is_in("a generic thing"));
    }

    #[test]
    fn nothing_is_shown() {
        let it = Confidential::new([PROOF], [PART]);
        assert_eq!(format!("{it:?}"), "Confidential([redacted])");
    }
}

//! Zips that are the same bytes for the same code: no times, no users, no names of machines.

use std::io::{Cursor, Read as _, Write as _};

use zip::{
    CompressionMethod, DateTime, ZipArchive, ZipWriter, result::ZipError, write::SimpleFileOptions,
};

/// The name that Lambda starts.
const BOOTSTRAP: &str = "bootstrap";

/// A zip with one executable in it.
pub(super) fn of_bootstrap(code: &[u8]) -> Result<Vec<u8>, ZipError> {
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .compression_level(Some(9))
        .last_modified_time(DateTime::default())
        .unix_permissions(0o755);
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    zip.start_file(BOOTSTRAP, options)?;
    zip.write_all(code)?;
    Ok(zip.finish()?.into_inner())
}

/// The executable in a zip.
pub(super) fn bootstrap_of(zip: &[u8]) -> Option<Vec<u8>> {
    let mut archive = ZipArchive::new(Cursor::new(zip)).ok()?;
    let mut file = archive.by_name(BOOTSTRAP).ok()?;
    let mut code = Vec::new();
    file.read_to_end(&mut code).ok()?;
    Some(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_code_is_the_same_zip() {
        let code = b"\x7fELF and so on".repeat(1_000);
        let first = of_bootstrap(&code).unwrap();
        std::thread::sleep(std::time::Duration::from_millis(10));
        assert_eq!(of_bootstrap(&code).unwrap(), first);
        assert_eq!(bootstrap_of(&first).unwrap(), code);
        let mut archive = ZipArchive::new(Cursor::new(first)).unwrap();
        let file = archive.by_index(0).unwrap();
        assert_eq!(file.unix_mode().map(|mode| mode & 0o777), Some(0o755));
        assert_eq!(file.last_modified(), Some(DateTime::default()));
    }

    #[test]
    fn what_is_no_zip_has_no_bootstrap() {
        assert_eq!(bootstrap_of(b"nonsense"), None);
    }
}

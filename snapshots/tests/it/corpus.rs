//! Every input that a fuzzer found worth keeping, and the samples that it began with.

use snapshots::{directory, fuzz::TARGETS};

fn replay(dir: &str, target: fn(&[u8])) -> usize {
    let Ok(entries) = std::fs::read_dir(directory(dir)) else {
        return 0;
    };
    let mut count = 0;
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_file() {
            target(&std::fs::read(path).unwrap());
            count += 1;
        }
    }
    count
}

#[test]
fn the_corpus_holds() {
    for (name, target) in TARGETS {
        let count = replay(&format!("fuzz/corpus/{name}"), *target);
        assert!(count > 0, "{name} has no corpus");
    }
}

/// The samples are the best seeds that there are, cut short, too.
#[test]
fn samples_hold_whole_and_cut() {
    let mut samples = 0;
    for entry in std::fs::read_dir(directory("events")).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        for length in [bytes.len(), bytes.len() / 2, bytes.len().min(7)] {
            for (_, target) in TARGETS {
                target(&bytes[..length]);
            }
        }
        samples += 1;
    }
    assert!(samples > 60);
}

//! Replays the fuzzing corpora, and as many mutations of each entry as a second allows for.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

use std::path::Path;

use leasehold_api::decoders;

/// How many mutations are made of each entry; each is as large as the entry or a little larger.
const MUTATIONS: u32 = 400;

fn replay(target: &str, decoder: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(target);
    let mut entries: Vec<_> =
        std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    assert!(entries.len() >= 5, "the corpus of {target} has only {} entries", entries.len());
    let mut chance = fastrand::Rng::with_seed(0x1ea5e);
    let corpus: Vec<Vec<u8>> = entries.iter().map(|path| std::fs::read(path).unwrap()).collect();
    for entry in &corpus {
        decoder(entry);
        for _ in 0..MUTATIONS {
            decoder(&mutated(entry, &corpus, &mut chance));
        }
    }
}

/// An entry with some bytes changed, dropped, doubled, or taken from another entry.
fn mutated(entry: &[u8], corpus: &[Vec<u8>], chance: &mut fastrand::Rng) -> Vec<u8> {
    let mut bytes = entry.to_vec();
    for _ in 0..=chance.usize(..4) {
        let at = chance.usize(..=bytes.len());
        match chance.u8(..5) {
            0 if at < bytes.len() => bytes[at] = chance.u8(..),
            1 if at < bytes.len() => bytes[at] ^= 1 << chance.u8(..8),
            2 if at < bytes.len() => drop(bytes.remove(at)),
            3 => bytes.insert(at, *b"0Z:+%-\"{}[]\\u&= ".get(chance.usize(..16)).unwrap()),
            _ => {
                let other = &corpus[chance.usize(..corpus.len())];
                let from = chance.usize(..=other.len());
                let upto = (from + chance.usize(..8)).min(other.len());
                bytes.splice(at..at, other[from..upto].iter().copied());
            }
        }
    }
    bytes
}

#[test]
fn timestamps() {
    replay("timestamp", decoders::timestamp);
}

#[test]
fn ids() {
    replay("id", decoders::id);
}

#[test]
fn queries() {
    replay("query", decoders::query);
}

#[test]
fn bodies() {
    replay("body", decoders::body);
}

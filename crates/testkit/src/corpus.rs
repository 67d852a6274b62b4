//! The fuzzing corpora, replayed as plain tests: each entry, and many mutations of it.

use std::path::Path;

/// How many mutations are made of each entry; each is as large as the entry or a little larger.
const MUTATIONS: u32 = 400;

/// Feeds a decoder with the corpus of a fuzz target.
pub fn replay(target: &str, decoder: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(target);
    let entries = std::fs::read_dir(&folder).expect("the corpus");
    let mut entries: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    entries.sort();
    assert!(entries.len() >= 5, "the corpus of {target} has only {} entries", entries.len());
    let mut chance = fastrand::Rng::with_seed(0x1ea5e);
    let read = |path| std::fs::read(path).expect("an entry");
    let corpus: Vec<Vec<u8>> = entries.iter().map(read).collect();
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
            3 => bytes.insert(at, b"0Z:+%-\"{}[]\\u&= \r\n"[chance.usize(..18)]),
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

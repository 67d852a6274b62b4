//! The journal of heartbeats, and how it is folded into the rows.
//!
//! A random row update costs SQLite many times what an append does, so a heartbeat is appended, in
//! the commit that answers it, and the head in memory is what everybody reads. From time to time
//! the newest heads are written to their rows in order of their ids, a bounded number in each
//! commit, and the part of the journal that they cover is dropped. A fold may be cut off anywhere:
//! heartbeats rise strictly for an item for ever, so replaying what a row has already taken in
//! changes nothing.

use leasehold_model::work::Ttl;
use leasehold_model::work::heartbeat::BeatRecord;
use leasehold_model::{Timestamp, WorkId};
use rusqlite::{Connection, params};

use super::books::Books;
use super::head;
use super::save::update_head;

/// How long the journal may grow while the writer is busy, in heartbeats.
const FOLD_AT: u64 = 500_000;
/// How many rows one commit of a busy writer folds.
const BUSY_STEP: usize = 256;
/// How many rows one commit of an idle writer folds.
const IDLE_STEP: usize = 1_024;
/// How many folded heartbeats are dropped for each row of a step.
const DROPS_PER_ROW: i64 = 16;

/// Appends one heartbeat.
pub(super) const APPEND: &str =
    "INSERT INTO beats (n, work, at, ttl, proof) VALUES (?1, ?2, ?3, ?4, ?5)";

/// The state of the journal, as the writer knows it.
#[derive(Default)]
pub(super) struct Journal {
    /// The number of the newest heartbeat; they are numbered from 1.
    newest: i64,
    /// The number of the newest one that has been dropped.
    dropped: i64,
    /// The items whose rows are older than their heads.
    unfolded: Vec<WorkId>,
    fold: Option<Fold>,
}

/// A fold under way.
struct Fold {
    /// What is to be folded, in descending order, so that it is taken from the end.
    left: Vec<WorkId>,
    /// The journal up to here is covered once nothing is left.
    covers: i64,
}

/// One commit's share of a fold.
#[derive(Default)]
pub(super) struct Step {
    folded: Vec<WorkId>,
    dropped: i64,
    appended: Vec<WorkId>,
    newest: i64,
}

impl Journal {
    /// Reads the journal after the heads were loaded, and replays it on them.
    pub(super) fn replay(
        db: &Connection,
        books: &mut Books,
        now: Timestamp,
    ) -> rusqlite::Result<Self> {
        let mut journal = Self::default();
        let mut statement = db.prepare("SELECT n, work, at, ttl, proof FROM beats ORDER BY n")?;
        let mut beats = statement.query([])?;
        let mut oldest = None;
        while let Some(row) = beats.next()? {
            journal.newest = row.get(0)?;
            journal.dropped = *oldest.get_or_insert(journal.newest) - 1;
            let id = WorkId::from_bytes(row.get(1)?);
            let record = BeatRecord {
                at: Timestamp::from_micros(row.get(2)?),
                ttl: Ttl::clamped(row.get::<_, u32>(3)?.into()),
                proof: head::read_proof(row.get(4)?),
            };
            if books.replay(id, record, now) && books.mark_unfolded(id) {
                journal.unfolded.push(id);
            }
        }
        Ok(journal)
    }

    /// How many heartbeats the journal holds.
    fn len(&self) -> u64 {
        u64::try_from(self.newest - self.dropped).unwrap_or(0)
    }

    /// Whether a busy writer should fold along.
    pub(super) fn is_due(&self) -> bool {
        self.fold.is_some() || self.len() >= FOLD_AT
    }

    /// Whether there is anything to fold.
    pub(super) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Folds a share: rows first; once none is left, the journal that they cover.
    ///
    /// Runs before the batch of the same commit is written, so that a row which the batch changes
    /// gets the batch's value last.
    pub(super) fn fold(
        &mut self,
        db: &Connection,
        books: &Books,
        pace: Pace,
        step: &mut Step,
    ) -> rusqlite::Result<()> {
        let rows = match pace {
            Pace::Busy => BUSY_STEP,
            Pace::Idle => IDLE_STEP,
        };
        let fold = self.fold.get_or_insert_with(|| {
            let mut left = std::mem::take(&mut self.unfolded);
            left.sort_unstable_by(|a, b| b.cmp(a));
            Fold { left, covers: self.newest }
        });
        let from = fold.left.len().saturating_sub(rows);
        if let Some(share) = fold.left.get(from..).filter(|share| !share.is_empty()) {
            for id in share.iter().rev() {
                // An item that has stopped has left the books, and its row is final.
                if let Some(work) = books.get(*id) {
                    update_head(db, work)?;
                }
            }
            step.folded = share.to_vec();
            return Ok(());
        }
        let upto =
            fold.covers.min(self.dropped + DROPS_PER_ROW * i64::try_from(rows).unwrap_or(i64::MAX));
        db.prepare_cached("DELETE FROM beats WHERE n <= ?1")?.execute([upto])?;
        step.dropped = upto;
        Ok(())
    }

    /// Appends the heartbeats of a batch.
    pub(super) fn append(
        &self,
        db: &Connection,
        beats: &[(WorkId, BeatRecord)],
        step: &mut Step,
    ) -> rusqlite::Result<()> {
        step.newest = self.newest;
        if beats.is_empty() {
            return Ok(());
        }
        let mut statement = db.prepare_cached(APPEND)?;
        for (id, beat) in beats {
            step.newest += 1;
            statement.execute(params![
                step.newest,
                id.bytes(),
                beat.at.micros(),
                beat.ttl.seconds(),
                head::proof_code(beat.proof)
            ])?;
            step.appended.push(*id);
        }
        Ok(())
    }

    /// Takes in a step that was committed. The books hold the batch's heads by now.
    pub(super) fn committed(&mut self, step: Step, books: &mut Books) {
        let Step { folded, dropped, appended, newest } = step;
        self.newest = self.newest.max(newest);
        if let Some(fold) = &mut self.fold {
            fold.left.truncate(fold.left.len() - folded.len());
            self.dropped = self.dropped.max(dropped);
            if fold.left.is_empty() && self.dropped >= fold.covers {
                self.fold = None;
            }
        }
        for id in folded {
            books.mark_folded(id);
        }
        for id in appended {
            if books.mark_unfolded(id) {
                self.unfolded.push(id);
            }
        }
    }
}

/// How much of a fold one commit takes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pace {
    /// Somebody waits for the commit.
    Busy,
    /// Nobody does.
    Idle,
}

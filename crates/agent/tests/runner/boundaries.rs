//! The process is killed at every boundary between two commits of a turn: the file as it is at that
//! moment is opened again, and the session comes to the same end.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use leasehold_model::event::{Kind, StopReason};
use leasehold_store::{Batch, Clock, Observer, Settings, Store, sqlite};

use crate::lab::{Lab, START};

/// Copies the data file after every commit, as it would be found if the process died there.
struct Camera {
    file: PathBuf,
    album: PathBuf,
    pictures: AtomicU32,
}

impl Observer for Camera {
    fn batch(&self, batch: Batch) {
        if batch.commit.is_none() {
            return;
        }
        let picture = self.album.join(self.pictures.fetch_add(1, Ordering::SeqCst).to_string());
        std::fs::create_dir(&picture).unwrap();
        for ending in ["", "-wal"] {
            let name = format!("data.db{ending}");
            std::fs::copy(self.file.with_file_name(&name), picture.join(&name)).unwrap();
        }
    }

    fn refused(&self, _: &'static str) {}

    fn failed(&self) {}

    fn lapsed(&self, _: u64) {}
}

fn open(folder: &Path, clock: &Clock, observer: Arc<dyn Observer>) -> Store {
    let settings = Settings { clock: clock.clone(), seed: Some(1), observer };
    sqlite::open(&folder.join("data.db"), settings).unwrap()
}

/// Plays the worker until the turn has ended.
async fn play_to_the_end(lab: &Lab) {
    loop {
        let log = lab.until(|log| !log.fold.status.is_active() && log.fold.stop.is_some()).await;
        let Some(StopReason::RequiresAction(calls)) = log.fold.stop else { return };
        lab.answer(calls[0], "hello").await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_survives_the_death_of_its_server_at_every_commit() {
    let folder = tempfile::tempdir().unwrap();
    let album = tempfile::tempdir().unwrap();
    let clock = Clock::manual(START);
    let camera = Arc::new(Camera {
        file: folder.path().join("data.db"),
        album: album.path().to_owned(),
        pictures: AtomicU32::new(0),
    });
    let observer = Arc::clone(&camera) as Arc<dyn Observer>;
    let mut lab = Lab::furnish(open(folder.path(), &clock, observer), clock, "scripted").await;
    let first = camera.pictures.load(Ordering::SeqCst);
    lab.run_scripted();
    lab.say("hello").await;
    play_to_the_end(&lab).await;
    let last = camera.pictures.load(Ordering::SeqCst);
    let session = lab.session.clone();
    lab.close().await;
    assert!(last - first >= 7, "{first} to {last}: a turn with a call has more commits than that");

    for picture in first..last {
        // Long enough for the lease of the runner that died to have lapsed.
        let clock = Clock::manual(START.plus(Duration::from_secs(11)));
        let store =
            open(&album.path().join(picture.to_string()), &clock, Settings::default().observer);
        let mut lab = Lab::again(store, clock, session.clone());
        lab.run_scripted();
        play_to_the_end(&lab).await;
        let events = lab.events().await;
        let count = |kind: &str| events.iter().filter(|e| e.kind.as_str() == kind).count();
        assert_eq!(count("user.message"), 1, "picture {picture}");
        assert_eq!(count("agent.tool_use"), 1, "picture {picture}: no call twice, none lost");
        assert_eq!(count("user.tool_result"), 1, "picture {picture}");
        assert_eq!(
            count("span.model_request_start"),
            count("span.model_request_end"),
            "picture {picture}"
        );
        let places: Vec<u64> = events.iter().filter_map(|e| Some(e.place?.seq)).collect();
        let gapless: Vec<u64> = (0..).take(places.len()).collect();
        assert_eq!(places, gapless, "picture {picture}");
        let Some(Kind::StatusIdle(StopReason::EndTurn)) = events.last().map(|e| &e.kind) else {
            panic!("picture {picture}: {events:?}")
        };
        lab.close().await;
    }
}

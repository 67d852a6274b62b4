//! A writer that is held up, so that operations wait for it together.

use std::sync::Mutex;
use std::sync::mpsc::{Receiver, Sender, channel};

use leasehold_model::Refusal;
use leasehold_model::op::{Context, Op};
use leasehold_model::rows::{Keys, Rows};

use crate::lab::{Lab, nudge};

/// Holds the writer up until it is let go on.
struct Gate {
    entered: Sender<()>,
    go: Mutex<Receiver<()>>,
}

impl Op for Gate {
    type Reply = ();

    fn needs(&self, _keys: &mut Keys) {}

    fn decide(&self, _: &mut Context<'_>, _: &mut Rows) -> Result<(), Refusal> {
        self.entered.send(()).unwrap();
        self.go.lock().unwrap().recv().unwrap();
        Ok(())
    }
}

/// Makes what `waiting` submits wait for the writer together.
pub(crate) async fn together(lab: &Lab, waiting: impl AsyncFnOnce()) {
    let (entered, has_entered) = channel();
    let (go, wait) = channel();
    let mut gate = Box::pin(lab.store.submit(Gate { entered, go: Mutex::new(wait) }));
    assert!(nudge(gate.as_mut()).await.is_none());
    tokio::task::spawn_blocking(move || has_entered.recv().unwrap()).await.unwrap();
    waiting().await;
    go.send(()).unwrap();
    gate.await.unwrap();
}

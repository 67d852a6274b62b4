//! Interrupts while a model speaks.

use leasehold_model::Json;
use leasehold_model::event::StopReason;
use leasehold_model::log::send::Incoming;

use crate::lab::{Lab, Play, piece, spoken, words};

#[tokio::test]
async fn an_interrupt_stops_the_model_in_mid_sentence() {
    let mut lab = Lab::memory().await;
    let (mut viewer, _) = lab.store.previews().subscribe(lab.session.id);
    lab.run([Play::Hang(vec![piece("Well, ")])]);
    lab.say("hello").await;
    spoken(&mut viewer).await;
    lab.send(vec![Incoming::Interrupt]).await;
    lab.dropped.recv().await.expect("its stream is dropped");
    let log = lab.log().await;
    assert_eq!(log.fold.stop, Some(StopReason::Cancelled));
    assert_eq!(log.fold.request, None);
}

#[tokio::test]
async fn an_interrupt_with_a_message_begins_a_new_turn() {
    let mut lab = Lab::memory().await;
    let (mut viewer, _) = lab.store.previews().subscribe(lab.session.id);
    lab.run([Play::Hang(vec![piece("Well, ")]), words("shorter")]);
    lab.say("hello").await;
    spoken(&mut viewer).await;
    let rather = Incoming::Message { content: Json::text("be brief") };
    lab.send(vec![Incoming::Interrupt, rather]).await;
    lab.until(|log| log.fold.stop == Some(StopReason::EndTurn)).await;
    let told = lab.told(0).await;
    assert_eq!(told.iter().filter(|kind| **kind == "agent.message").count(), 1);
}

//! Whose call counts: claim tokens and what they prove (design: a claim has an identity).

use leasehold_testkit::{Dialect, Item, Reply, TestServer, on_each_backend};

fn last(reply: &Reply) -> String {
    reply.expect(200)["last_heartbeat"].as_str().unwrap().to_owned()
}

/// An item whose first claim lapsed and that a second worker holds: both claims.
async fn taken_over<'a>(server: &'a TestServer, item: &Item<'a>) -> (Item<'a>, Item<'a>) {
    let old = item.with(&item.take().await);
    old.hold().await;
    server.advance_seconds(300);
    let new = item.with(&item.take().await);
    (old, new)
}

#[tokio::test]
async fn a_claim_token_carries_an_item_to_its_end() {
    on_each_backend(async |server: &TestServer| {
        for dialect in Dialect::VENDORS {
            let item = server.client(dialect).item().await;
            let claim = item.with(&item.take().await);
            let beat = claim.hold().await;
            server.advance_seconds(1);
            last(&claim.echo(&beat).await);
            let session = format!("/sessions/{}", item.session);
            assert_eq!(claim.client.get(&session).await.expect(200)["id"], item.session.as_str());
            assert_eq!(claim.stop().await.expect(200)["state"], "stopping");
            claim.client.get(&session).await.expect(200);
            assert_eq!(claim.stop().await.expect(200)["state"], "stopped");
            // With the item ends what the token is good for.
            claim.client.get(&session).await.forbidden();
        }
    })
    .await;
}

#[tokio::test]
async fn a_superseded_claim_never_touches_the_new_one() {
    on_each_backend(async |server: &TestServer| {
        for (dialect, lost) in
            [(Dialect::Q, "precondition_failed_error"), (Dialect::A, "invalid_request_error")]
        {
            let item = server.client(dialect).item().await;
            let (old, new) = taken_over(server, &item).await;
            for held in [false, true] {
                if held {
                    new.hold().await;
                }
                let before = item.now().await;
                let beat = before["latest_heartbeat_at"].as_str().unwrap_or("NO_HEARTBEAT");
                for reply in [old.beat("").await, old.first_beat().await, old.echo(beat).await] {
                    let error = reply.refused(412, lost);
                    let code = "heartbeat_precondition_failed";
                    assert_eq!(error["details"]["error_code"], code);
                }
                for reply in [old.ack().await, old.stop().await, old.force_stop().await] {
                    reply.refused(409, "invalid_request_error");
                }
                let session = format!("/sessions/{}", item.session);
                old.client.get(&session).await.forbidden();
                new.client.get(&session).await.expect(200);
                assert_eq!(item.now().await, before);
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_lapsed_claim_is_over_before_anybody_has_taken_the_item() {
    on_each_backend(async |server: &TestServer| {
        let item = server.q().item().await;
        let claim = item.with(&item.take().await);
        let beat = claim.hold().await;
        server.advance_seconds(300);
        let reply = claim.echo(&beat).await;
        assert!([409, 412].contains(&reply.status), "{}", reply.text());
        claim.ack().await.refused(409, "invalid_request_error");
        claim.stop().await.refused(409, "invalid_request_error");
        assert_eq!(item.now().await["state"], "queued");
    })
    .await;
}

#[tokio::test]
async fn in_a_the_worker_of_a_lapsed_item_is_told_412() {
    on_each_backend(async |server: &TestServer| {
        let item = server.a().item().await;
        let claim = item.with(&item.take().await);
        let beat = claim.hold().await;
        server.advance_seconds(300);
        let error = claim.echo(&beat).await.refused(412, "invalid_request_error");
        assert_eq!(error["details"]["current_state"]["state"], "queued");
    })
    .await;
}

#[tokio::test]
async fn a_delivery_that_was_handed_out_again_is_over() {
    on_each_backend(async |server: &TestServer| {
        let item = server.q().item().await;
        let first = item.with(&item.take().await);
        server.advance_seconds(5);
        let second = item.with(&item.take().await);
        first.ack().await.refused(409, "invalid_request_error");
        first.stop().await.refused(409, "invalid_request_error");
        second.ack().await.expect(200);
        second.first_beat().await.expect(200);
    })
    .await;
}

#[tokio::test]
async fn a_holder_that_proves_its_claim_may_repeat_a_lost_beat() {
    on_each_backend(async |server: &TestServer| {
        for dialect in Dialect::VENDORS {
            let item = server.client(dialect).item().await;
            let claim = item.with(&item.take().await);
            claim.ack().await.expect(200);
            let first = claim.first_beat().await;
            server.advance_seconds(1);
            // The answer to the first beat was lost; it is given again and nothing is written.
            assert_eq!(claim.first_beat().await.expect(200), first.expect(200));
            let second = claim.echo(&last(&first)).await;
            server.advance_seconds(1);
            assert_eq!(claim.echo(&last(&first)).await.expect(200), second.expect(200));
            assert_eq!(item.now().await["latest_heartbeat_at"], last(&second).as_str());
            // Only the beat before is taken, and only from who proves the claim.
            assert_eq!(claim.first_beat().await.status, 412);
            assert_eq!(item.echo(&last(&first)).await.status, 412);
            last(&claim.echo(&last(&second)).await);
            assert_eq!(claim.echo(&last(&first)).await.status, 412);
        }
    })
    .await;
}

#[tokio::test]
async fn a_token_is_good_for_its_item_alone_and_cannot_be_made_up() {
    on_each_backend(async |server: &TestServer| {
        for dialect in Dialect::VENDORS {
            let item = server.client(dialect).item().await;
            let token = item.take().await;
            let sibling = server.client(dialect).item_in(&item.environment).await;
            let other = server.client(dialect).item().await;
            sibling.with(&token).ack().await.forbidden();
            sibling.with(&token).beat("").await.forbidden();
            other.with(&token).ack().await.forbidden();
            let session = format!("/sessions/{}", sibling.session);
            sibling.with(&token).client.get(session).await.forbidden();

            let mut forged = token.clone().into_bytes();
            let place = forged.len() / 2;
            forged[place] = if forged[place] == b'A' { b'B' } else { b'A' };
            let forged = String::from_utf8(forged).unwrap();
            for wrong in [&forged, &token[..token.len() - 2], &format!("{token}AA"), "lct_AAAA"] {
                item.with(wrong).ack().await.unauthenticated();
            }
            assert_eq!(item.now().await["state"], "queued");
            item.with(&token).ack().await.expect(200);
        }
    })
    .await;
}

#[tokio::test]
async fn a_stopped_item_takes_no_more_from_its_claim() {
    on_each_backend(async |server: &TestServer| {
        let item = server.q().item().await;
        let claim = item.with(&item.take().await);
        claim.hold().await;
        let stopped = item.force_stop().await.expect(200);
        claim.ack().await.refused(409, "invalid_request_error");
        claim.beat("").await.refused(409, "invalid_request_error");
        // A worker that ends always stops its item; that it is stopped is no error.
        assert_eq!(claim.force_stop().await.expect(200), stopped);
    })
    .await;
}

#[tokio::test]
async fn a_deleted_session_takes_its_claim_with_it() {
    on_each_backend(async |server: &TestServer| {
        for archived in [true, false] {
            let item = server.q().item().await;
            let claim = item.with(&item.take().await);
            claim.hold().await;
            let session = format!("/sessions/{}", item.session);
            let reply = match archived {
                true => item.client.call(format!("{session}/archive")).await,
                false => item.client.delete(&session).await,
            };
            reply.expect(200);
            let beat = claim.beat("").await;
            assert!((400..500).contains(&beat.status), "{}", beat.text());
            let read = claim.client.get(&session).await;
            assert!([401, 403, 404].contains(&read.status), "{}", read.text());
        }
    })
    .await;
}

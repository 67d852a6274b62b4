//! A work item in hand: accepted, held by heartbeats, stopped.

use std::time::Duration;

use leasehold_client::work::{Expected, Heartbeat, Poll, State, Stop};
use leasehold_client::{Client, Error};
use secrecy::SecretString;
use tokio::time::{Instant, sleep, timeout};

/// The lease that is asked for: short, so that a worker that was killed is soon replaced. A
/// heartbeat goes out when half of it is over (worker protocol §4).
const LEASE: Duration = Duration::from_secs(30);

/// An item that a poll has given.
pub(crate) struct Item {
    /// Speaks with the claim's token, or with the environment key if none came.
    client: Client,
    environment: String,
    work: String,
    session: String,
    claim: Option<SecretString>,
    expected: Expected,
}

/// Why an item is not held any more.
#[derive(Debug)]
pub(crate) enum LeaseEnd {
    /// The server asks to let go, or refuses for good.
    Asked,
    /// The lease is over or may be: the item may be another's.
    Lost,
}

impl Item {
    /// Asks for an item.
    ///
    /// # Errors
    /// As the client's.
    pub(crate) async fn poll(
        client: &Client,
        environment: &str,
        poll: &Poll,
    ) -> Result<Option<Self>, Error> {
        let Some(work) = client.poll_work(environment, poll).await?.into_inner() else {
            return Ok(None);
        };
        let claim = work.claim_token();
        let client = match &claim {
            Some(claim) => client.with_token(claim)?,
            None => client.clone(),
        };
        Ok(Some(Self {
            client,
            environment: environment.to_owned(),
            work: work.id,
            session: work.data.id,
            claim,
            expected: Expected::Nothing,
        }))
    }

    /// The client that speaks for this item.
    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    /// The item's id.
    pub(crate) fn id(&self) -> &str {
        &self.work
    }

    /// The session that it is for.
    pub(crate) fn session(&self) -> &str {
        &self.session
    }

    /// The token that came with it.
    pub(crate) fn claim(&self) -> Option<&SecretString> {
        self.claim.as_ref()
    }

    /// Accepts it, with the credential that polled.
    ///
    /// # Errors
    /// As the client's.
    pub(crate) async fn ack(&self, poller: &Client, name: &str) -> Result<(), Error> {
        poller.ack_work(&self.environment, &self.work, Some(name)).await.map(drop)
    }

    /// Renews the lease once, for `lease` or as long as the server likes.
    ///
    /// # Errors
    /// As the client's.
    pub(crate) async fn beat(&mut self, lease: Option<Duration>) -> Result<Heartbeat, Error> {
        let call = self.client.heartbeat_work(&self.environment, &self.work, &self.expected, lease);
        let beat = call.await?.into_inner();
        if !beat.last_heartbeat.is_empty() {
            self.expected = Expected::Beat(beat.last_heartbeat.clone());
        }
        Ok(beat)
    }

    /// Renews the lease for as long as the server lets it; says why that is over.
    pub(crate) async fn hold(&mut self) -> LeaseEnd {
        let mut lease = LEASE;
        let mut renewed = Instant::now();
        loop {
            let interval = (lease / 2).clamp(Duration::from_secs(1), LEASE);
            match timeout(interval, self.beat(Some(LEASE))).await {
                Ok(Ok(beat)) => {
                    if !beat.lease_extended
                        || matches!(beat.state, State::Stopping | State::Stopped)
                    {
                        return LeaseEnd::Asked;
                    }
                    renewed = Instant::now();
                    lease = Duration::from_secs(beat.ttl_seconds.into());
                }
                Ok(Err(error)) if error.status() == Some(412) => return LeaseEnd::Lost,
                Ok(Err(error)) if !super::may_pass(&error) => return LeaseEnd::Asked,
                Ok(Err(_)) | Err(_) => {
                    if renewed.elapsed() > lease {
                        return LeaseEnd::Lost;
                    }
                }
            }
            sleep(interval).await;
        }
    }

    /// Stops it; that it is stopped already is no error.
    ///
    /// # Errors
    /// As the client's.
    pub(crate) async fn stop(&self) -> Result<(), Error> {
        match self.client.stop_work(&self.environment, &self.work, Stop::Force).await {
            Ok(_) => Ok(()),
            Err(error) if error.status() == Some(409) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::worker::stage::{Act, Stage};

    fn beat(state: &str, extended: bool) -> Act {
        Act::Answer(format!(
            r#"{{"last_heartbeat":"2026-07-02T09:20:00.004310Z","lease_extended":{extended},
                "state":"{state}","ttl_seconds":30}}"#
        ))
    }

    fn item(stage: &Stage) -> Item {
        Item {
            client: stage.client(),
            environment: "env_1".to_owned(),
            work: "work_1".to_owned(),
            session: "sess_1".to_owned(),
            claim: None,
            expected: Expected::Nothing,
        }
    }

    #[tokio::test]
    async fn what_ends_a_lease_and_whether_the_item_may_still_be_touched() {
        for (answer, lost) in [
            (beat("stopping", true), false),
            (beat("stopped", false), false),
            (beat("active", false), false),
            (Act::Refuse(412), true),
            (Act::Refuse(401), false),
            (Act::Refuse(404), false),
        ] {
            let stage = Stage::new(vec![answer]);
            let end = item(&stage).hold().await;
            assert_eq!(matches!(end, LeaseEnd::Lost), lost, "{end:?}");
            let query = "expected_last_heartbeat=NO_HEARTBEAT&desired_ttl_seconds=30";
            assert!(stage.heard()[0].ends_with(query));
        }
    }

    #[tokio::test]
    async fn each_beat_expects_the_one_before() {
        let stage = Stage::new(vec![beat("active", true), Act::Refuse(503), beat("active", true)]);
        let mut item = item(&stage);
        item.beat(None).await.unwrap();
        // A beat whose answer is lost is repeated as it was.
        item.beat(None).await.unwrap_err();
        item.beat(None).await.unwrap();
        let heard = stage.heard();
        assert!(heard[0].ends_with("?expected_last_heartbeat=NO_HEARTBEAT"), "{heard:?}");
        let echo = "?expected_last_heartbeat=2026-07-02T09%3A20%3A00.004310Z";
        assert!(heard[1].ends_with(echo) && heard[2].ends_with(echo), "{heard:?}");
    }

    #[tokio::test]
    async fn an_item_that_is_stopped_already_is_stopped() {
        for (status, fails) in [(409, false), (403, true)] {
            let stage = Stage::new(vec![Act::Refuse(status)]);
            assert_eq!(item(&stage).stop().await.is_err(), fails, "{status}");
        }
    }
}

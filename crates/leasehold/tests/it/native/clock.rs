//! The manual clock: there for who tests workers, and nowhere else.

use leasehold_api::Settings;
use leasehold_store::Clock;
use leasehold_testkit::{Backend, TestServer, on_each_backend};
use serde_json::json;

#[tokio::test]
async fn a_manual_clock_is_moved_forward() {
    on_each_backend(async |server: &TestServer| {
        let native = server.native();
        let now = native.get("/clock").await.expect(200);
        assert_eq!(now, json!({"type": "clock", "now": "2026-07-02T09:20:00.004310Z"}));
        let item = server.q().item().await;
        item.hold().await;
        let moved = native.post("/clock/advance", json!({"seconds": 12.5})).await.expect(200);
        assert_eq!(moved["now"], "2026-07-02T09:20:12.504310Z");
        native.post("/clock/advance", json!({"seconds": 300})).await.expect(200);
        assert_eq!(item.now().await["state"], "queued");
        for wrong in [json!(-1), json!("1"), json!(null), json!(1e300), json!([])] {
            native.post("/clock/advance", json!({"seconds": wrong})).await.invalid("seconds");
        }
        native.post("/clock/advance", json!({})).await.invalid("seconds");
        let reader = native.with(&server.token(&["environments:read"]).await);
        reader.get("/clock").await.expect(200);
        reader.post("/clock/advance", json!({"seconds": 1})).await.forbidden();
    })
    .await;
}

#[tokio::test]
async fn the_machines_clock_cannot_be_reached() {
    let settings = Settings::default();
    let server = TestServer::start_with(Backend::Memory, Clock::system(), settings).await;
    server.native().get("/clock").await.not_found();
    server.native().post("/clock/advance", json!({"seconds": 1})).await.not_found();
}

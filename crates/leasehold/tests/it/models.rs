//! What agents may think with (other-resources §1).

use leasehold_testkit::{Backend, TestServer};
use serde_json::json;

#[tokio::test]
async fn dialect_q_lists_what_the_operator_offers() {
    let server = TestServer::start(Backend::Memory).await;
    assert_eq!(
        server.q().get("/models?limit=1&after_id=model-large").await.expect(200),
        json!({
            "data": [
                {
                    "id": "model-large",
                    "type": "model",
                    "display_name": "Large",
                    "is_enabled": true,
                    "is_new": false,
                    "source": "anthropic",
                    "efforts": ["low", "high"],
                    "default_effort": "high",
                    "default_context_window": 200_000,
                    "available_context_windows": [200_000],
                    "max_input_tokens": 200_000,
                    "max_tokens": 32_000,
                    "prices_usd": {"input": 3.0, "output": 15.0},
                },
                {
                    "id": "model-small",
                    "type": "model",
                    "display_name": "Small",
                    "is_enabled": true,
                    "is_new": false,
                    "source": "scripted",
                    "default_context_window": 8_192,
                    "available_context_windows": [8_192],
                    "max_input_tokens": 8_192,
                    "max_tokens": 4_096,
                },
            ],
            "next_page": null,
            "first_id": "model-large",
            "last_id": "model-small",
            "has_more": false,
        })
    );
    server.q().get("/models/model-large").await.expect(404);
}

#[tokio::test]
async fn dialect_a_lists_them_and_knows_each() {
    let server = TestServer::start(Backend::Memory).await;
    let list = server.a().get("/models").await.expect(200);
    let large = json!({
        "id": "model-large",
        "type": "model",
        "display_name": "Large",
        "created_at": "1970-01-01T00:00:00Z",
        "lifecycle": "active",
        "max_input_tokens": 200_000,
        "max_tokens": 32_000,
    });
    assert_eq!(list["data"][0], large);
    assert_eq!(list["data"].as_array().unwrap().len(), 2);
    assert_eq!((&list["next_page"], &list["has_more"]), (&json!(null), &json!(false)));
    assert_eq!(server.a().get("/models/model-large").await.expect(200), large);
    let unknown = server.a().get("/models/model-huge").await;
    let error = unknown.expect(404);
    assert_eq!(error["error"]["type"], "not_found_error");
}

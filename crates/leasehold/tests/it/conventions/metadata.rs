//! Metadata: a flat map of strings within bounds, patched by a merge (conventions §11).

use leasehold_testkit::{Client, Dialect, TestServer, on_each_backend};
use serde_json::{Map, Value, json};

fn keys(count: usize) -> Value {
    (0..count).map(|n| (format!("k{n}"), json!("v"))).collect::<Map<_, _>>().into()
}

fn one(key: &str, value: &str) -> Value {
    [(key.to_owned(), json!(value))].into_iter().collect::<Map<_, _>>().into()
}

/// What is refused wherever metadata is taken.
fn refused() -> Vec<(Value, &'static str)> {
    vec![
        (Value::Null, "metadata"),
        (json!([]), "metadata"),
        (json!("x"), "metadata"),
        (json!({"k": 1}), "metadata.k"),
        (json!({"k": true}), "metadata.k"),
        (json!({"k": {}}), "metadata.k"),
        (json!({"k": []}), "metadata.k"),
        (keys(17), "metadata"),
        (one("", "v"), "metadata"),
        (one(&"🦀".repeat(65), "v"), "metadata"),
        (one("k", &"🦀".repeat(513)), "metadata"),
    ]
}

/// What is taken.
fn accepted() -> Vec<Value> {
    vec![json!({}), keys(16), one("k", ""), one(&"🦀".repeat(64), &"🦀".repeat(512))]
}

/// A create's path and body without metadata.
async fn creates(client: &Client<'_>) -> [(&'static str, Value); 2] {
    let environment = client.environment().await;
    [
        ("/environments", json!({"name": "n", "config": {"type": "self_hosted"}})),
        ("/sessions", json!({"agent": client.agent().await, "environment_id": environment})),
    ]
}

#[tokio::test]
async fn a_create_takes_metadata_within_the_bounds() {
    on_each_backend(async |server: &TestServer| {
        for dialect in Dialect::VENDORS {
            let client = server.client(dialect);
            for (path, mut body) in creates(&client).await {
                assert_eq!(client.post(path, body.clone()).await.success()["metadata"], json!({}));
                for metadata in accepted() {
                    body["metadata"] = metadata.clone();
                    let made = client.post(path, body.clone()).await.success();
                    assert_eq!(made["metadata"], metadata);
                }
                for (metadata, param) in refused() {
                    body["metadata"] = metadata;
                    let error = client.post(path, body.clone()).await.invalid(param);
                    if dialect == Dialect::A {
                        assert_eq!(error["details"]["error_code"], "invalid_metadata");
                    }
                }
                body["metadata"] = json!({"k": null});
                client.post(path, body).await.invalid("metadata.k");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn an_update_patches_and_is_judged_by_its_result() {
    on_each_backend(async |server: &TestServer| {
        for dialect in Dialect::VENDORS {
            let item = server.client(dialect).item().await;
            let client = &item.client;
            for path in [
                format!("/environments/{}", item.environment),
                format!("/sessions/{}", item.session),
                item.path(),
            ] {
                let patch =
                    async |metadata: Value| client.post(&path, json!({"metadata": metadata})).await;
                let metadata = async |patch: Value| {
                    client.post(&path, json!({"metadata": patch})).await.expect(200)["metadata"]
                        .clone()
                };
                assert_eq!(
                    metadata(json!({"a": "1", "c": "3"})).await,
                    json!({"a": "1", "c": "3"})
                );
                let patched = metadata(json!({"a": null, "b": "2", "gone": null})).await;
                assert_eq!(patched, json!({"b": "2", "c": "3"}));
                for (wrong, param) in refused() {
                    patch(wrong).await.invalid(param);
                }
                // Fifteen more would be one too many, unless one goes at the same time.
                patch(keys(15)).await.invalid("metadata");
                let mut swapped = keys(15);
                swapped["c"] = Value::Null;
                assert_eq!(metadata(swapped).await.as_object().unwrap().len(), 16);
                let kept = client.get(&path).await.expect(200);
                assert_eq!(kept["metadata"].as_object().unwrap().len(), 16, "{path}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn an_empty_value_is_a_value_but_deletes_on_an_environment_in_a() {
    on_each_backend(async |server: &TestServer| {
        for dialect in Dialect::VENDORS {
            let item = server.client(dialect).item().await;
            let client = &item.client;
            let environment = format!("/environments/{}", item.environment);
            for path in [&environment, &item.path()] {
                client.post(path, json!({"metadata": {"a": "1"}})).await.expect(200);
                let patched = client.post(path, json!({"metadata": {"a": ""}})).await.expect(200);
                let deletes = dialect == Dialect::A && *path == environment;
                let expected = if deletes { json!({}) } else { json!({"a": ""}) };
                assert_eq!(patched["metadata"], expected, "{path}");
            }
        }
    })
    .await;
}

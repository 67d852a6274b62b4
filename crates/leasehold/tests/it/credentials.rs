//! Who may call what: credentials, how they are shown, and scopes (conventions §3, worker-protocol §1).

use http::Method;
use leasehold_testkit::{Backend, Client, Dialect, Item, Request, TestServer, on_each_backend};
use serde_json::json;

#[tokio::test]
async fn a_credential_is_shown_in_one_way_alone() {
    on_each_backend(async |server: &TestServer| {
        for dialect in [Dialect::Q, Dialect::A, Dialect::Native] {
            let token = server.token(&["environments:read"]).await;
            let path = if dialect == Dialect::Native { "/tokens" } else { "/environments" };
            let ask = || server.client(dialect).unnamed().get(path);
            for good in ["Bearer", "bearer", "BEARER", "bEaReR"] {
                ask().header("authorization", &format!("{good} {token}")).await.expect(200);
            }
            for wrong in [
                String::new(),
                "Bearer".to_owned(),
                "Bearer ".to_owned(),
                token.clone(),
                format!("Bearer  {token}"),
                format!("Bearer {token} "),
                format!("Bearer\t{token}"),
                format!("Bearer:{token}"),
                format!("Basic {token}"),
                format!("Bearer {token}x"),
                format!("Bearer {}", token.to_uppercase()),
                format!("Bearer {token}, Bearer {token}"),
                "Bearer pt-ä".to_owned(),
                "Bearer lct_".to_owned(),
                "Bearer ek-".to_owned(),
            ] {
                let error = ask().header("authorization", &wrong).await.unauthenticated();
                assert!(!error.to_string().contains(&token), "{error}");
                let words = match dialect {
                    Dialect::A => "Invalid bearer token",
                    Dialect::Q | Dialect::Native | Dialect::None => "Invalid API key or token.",
                };
                assert_eq!(error["message"], words);
            }
            let twice = ask().bearer(&token).header("authorization", &format!("Bearer {token}"));
            twice.await.unauthenticated();
        }
    })
    .await;
}

#[tokio::test]
async fn an_api_key_is_looked_at_outside_q_and_where_no_bearer_is() {
    let server = TestServer::start(Backend::Memory).await;
    let token = server.token(&["environments:read"]).await;
    for (dialect, path, takes) in [
        (Dialect::Q, "/environments", false),
        (Dialect::A, "/environments", true),
        (Dialect::Native, "/tokens", true),
    ] {
        let ask = || server.client(dialect).unnamed().get(path);
        let alone = ask().header("x-api-key", &token).await;
        if takes {
            alone.expect(200);
        } else {
            alone.unauthenticated();
        }
        // The bearer decides, for better or worse.
        ask().bearer(&token).header("x-api-key", "pt-unknown").await.expect(200);
        ask().bearer("pt-unknown").header("x-api-key", &token).await.unauthenticated();
        ask()
            .header("authorization", "Basic x")
            .header("x-api-key", &token)
            .await
            .unauthenticated();
        ask().header("x-api-key", "pt-unknown").await.unauthenticated();
        let twice = ask().header("x-api-key", &token).header("x-api-key", &token);
        twice.await.unauthenticated();
    }
}

/// An operation on an item, its environment or its session.
type Ask = for<'a> fn(&Client<'a>, &Item<'a>) -> Request<'a>;

/// What dialect A answers to an account token, an environment key and a claim token that are good
/// for the item in question.
const LANES: [(&str, [bool; 3], Ask); 20] = [
    ("list", [false, true, false], |client, item| client.get(item.queue())),
    ("poll", [true, true, false], |client, item| client.get(format!("{}/poll", item.queue()))),
    ("stats", [true, true, false], |client, item| client.get(format!("{}/stats", item.queue()))),
    ("get", [true, false, false], |client, item| client.get(item.path())),
    ("update", [true, false, false], |client, item| {
        client.post(item.path(), json!({"metadata": {}}))
    }),
    ("ack", [true, true, true], |client, item| client.call(format!("{}/ack", item.path()))),
    ("heartbeat", [true, true, true], |client, item| {
        client.call(format!("{}/heartbeat", item.path()))
    }),
    ("stop", [true, true, true], |client, item| client.call(format!("{}/stop", item.path()))),
    ("session", [true, true, true], |client, item| client.get(session(client, item))),
    ("session update", [true, false, false], |client, item| {
        client.post(session(client, item), json!({"title": "t"}))
    }),
    ("events", [true, true, true], |client, item| client.get(client.events(&item.session))),
    ("events send", [true, false, false], |client, item| {
        client.send(&item.session, json!([{"type": "user.interrupt"}]))
    }),
    ("threads", [true, true, true], |client, item| {
        client.get(format!("{}/threads", session(client, item)))
    }),
    ("thread events", [true, true, true], |client, item| {
        let thread = item.session.replace("sess_", "sthr_");
        client.get(format!("{}/threads/{thread}/events", session(client, item)))
    }),
    ("session list", [true, false, false], |client, _| client.get("/sessions")),
    ("session create", [true, false, false], |client, item| {
        client.post("/sessions", json!({"agent": item.agent, "environment_id": item.environment}))
    }),
    ("environment", [true, false, false], |client, item| {
        client.get(format!("/environments/{}", item.environment))
    }),
    ("environment list", [true, false, false], |client, _| client.get("/environments")),
    ("environment create", [true, false, false], |client, _| {
        client.post("/environments", json!({"name": "n", "config": {"type": "self_hosted"}}))
    }),
    ("archive", [true, false, false], |client, item| {
        client.call(format!("/environments/{}/archive", item.environment))
    }),
];

fn session(client: &Client<'_>, item: &Item<'_>) -> String {
    let (q, a) = ("sess_", "sesn_");
    match client.dialect() {
        Dialect::A => format!("/sessions/{}", item.session.replace(q, a)),
        Dialect::Q | Dialect::Native | Dialect::None => format!("/sessions/{}", item.session),
    }
}

#[tokio::test]
async fn a_credential_opens_the_doors_of_its_lane() {
    for dialect in Dialect::VENDORS {
        for (name, mut lanes, ask) in LANES {
            // Q documents the account token alone, for every call.
            lanes[0] |= dialect == Dialect::Q;
            let server = TestServer::start(Backend::Memory).await;
            let item = server.q().item().await;
            let claim = item.take().await;
            let key = server.key(&item.environment).await;
            item.with(&claim).ack().await.expect(200);
            let client = server.client(dialect);
            let callers = [client.clone(), client.with(&key), client.with(&claim)];
            for (caller, admitted) in callers.iter().zip(lanes) {
                let reply = ask(caller, &item).await;
                assert_eq!(reply.status < 300, admitted, "{name} {dialect:?}: {}", reply.text());
                if !admitted {
                    reply.forbidden();
                }
            }
        }
    }
}

#[tokio::test]
async fn a_key_is_good_for_its_own_environment() {
    on_each_backend(async |server: &TestServer| {
        let item = server.q().item().await;
        let other = server.q().item().await;
        let key = server.key(&item.environment).await;
        let unknown = "/environments/env_ffffffffffffffffffffffffffffffff/work/poll";
        let a = server.a().with(&key);
        // In A what is not there and what is another's look the same.
        let refused = a.get(format!("{}/poll", other.queue())).await.forbidden();
        assert_eq!(a.get(unknown).await.forbidden(), refused);
        let q = server.q().with(&key);
        q.get(format!("{}/poll", other.queue())).await.forbidden();
        q.get(unknown).await.not_found();
        for client in [&a, &q] {
            item.seen_by(client).poll().await.expect(200);
            client.get(session(client, &other)).await.forbidden();
            // An item is looked for in its own environment alone.
            client.call(format!("{}/{}/ack", item.queue(), other.id)).await.not_found();
        }
    })
    .await;
}

#[tokio::test]
async fn a_scope_opens_its_own_calls() {
    const SCOPES: [&str; 8] = [
        "environments:read",
        "environments:write",
        "agents:read",
        "agents:write",
        "sessions:read",
        "sessions:write",
        "work:read",
        "work:write",
    ];
    let needs: [(&str, Ask); 14] = [
        ("environments:read", |client, _| client.get("/environments")),
        ("environments:read", |client, item| {
            client.get(format!("/environments/{}", item.environment))
        }),
        ("environments:write", |client, item| {
            client.post(format!("/environments/{}", item.environment), json!({}))
        }),
        ("environments:write", |client, _| {
            client.post("/environments", json!({"name": "n", "config": {"type": "cloud"}}))
        }),
        ("agents:read", |client, _| client.get("/agents")),
        ("agents:write", |client, _| {
            client.post("/agents", json!({"name": "n", "model": "model-small"}))
        }),
        ("sessions:read", |client, _| client.get("/sessions")),
        ("sessions:read", |client, item| client.get(session(client, item))),
        ("sessions:write", |client, item| client.post(session(client, item), json!({}))),
        ("work:read", |client, item| client.get(item.path())),
        ("work:read", |client, item| client.get(format!("{}/stats", item.queue()))),
        ("work:write", |client, item| client.get(format!("{}/poll", item.queue()))),
        ("work:write", |client, item| client.call(format!("{}/ack", item.path()))),
        ("work:write", |client, item| client.call(format!("{}/stop", item.path()))),
    ];
    let server = TestServer::start(Backend::Memory).await;
    for scope in SCOPES {
        let token = server.token(&[scope]).await;
        for dialect in Dialect::VENDORS {
            let client = server.client(dialect).with(&token);
            for (needed, ask) in &needs {
                let item = server.q().item().await;
                let reply = ask(&client, &item).await;
                if *needed == scope {
                    reply.success();
                } else {
                    reply.forbidden();
                }
            }
        }
    }
}

#[tokio::test]
async fn what_belongs_to_another_account_is_403_and_what_is_not_there_404() {
    on_each_backend(async |server: &TestServer| {
        let item = server.q().item().await;
        let token = server.stranger().await;
        for dialect in Dialect::VENDORS {
            let stranger = server.client(dialect).with(&token);
            let own = session(&stranger, &item);
            let environment = format!("/environments/{}", item.environment);
            stranger.get(&environment).await.forbidden();
            stranger.get(&own).await.forbidden();
            stranger.get(item.path()).await.forbidden();
            stranger.get(format!("{environment}0")).await.not_found();
            stranger.get(format!("{own}0")).await.not_found();
            let body = json!({"agent": item.agent, "environment_id": item.environment});
            stranger.post("/sessions", body).await.forbidden();
            // Through an environment of its own it does not reach the item either.
            let mine = stranger.environment().await;
            let path = format!("/environments/{mine}/work/{}", item.id);
            stranger.get(path).await.not_found();
        }
        assert_eq!(item.now().await["state"], "queued");
    })
    .await;
}

#[tokio::test]
async fn a_deleted_object_is_not_there_for_anybody() {
    let server = TestServer::start(Backend::Memory).await;
    let q = server.q();
    let item = q.item().await;
    let key = server.key(&item.environment).await;
    let stranger = q.with(&server.stranger().await);
    q.delete(format!("/sessions/{}", item.session)).await.expect(200);
    q.delete(format!("/environments/{}", item.environment)).await.expect(200);
    for client in [&q, &stranger] {
        let path = format!("/environments/{}", item.environment);
        client.get(&path).await.not_found();
        client.request(Method::DELETE, &path).await.not_found();
        client.get(format!("/sessions/{}", item.session)).await.not_found();
        client.get(item.path()).await.not_found();
    }
    // Its key went with it.
    let reply = server.a().with(&key).get(format!("{}/poll", item.queue())).await;
    assert!([401, 403].contains(&reply.status), "{}", reply.text());
}

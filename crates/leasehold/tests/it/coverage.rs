//! Every route of the server's own table, called without a token, with somebody else's and with the
//! right one. A new route fails here until it has a row.

use std::collections::BTreeSet;

use http::Method;
use leasehold_api::{Route, routes};
use leasehold_testkit::{Backend, Client, Dialect, Item, Request, TestServer};
use serde_json::{Value, json};

/// What somebody else's token gets.
#[derive(Clone, Copy)]
enum Foreign {
    /// 403: the object is another account's.
    Refused,
    /// 404: what is another account's is as good as none.
    Missing,
    /// A list without a row of the owner's.
    Nothing,
    /// The same success, in an account of its own.
    Own,
}
use Foreign::{Missing, Nothing, Own, Refused};

/// What has happened to the item before.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Before {
    Fresh,
    Acked,
    /// Its session is archived, so that a stream of it ends.
    Archived,
}
use Before::{Acked, Archived, Fresh};

type Row = (&'static str, Before, Foreign, u16, fn(&Scene<'_>) -> Value);

fn nothing(_: &Scene<'_>) -> Value {
    Value::Null
}

/// The rows that the two dialects share; only a create's status differs.
const VENDORS: [Row; 36] = [
    ("createEnvironment", Fresh, Own, 201, |_| json!({"name": "n", "config": {"type": "cloud"}})),
    ("listEnvironments", Fresh, Nothing, 200, nothing),
    ("retrieveEnvironment", Fresh, Refused, 200, nothing),
    ("updateEnvironment", Fresh, Refused, 200, |_| json!({"name": "n"})),
    ("archiveEnvironment", Fresh, Refused, 200, nothing),
    ("deleteEnvironment", Fresh, Refused, 200, nothing),
    (
        "createSession",
        Fresh,
        Refused,
        200,
        |scene| json!({"agent": scene.agent, "environment_id": scene.item.environment}),
    ),
    ("createAgent", Fresh, Own, 200, |_| json!({"name": "n", "model": "model-small"})),
    ("listAgents", Fresh, Nothing, 200, nothing),
    ("retrieveAgent", Fresh, Missing, 200, nothing),
    ("updateAgent", Fresh, Missing, 200, |_| json!({"name": "n"})),
    ("archiveAgent", Fresh, Missing, 200, nothing),
    ("listAgentVersions", Fresh, Missing, 200, nothing),
    ("listSessions", Fresh, Nothing, 200, nothing),
    ("listSessionResources", Fresh, Refused, 200, nothing),
    ("retrieveSession", Fresh, Refused, 200, nothing),
    ("updateSession", Fresh, Refused, 200, |_| json!({"title": "t"})),
    ("archiveSession", Fresh, Refused, 200, nothing),
    ("deleteSession", Fresh, Refused, 200, nothing),
    ("listModels", Fresh, Own, 200, nothing),
    ("sendEvents", Fresh, Refused, 200, |_| json!({"events": [{"type": "user.interrupt"}]})),
    ("listEvents", Fresh, Refused, 200, nothing),
    ("streamEvents", Archived, Refused, 200, nothing),
    ("listThreads", Fresh, Refused, 200, nothing),
    ("retrieveThread", Fresh, Refused, 200, nothing),
    // The one thread that there is cannot be archived.
    ("archiveThread", Fresh, Refused, 400, nothing),
    ("listThreadEvents", Fresh, Refused, 200, nothing),
    ("streamThreadEvents", Archived, Refused, 200, nothing),
    ("listWork", Fresh, Refused, 200, nothing),
    ("pollWork", Fresh, Refused, 200, nothing),
    ("workStats", Fresh, Refused, 200, nothing),
    ("retrieveWork", Fresh, Refused, 200, nothing),
    ("updateWork", Fresh, Refused, 200, |_| json!({"metadata": {}})),
    ("ackWork", Fresh, Refused, 200, nothing),
    ("heartbeatWork", Acked, Refused, 200, nothing),
    ("stopWork", Fresh, Refused, 200, nothing),
];

const Q: [Row; 4] = [
    ("cancelSession", Fresh, Refused, 202, nothing),
    ("replaceEnvironment", Fresh, Refused, 200, |_| json!({"name": "n"})),
    ("replaceAgent", Fresh, Missing, 200, |_| json!({"name": "n"})),
    ("deleteAgent", Fresh, Missing, 200, nothing),
];

const A: [Row; 1] = [("retrieveModel", Fresh, Own, 200, nothing)];

const NATIVE: [Row; 14] = [
    ("createAccount", Fresh, Refused, 201, |_| json!({"name": "n"})),
    ("listAccounts", Fresh, Refused, 200, nothing),
    ("retrieveAccount", Fresh, Refused, 200, nothing),
    ("createToken", Fresh, Own, 201, |_| json!({"name": "n"})),
    ("listTokens", Fresh, Nothing, 200, nothing),
    ("revokeToken", Fresh, Refused, 200, nothing),
    ("createEnvironmentKey", Fresh, Refused, 201, |_| json!({"name": "n"})),
    ("listEnvironmentKeys", Fresh, Refused, 200, nothing),
    ("revokeEnvironmentKey", Fresh, Refused, 200, nothing),
    ("retrieveEnvironmentSettings", Fresh, Refused, 200, nothing),
    ("updateEnvironmentSettings", Fresh, Refused, 200, |_| json!({"max_attempts": 3})),
    ("listWorkAttempts", Fresh, Refused, 200, nothing),
    ("retrieveClock", Fresh, Own, 200, nothing),
    ("advanceClock", Fresh, Own, 200, |_| json!({"seconds": 1})),
];

fn rows(dialect: Dialect) -> Vec<Row> {
    match dialect {
        Dialect::Q => [&VENDORS[..], &Q].concat(),
        Dialect::A => [&VENDORS[..], &A].concat(),
        Dialect::Native => NATIVE.to_vec(),
        Dialect::None => Vec::new(),
    }
}

/// What the parameters of a path stand for.
struct Scene<'a> {
    item: Item<'a>,
    unused_environment: String,
    account: String,
    agent: String,
    token: String,
    key: String,
}

impl<'a> Scene<'a> {
    async fn set(server: &'a TestServer, before: Before) -> Self {
        let item = server.q().item().await;
        match before {
            Fresh => {}
            Acked => drop(item.ack().await.expect(200)),
            Archived => {
                let path = format!("/sessions/{}/archive", item.session);
                server.q().call(path).await.expect(200);
            }
        }
        let native = server.native();
        server.key(&item.environment).await;
        let keys = native.get(format!("/environments/{}/keys", item.environment)).await.expect(200);
        let token = native.post("/tokens", json!({"name": "spare"})).await.expect(201);
        Self {
            unused_environment: server.q().environment().await,
            account: server.account().await,
            agent: item.agent.clone(),
            token: token["id"].as_str().unwrap().to_owned(),
            key: keys["data"][0]["id"].as_str().unwrap().to_owned(),
            item,
        }
    }

    fn path(&self, route: &Route, dialect: Dialect) -> String {
        let environment = match route.operation() {
            "deleteEnvironment" => &self.unused_environment,
            _ => &self.item.environment,
        };
        let session = match dialect {
            Dialect::A => self.item.session.replace("sess_", "sesn_"),
            Dialect::Q | Dialect::Native | Dialect::None => self.item.session.clone(),
        };
        route.template()[dialect.prefix().len()..]
            .replace("{environment_id}", environment)
            .replace("{work_id}", &self.item.id)
            .replace("{session_id}", &session)
            .replace("{model_id}", "model-large")
            .replace("{thread_id}", &self.item.session.replace("sess_", "sthr_"))
            .replace("{account_id}", &self.account)
            .replace("{agent_id}", &self.agent)
            .replace("{token_id}", &self.token)
            .replace("{key_id}", &self.key)
    }
}

fn dialect(route: &Route) -> Dialect {
    [Dialect::Q, Dialect::Native, Dialect::A]
        .into_iter()
        .find(|dialect| route.template().starts_with(&format!("{}/", dialect.prefix())))
        .unwrap()
}

#[test]
fn the_rows_are_the_routes() {
    let served: BTreeSet<(&str, &str)> =
        routes().iter().map(|route| (dialect(route).prefix(), route.operation())).collect();
    let covered = [Dialect::Q, Dialect::A, Dialect::Native]
        .into_iter()
        .flat_map(|dialect| rows(dialect).into_iter().map(move |row| (dialect.prefix(), row.0)));
    assert_eq!(served, covered.collect::<BTreeSet<_>>());
}

#[tokio::test]
async fn every_route_refuses_nobody_and_a_stranger_and_serves_its_owner() {
    for route in routes() {
        let dialect = dialect(route);
        let all = rows(dialect);
        let Some(row) = all.iter().find(|row| row.0 == route.operation()) else { continue };
        let (_, before, foreign, success, body) = *row;
        let server = TestServer::start(Backend::Memory).await;
        let scene = Scene::set(&server, before).await;
        let path = scene.path(route, dialect);
        let body = body(&scene);
        let owner = server.client(dialect);
        ask(&owner.unnamed(), route, &path, &body).await.unauthenticated();
        ask(&owner.with("pt-unknown"), route, &path, &body).await.unauthenticated();

        let by_token = route.credentials().account.is_some();
        let stranger = server.stranger().await;
        let stranger = match by_token {
            true => owner.with(&stranger),
            false => owner.with(&key_of(&server, &stranger).await),
        };
        match foreign {
            Refused => {
                ask(&stranger, route, &path, &body).await.forbidden();
            }
            Missing => {
                ask(&stranger, route, &path, &body).await.not_found();
            }
            Nothing => sees_nothing(&ask(&stranger, route, &path, &body).await.expect(200), &scene),
            Own => {
                ask(&stranger, route, &path, &body).await.success();
            }
        }

        let owner = match by_token {
            true => owner,
            false => owner.with(&server.key(&scene.item.environment).await),
        };
        let is_create = success == 201 || route.operation() == "createSession";
        let reply = ask(&owner, route, &path, &body).await;
        if is_create {
            reply.success();
        } else if route.is_stream() {
            assert_eq!(reply.status, success);
            assert_eq!(reply.header("content-type"), Some("text/event-stream"));
        } else {
            reply.expect(success);
        }
    }
}

fn ask<'a>(client: &Client<'a>, route: &Route, path: &str, body: &Value) -> Request<'a> {
    let request = client.request(route.method().clone(), path);
    if body.is_null() { request } else { request.json(body) }
}

/// A key of an environment that belongs to the holder of this token.
async fn key_of(server: &TestServer, token: &str) -> String {
    let environment = server.q().with(token).environment().await;
    let path = format!("/environments/{environment}/keys");
    let made = server.native().with(token).post(path, json!({"name": "k"})).await.expect(201);
    made["key"].as_str().unwrap().to_owned()
}

fn sees_nothing(list: &Value, scene: &Scene<'_>) {
    let text = list.to_string();
    let item = &scene.item;
    let owned = [
        &item.environment,
        &item.session[5..],
        &item.id,
        &scene.token,
        &scene.account,
        &scene.agent,
    ];
    for id in owned {
        assert!(!text.contains(id), "{id} is in {text}");
    }
}

#[tokio::test]
async fn every_path_says_what_can_be_done_there() {
    let server = TestServer::start(Backend::Memory).await;
    let scene = Scene::set(&server, Fresh).await;
    for route in routes() {
        let dialect = dialect(route);
        let path = scene.path(route, dialect);
        for method in [Method::PATCH, Method::HEAD, Method::OPTIONS] {
            let refused = server.client(dialect).request(method.clone(), &path).await;
            assert_eq!(refused.status, 405, "{method} {path}");
            let allowed = refused.header("allow").unwrap().split(", ");
            let here: BTreeSet<&str> = allowed.collect();
            assert!(here.contains(route.method().as_str()), "{method} {path}: {here:?}");
            assert!(!here.contains(method.as_str()), "{method} {path}: {here:?}");
        }
    }
}

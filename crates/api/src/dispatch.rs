//! From a request to its handler and back: the steps of conventions §4.2 that all routes share.

use std::sync::LazyLock;
use std::time::Instant;

use axum::body::Body;
use http::header::{ALLOW, CONNECTION, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};
use leasehold_store::StoreError;

use crate::app::Api;
use crate::auth;
use crate::body::{self, Unread};
use crate::call::{Call, Content, Reply};
use crate::dialect::{Dialect, a, q};
use crate::failure::{Failure, Problem};
use crate::idempotency::{self, Begun};
use crate::native;
use crate::probe;
use crate::request_id::RequestId;
use crate::route::Route;

/// A path of the table: what its parameters are and what can be done there.
pub(crate) struct Node {
    parameters: Vec<(&'static str, usize)>,
    methods: Vec<(Method, usize)>,
}

impl Node {
    /// Which segment of the path a parameter is, the empty one before the first slash included.
    pub(crate) fn place(&self, name: &str) -> Option<usize> {
        self.parameters.iter().find(|(known, _)| *known == name).map(|(_, place)| *place)
    }
}

struct Table {
    routes: Vec<Route>,
    nodes: matchit::Router<Node>,
}

static TABLE: LazyLock<Table> = LazyLock::new(Table::build);

/// All dialects; the longest prefix first, since the one is contained in the other.
pub(crate) static DIALECTS: [&Dialect; 3] = [&q::DIALECT, &native::DIALECT, &a::DIALECT];

/// Every operation that is served.
pub fn routes() -> &'static [Route] {
    &TABLE.routes
}

impl Table {
    fn build() -> Self {
        let routes: Vec<Route> = DIALECTS.iter().flat_map(|dialect| (dialect.routes)()).collect();
        let mut paths: Vec<&str> = routes.iter().map(|route| route.label.as_str()).collect();
        paths.sort_unstable();
        paths.dedup();
        let mut nodes = matchit::Router::new();
        for path in paths {
            let node = Node { parameters: parameters(path), methods: methods(&routes, path) };
            // Two templates for one path would be a mistake of this program; the coverage test
            // would find the second one unreachable.
            if let Err(error) = nodes.insert(path, node) {
                tracing::error!(path, %error, "a route cannot be reached");
            }
        }
        Self { routes, nodes }
    }

    fn find(&'static self, method: &Method, path: &str) -> Found {
        let Ok(matched) = self.nodes.at(path) else { return Found::Nothing };
        let node = matched.value;
        match node.methods.iter().find(|(known, _)| known == method) {
            Some((_, place)) => Found::Route(&self.routes[*place], node),
            None => Found::Methods(node),
        }
    }
}

enum Found {
    Route(&'static Route, &'static Node),
    Methods(&'static Node),
    Nothing,
}

fn parameters(path: &str) -> Vec<(&'static str, usize)> {
    const NAMES: [&str; 9] = [
        "environment_id",
        "work_id",
        "session_id",
        "thread_id",
        "account_id",
        "token_id",
        "key_id",
        "agent_id",
        "model_id",
    ];
    let named = |(place, segment): (usize, &str)| {
        let name = segment.strip_prefix('{')?.strip_suffix('}')?;
        NAMES.into_iter().find(|known| *known == name).map(|known| (known, place))
    };
    path.split('/').enumerate().filter_map(named).collect()
}

/// What can be done at a path: its own methods, and those of a template that it is a case of. A
/// literal segment wins, but `POST …/work/poll` is an update of an item called "poll" (work §4).
fn methods(routes: &[Route], path: &str) -> Vec<(Method, usize)> {
    let own = routes.iter().enumerate().filter(|(_, route)| route.label == path);
    let wider = routes
        .iter()
        .enumerate()
        .filter(|(_, route)| route.label != path && is_case_of(path, &route.label));
    let mut methods: Vec<(Method, usize)> = Vec::new();
    for (place, route) in own.chain(wider) {
        if methods.iter().all(|(known, _)| *known != route.method) {
            methods.push((route.method.clone(), place));
        }
    }
    methods
}

fn is_case_of(path: &str, template: &str) -> bool {
    path.split('/').count() == template.split('/').count()
        && path
            .split('/')
            .zip(template.split('/'))
            .all(|(part, wider)| part == wider || wider.starts_with('{'))
}

/// Answers one request.
pub(crate) async fn answer(app: Api, request: Request<Body>) -> Response<Body> {
    let began = Instant::now();
    let (parts, body) = request.into_parts();
    let method = parts.method.clone();
    let (route, response) = match TABLE.find(&parts.method, parts.uri.path()) {
        Found::Route(route, node) => {
            let request_id = (route.dialect.request_id)(&parts.headers);
            let outcome = carry_out(&app, route, node, parts, body, &request_id).await;
            (route.label.as_str(), response(route.dialect, &request_id, outcome))
        }
        Found::Methods(node) => {
            let allowed: Vec<&str> = node.methods.iter().map(|(known, _)| known.as_str()).collect();
            ("other", refused(&parts, wrong_method(&allowed.join(", "))))
        }
        Found::Nothing => match probe::answer(&app, &parts).await {
            Some(Ok(response)) => (probe::LABEL, response),
            Some(Err(problem)) => (probe::LABEL, refused(&parts, problem)),
            None => ("other", refused(&parts, Problem::not_found("There is nothing here."))),
        },
    };
    let took = began.elapsed();
    app.metrics().request(route, &method, response.status(), took);
    tracing::debug!(
        request_id = name(response.headers()),
        %method,
        route,
        status = response.status().as_u16(),
        ?took,
        "answered"
    );
    response
}

/// How an answer names its request; `None` for probes, which have no name.
fn name(headers: &HeaderMap) -> Option<&str> {
    DIALECTS.iter().find_map(|dialect| headers.get(&dialect.request_id_header)?.to_str().ok())
}

/// 405 with the methods that there are (conventions §2).
pub(crate) fn wrong_method(allowed: &str) -> Problem {
    let message = "This method is not allowed here.";
    Problem {
        allow: Some(allowed.to_owned()),
        ..Problem::new(StatusCode::METHOD_NOT_ALLOWED, "invalid_request_error", message)
    }
}

/// Answers a request that has no route, in the envelope of the dialect whose prefix matches.
fn refused(parts: &Parts, problem: Problem) -> Response<Body> {
    let path = parts.uri.path();
    let within = |dialect: &&Dialect| {
        path.strip_prefix(dialect.prefix)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let dialect = DIALECTS.into_iter().find(within).unwrap_or(&q::DIALECT);
    let request_id = (dialect.request_id)(&parts.headers);
    response(dialect, &request_id, Err(problem))
}

async fn carry_out(
    app: &Api,
    route: &'static Route,
    node: &'static Node,
    parts: Parts,
    body: Body,
    request_id: &RequestId,
) -> Result<Reply, Problem> {
    let dialect = route.dialect;
    let told = |failure| tell(dialect, failure, request_id);
    let principal = auth::principal(app, &parts.headers, dialect).await.map_err(told)?;
    let reads = parts.method == Method::GET;
    let mut call = Call {
        app: app.clone(),
        route,
        node,
        principal,
        request_id: request_id.clone(),
        parts,
        body: bytes::Bytes::new(),
        key: None,
    };
    if !reads {
        let settings = app.settings();
        call.body =
            body::read(&call.parts, body, settings.body_limit_bytes, settings.body_read_timeout)
                .await
                .map_err(|unread| not_read(dialect, unread))?;
    }
    if !route.keyed {
        return (route.handler)(call).await.map_err(told);
    }
    let account = call.principal.account();
    let begun = idempotency::begin(app, dialect, account, &call.parts, &call.body);
    match begun.await.map_err(told)? {
        None => (route.handler)(call).await.map_err(told),
        Some(Begun::Answered(reply)) => Ok(reply),
        Some(Begun::Fresh { key, fingerprint, underway }) => {
            call.key = Some((key.clone(), fingerprint));
            let outcome = (route.handler)(call).await.map_err(told);
            if let Err(problem) = outcome.as_ref()
                && problem.is_deterministic()
            {
                let body = (dialect.envelope)(problem, request_id.as_str());
                idempotency::remember(app, key, fingerprint, problem.status, body).await;
            }
            drop(underway);
            outcome
        }
    }
}

fn not_read(dialect: &Dialect, unread: Unread) -> Problem {
    let problem = match unread {
        Unread::TooLarge => {
            let (status, kind) = dialect.too_large;
            Problem::new(status, kind, "Request body exceeds the maximum allowed size.")
        }
        Unread::TimedOut => Problem::new(
            StatusCode::REQUEST_TIMEOUT,
            "invalid_request_error",
            "The request body did not arrive in time.",
        ),
        Unread::Broken => Problem::invalid("The request body broke off."),
    };
    Problem { close: true, ..problem }
}

/// What a failure is in the words of a dialect. An accident is logged here, once.
fn tell(dialect: &Dialect, failure: Failure, request_id: &RequestId) -> Problem {
    let request_id = request_id.as_str();
    match failure {
        Failure::Problem(problem) => *problem,
        Failure::Store(StoreError::Refused(refusal)) => (dialect.refused)(&refusal),
        Failure::Store(StoreError::Overloaded) => {
            tracing::warn!(request_id, "refused a request: the writer has too much to do");
            let (status, kind) = dialect.overloaded;
            let message = "The server has too much to do; try again in a moment.";
            Problem { retry_after: Some(1), ..Problem::new(status, kind, message) }
        }
        Failure::Store(error @ StoreError::Unavailable { .. }) => {
            tracing::error!(request_id, error = chain(&error), "the store is not available");
            let message = "The server cannot do this at the moment; try again later.";
            let problem = Problem::new(StatusCode::SERVICE_UNAVAILABLE, "api_error", message);
            Problem { retry_after: Some(1), ..problem }
        }
        Failure::Store(error @ StoreError::Corrupt { .. }) => {
            tracing::error!(request_id, error = chain(&error), "the store is damaged");
            let message = "The server failed to carry out the request.";
            Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "api_error", message)
        }
    }
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

fn response(
    dialect: &Dialect,
    request_id: &RequestId,
    outcome: Result<Reply, Problem>,
) -> Response<Body> {
    const JSON: HeaderValue = HeaderValue::from_static("application/json");
    const EVENTS: HeaderValue = HeaderValue::from_static("text/event-stream");
    let mut content_type = JSON;
    let mut response = match outcome {
        Ok(reply) => {
            let body = match reply.content {
                Content::Json(body) => Body::from(body),
                Content::Events(body) => {
                    content_type = EVENTS;
                    body
                }
            };
            let mut response = Response::new(body);
            *response.status_mut() = reply.status;
            for (name, value) in reply.headers {
                response.headers_mut().insert(name, value);
            }
            response
        }
        Err(problem) => {
            let body = (dialect.envelope)(&problem, request_id.as_str());
            let mut response = Response::new(Body::from(body));
            *response.status_mut() = problem.status;
            let headers = response.headers_mut();
            if problem.status == StatusCode::UNAUTHORIZED {
                headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            }
            if let Some(seconds) = problem.retry_after {
                headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
            }
            if let Some(allow) = problem.allow.and_then(|a| HeaderValue::try_from(a).ok()) {
                headers.insert(ALLOW, allow);
            }
            if problem.close {
                headers.insert(CONNECTION, HeaderValue::from_static("close"));
            }
            response
        }
    };
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, content_type);
    headers.insert(dialect.request_id_header.clone(), request_id.header().clone());
    response
}

#[cfg(test)]
mod tests;

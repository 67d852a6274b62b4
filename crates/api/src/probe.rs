//! What is asked without a credential: whether the server lives, whether it takes requests, what it
//! has counted, and what its API is.

use axum::body::Body;
use http::header::CONTENT_TYPE;
use http::request::Parts;
use http::{HeaderValue, Method, Request, Response, StatusCode};

use crate::app::Api;
use crate::dispatch::wrong_method;
use crate::failure::Problem;
use crate::openapi;

/// The name of these paths in metrics.
pub(crate) const LABEL: &str = "probe";

const JSON: HeaderValue = HeaderValue::from_static("application/json");
const OPEN_METRICS: HeaderValue =
    HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8");

/// Answers a probe; `None` if the path is not one.
pub(crate) async fn answer(app: &Api, parts: &Parts) -> Option<Result<Response<Body>, Problem>> {
    let (status, kind, body) = match parts.uri.path() {
        "/healthz" => (StatusCode::OK, JSON, Body::from(r#"{"status":"ok"}"#)),
        "/readyz" => ready(app).await,
        "/openapi/q.json" => (StatusCode::OK, JSON, Body::from(openapi::q())),
        "/openapi/a.json" => (StatusCode::OK, JSON, Body::from(openapi::a())),
        "/openapi/leasehold.json" => (StatusCode::OK, JSON, Body::from(openapi::leasehold())),
        "/metrics" if app.settings().metrics_route => metrics(app).await,
        _ => return None,
    };
    if parts.method != Method::GET && parts.method != Method::HEAD {
        return Some(Err(wrong_method("GET, HEAD")));
    }
    Some(Ok(response(status, kind, body)))
}

/// Answers on the port that metrics have to themselves.
pub(crate) async fn metrics_port(app: Api, request: Request<Body>) -> Response<Body> {
    let (status, kind, body) = match request.uri().path() {
        "/healthz" => (StatusCode::OK, JSON, Body::from(r#"{"status":"ok"}"#)),
        "/readyz" => ready(&app).await,
        "/metrics" => metrics(&app).await,
        _ => (StatusCode::NOT_FOUND, JSON, Body::from(r#"{"status":"not found"}"#)),
    };
    response(status, kind, body)
}

fn response(status: StatusCode, kind: HeaderValue, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, kind);
    response
}

/// Ready is who can read its store and is not about to close.
async fn ready(app: &Api) -> (StatusCode, HeaderValue, Body) {
    let (status, text) = if app.is_closing() {
        (StatusCode::SERVICE_UNAVAILABLE, r#"{"status":"closing"}"#)
    } else if app.store().views().totals().await.is_err() {
        (StatusCode::SERVICE_UNAVAILABLE, r#"{"status":"store unavailable"}"#)
    } else {
        (StatusCode::OK, r#"{"status":"ready"}"#)
    };
    (status, JSON, Body::from(text))
}

async fn metrics(app: &Api) -> (StatusCode, HeaderValue, Body) {
    match app.store().views().totals().await {
        Ok(totals) => {
            let streams = app.store().watchers().readers();
            let page = app.metrics().render(&totals, streams, app.store().now());
            (StatusCode::OK, OPEN_METRICS, Body::from(page))
        }
        Err(error) => {
            tracing::warn!(%error, "the queues could not be counted");
            let text = r#"{"status":"store unavailable"}"#;
            (StatusCode::SERVICE_UNAVAILABLE, JSON, Body::from(text))
        }
    }
}

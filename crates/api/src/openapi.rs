//! The OpenAPI documents, made of the route table and the wire types.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use http::Method;
use utoipa::openapi::path::{OperationBuilder, ParameterBuilder, ParameterIn, PathItemBuilder};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::schema::{OneOfBuilder, Type};
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::{
    ComponentsBuilder, ContentBuilder, HttpMethod, InfoBuilder, ObjectBuilder, OpenApiBuilder,
    PathsBuilder, Ref, RefOr, Required, ResponseBuilder, Schema,
};

use crate::dialect::{Dialect, a, q};
use crate::native;
use crate::route::{Route, Shape, text};

/// The document of dialect Q.
pub fn q() -> &'static str {
    static DOCUMENT: LazyLock<String> = LazyLock::new(|| document(&q::DIALECT));
    &DOCUMENT
}

/// The document of dialect A.
pub fn a() -> &'static str {
    static DOCUMENT: LazyLock<String> = LazyLock::new(|| document(&a::DIALECT));
    &DOCUMENT
}

/// The document of the native paths.
pub fn leasehold() -> &'static str {
    static DOCUMENT: LazyLock<String> = LazyLock::new(|| document(&native::DIALECT));
    &DOCUMENT
}

fn document(dialect: &'static Dialect) -> String {
    let routes = (dialect.routes)();
    let error = (dialect.error)();
    let mut components = ComponentsBuilder::new();
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
    components = components.security_scheme("bearer", SecurityScheme::Http(bearer));
    if dialect.takes_api_key {
        let header = ApiKey::Header(ApiKeyValue::new("x-api-key"));
        components = components.security_scheme("api_key", SecurityScheme::ApiKey(header));
    }
    let shapes =
        routes.iter().flat_map(|route| route.body.iter().map(|body| body.shape).chain(route.reply));
    for shape in shapes.map(|shape| shape()).chain([(dialect.error)()]) {
        components = components.schema(&shape.name, shape.schema.clone());
        for (name, schema) in &shape.parts {
            components = components.schema(name, schema.clone());
        }
    }
    let mut paths = PathsBuilder::new();
    for route in &routes {
        let item = PathItemBuilder::new()
            .operation(http_method(&route.method), operation(dialect, route, &error));
        paths = paths.path(route.label.clone(), item.build());
    }
    let info = InfoBuilder::new()
        .title(dialect.title)
        .description(Some(dialect.about))
        .version(env!("CARGO_PKG_VERSION"))
        .build();
    let document = OpenApiBuilder::new()
        .info(info)
        .paths(paths.build())
        .components(Some(components.build()))
        .build();
    // The document is made of strings and maps; writing it down cannot fail.
    let mut text = serde_json::to_string_pretty(&document).unwrap_or_default();
    text.push('\n');
    text
}

fn operation(dialect: &Dialect, route: &Route, error: &Shape) -> OperationBuilder {
    let mut operation =
        OperationBuilder::new().operation_id(Some(route.operation)).summary(Some(route.summary));
    for segment in route.path.split('/') {
        let Some(name) = segment.strip_prefix('{').and_then(|s| s.strip_suffix('}')) else {
            continue;
        };
        let parameter = ParameterBuilder::new()
            .name(name)
            .parameter_in(ParameterIn::Path)
            .required(Required::True)
            .schema(Some(text()));
        operation = operation.parameter(parameter);
    }
    for parameter in &route.parameters {
        let place = if parameter.header { ParameterIn::Header } else { ParameterIn::Query };
        let documented = ParameterBuilder::new()
            .name(parameter.name)
            .parameter_in(place)
            .required(Required::False)
            .description(Some(parameter.about))
            .schema(Some(parameter.schema.clone()));
        operation = operation.parameter(documented);
    }
    if route.keyed {
        let about = "Carries the request out once; the same key gets the same answer for a day.";
        let documented = ParameterBuilder::new()
            .name("Idempotency-Key")
            .parameter_in(ParameterIn::Header)
            .required(Required::False)
            .description(Some(about))
            .schema(Some(text()));
        operation = operation.parameter(documented);
    }
    if let Some(body) = &route.body {
        let required = if body.required { Required::True } else { Required::False };
        let content = ContentBuilder::new().schema(Some(reference(&(body.shape)()))).build();
        let documented = RequestBodyBuilder::new()
            .content("application/json", content)
            .required(Some(required))
            .build();
        operation = operation.request_body(Some(documented));
    }
    operation = operation.response(route.success.as_str(), success(route));
    for status in statuses(dialect, route) {
        let content = ContentBuilder::new().schema(Some(reference(error))).build();
        let response = ResponseBuilder::new()
            .description(meaning(status))
            .content("application/json", content)
            .build();
        operation = operation.response(status.to_string(), response);
    }
    let none: [&str; 0] = [];
    operation = operation.security(SecurityRequirement::new("bearer", none));
    if dialect.takes_api_key && route.access.account.is_some() {
        operation = operation.security(SecurityRequirement::new("api_key", none));
    }
    operation
}

fn success(route: &Route) -> utoipa::openapi::Response {
    let response = ResponseBuilder::new().description("It is done.");
    let Some(shape) = route.reply.map(|shape| shape()) else { return response.build() };
    let schema: RefOr<Schema> = if route.nullable {
        let null = ObjectBuilder::new().schema_type(Type::Null);
        OneOfBuilder::new().item(reference(&shape)).item(null).into()
    } else {
        reference(&shape)
    };
    let content = ContentBuilder::new().schema(Some(schema)).build();
    let kind = if route.streams { "text/event-stream" } else { "application/json" };
    response.content(kind, content).build()
}

/// The statuses of refusals: those that all operations of such a form have, and the route's own.
fn statuses(dialect: &Dialect, route: &Route) -> BTreeSet<u16> {
    let mut statuses = BTreeSet::from([400, 401, 403, 500, 503]);
    statuses.insert(dialect.overloaded.0.as_u16());
    statuses.extend(&route.refusals);
    if route.path.contains('{') {
        statuses.insert(404);
    }
    if route.keyed {
        statuses.insert(409);
    }
    if route.method != Method::GET {
        statuses.extend([408, dialect.too_large.0.as_u16()]);
    }
    statuses
}

const fn meaning(status: u16) -> &'static str {
    match status {
        400 => "The request is not acceptable as it is.",
        401 => "There is no valid credential.",
        403 => "The credential does not allow this.",
        404 => "There is no such object.",
        408 => "The request body did not arrive in time.",
        409 => "The present state does not allow this.",
        412 => "The precondition does not hold.",
        413 => "The request body is too large.",
        500 => "The server failed.",
        503 => "The server cannot do this at the moment.",
        529 => "The server has too much to do.",
        _ => "The request was refused.",
    }
}

fn reference(shape: &Shape) -> RefOr<Schema> {
    Ref::from_schema_name(&shape.name).into()
}

fn http_method(method: &Method) -> HttpMethod {
    match *method {
        Method::POST => HttpMethod::Post,
        Method::PUT => HttpMethod::Put,
        Method::DELETE => HttpMethod::Delete,
        Method::PATCH => HttpMethod::Patch,
        _ => HttpMethod::Get,
    }
}

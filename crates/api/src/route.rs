//! One row of the route table: enough to serve a request and to document it.

use std::fmt;
use std::future::Future;
use std::pin::Pin;

use http::{Method, StatusCode};
use leasehold_model::token::Scope;
use utoipa::openapi::schema::{KnownFormat, SchemaFormat, Type};
use utoipa::openapi::{ObjectBuilder, RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::auth::Principal;
use crate::call::{Call, Outcome};
use crate::dialect::Dialect;

/// What a request is handed to.
pub(crate) type Handler =
    Box<dyn Fn(Call) -> Pin<Box<dyn Future<Output = Outcome> + Send>> + Send + Sync>;

/// One operation on one path.
pub struct Route {
    pub(crate) dialect: &'static Dialect,
    pub(crate) method: Method,
    pub(crate) path: &'static str,
    pub(crate) label: String,
    pub(crate) operation: &'static str,
    pub(crate) summary: &'static str,
    pub(crate) access: Access,
    pub(crate) keyed: bool,
    pub(crate) parameters: Vec<Parameter>,
    pub(crate) body: Option<BodyDoc>,
    pub(crate) success: StatusCode,
    pub(crate) reply: Option<fn() -> Shape>,
    pub(crate) nullable: bool,
    pub(crate) streams: bool,
    pub(crate) refusals: Vec<u16>,
    pub(crate) handler: Handler,
}

/// Which credentials an operation takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Access {
    /// The scope that an account token needs; `None`: account tokens are refused.
    pub account: Option<Scope>,
    /// Whether the key of the environment will do.
    pub key: bool,
    /// Whether the claim token of the item or session will do.
    pub claim: bool,
}

impl Access {
    /// An account token with this scope.
    pub(crate) const fn account(scope: Scope) -> Self {
        Self { account: Some(scope), key: false, claim: false }
    }

    /// No account token at all.
    pub(crate) const fn no_account() -> Self {
        Self { account: None, key: false, claim: false }
    }

    /// Or the key of the environment.
    pub(crate) const fn or_key(self) -> Self {
        Self { key: true, ..self }
    }

    /// Or the claim token of the item or session.
    pub(crate) const fn or_claim(self) -> Self {
        Self { claim: true, ..self }
    }

    pub(crate) fn admits(self, principal: &Principal) -> bool {
        match principal {
            Principal::Account { scopes, .. } => {
                self.account.is_some_and(|scope| scopes.contains(scope))
            }
            Principal::Key { .. } => self.key,
            Principal::Claim(_) => self.claim,
        }
    }
}

/// A documented query parameter or header.
pub(crate) struct Parameter {
    pub(crate) name: &'static str,
    pub(crate) header: bool,
    pub(crate) about: &'static str,
    pub(crate) schema: RefOr<Schema>,
}

/// A documented request body.
pub(crate) struct BodyDoc {
    pub(crate) shape: fn() -> Shape,
    pub(crate) required: bool,
}

/// The schema of a type and of all that it is made of. Routes know how to make theirs: together they
/// take mebibytes, and only the documents want them.
pub(crate) struct Shape {
    pub(crate) name: String,
    pub(crate) schema: RefOr<Schema>,
    pub(crate) parts: Vec<(String, RefOr<Schema>)>,
}

impl Shape {
    /// The shape of a wire type.
    pub(crate) fn of<T: ToSchema>() -> Self {
        let mut parts = Vec::new();
        T::schemas(&mut parts);
        Self { name: T::name().into_owned(), schema: <T as PartialSchema>::schema(), parts }
    }
}

impl Route {
    /// An operation that reads.
    pub(crate) fn get<F, A>(
        dialect: &'static Dialect,
        path: &'static str,
        operation: &'static str,
        handler: F,
    ) -> Self
    where
        F: Fn(Call) -> A + Send + Sync + 'static,
        A: Future<Output = Outcome> + Send + 'static,
    {
        Self::new(dialect, Method::GET, path, operation, handler)
    }

    /// An operation that writes.
    pub(crate) fn post<F, A>(
        dialect: &'static Dialect,
        path: &'static str,
        operation: &'static str,
        handler: F,
    ) -> Self
    where
        F: Fn(Call) -> A + Send + Sync + 'static,
        A: Future<Output = Outcome> + Send + 'static,
    {
        Self::new(dialect, Method::POST, path, operation, handler)
    }

    /// An operation of any method.
    pub(crate) fn new<F, A>(
        dialect: &'static Dialect,
        method: Method,
        path: &'static str,
        operation: &'static str,
        handler: F,
    ) -> Self
    where
        F: Fn(Call) -> A + Send + Sync + 'static,
        A: Future<Output = Outcome> + Send + 'static,
    {
        Self {
            dialect,
            keyed: method != Method::GET,
            method,
            path,
            label: format!("{}{path}", dialect.prefix),
            operation,
            summary: "",
            access: Access::no_account(),
            parameters: Vec::new(),
            body: None,
            success: StatusCode::OK,
            reply: None,
            nullable: false,
            streams: false,
            refusals: Vec::new(),
            handler: Box::new(move |call| Box::pin(handler(call))),
        }
    }

    /// One line on what it does.
    pub(crate) fn summary(self, summary: &'static str) -> Self {
        Self { summary, ..self }
    }

    /// Which credentials it takes; without this, none.
    pub(crate) fn access(self, access: Access) -> Self {
        Self { access, ..self }
    }

    /// Does not keep its answer under an idempotency key, because a secret is in it.
    pub(crate) fn unkept(self) -> Self {
        Self { keyed: false, ..self }
    }

    /// A query parameter.
    pub(crate) fn query(
        mut self,
        name: &'static str,
        schema: impl Into<RefOr<Schema>>,
        about: &'static str,
    ) -> Self {
        let schema = schema.into();
        self.parameters.push(Parameter { name, header: false, about, schema });
        self
    }

    /// The query parameters of a list.
    pub(crate) fn pages(self, max: i64) -> Self {
        self.query("limit", integer(1, Some(max)), "How many at most; 20 if absent.").cursors()
    }

    /// The cursors of a list.
    pub(crate) fn cursors(self) -> Self {
        self.query("page", text(), "The `next_page` of the page before.")
            .query("before_id", text(), "The rows that immediately precede this id.")
            .query("after_id", text(), "The rows after this id.")
    }

    /// A header.
    pub(crate) fn header(mut self, name: &'static str, about: &'static str) -> Self {
        self.parameters.push(Parameter { name, header: true, about, schema: text() });
        self
    }

    /// A JSON object as its body that must be there.
    pub(crate) fn body<T: ToSchema>(self) -> Self {
        Self { body: Some(BodyDoc { shape: Shape::of::<T>, required: true }), ..self }
    }

    /// A JSON object as its body that may be absent.
    pub(crate) fn optional_body<T: ToSchema>(self) -> Self {
        Self { body: Some(BodyDoc { shape: Shape::of::<T>, required: false }), ..self }
    }

    /// What it answers if all is well.
    pub(crate) fn answers<T: ToSchema>(self, status: StatusCode) -> Self {
        Self { success: status, reply: Some(Shape::of::<T>), ..self }
    }

    /// As [`Route::answers`], or the JSON literal `null`.
    pub(crate) fn answers_or_null<T: ToSchema>(self, status: StatusCode) -> Self {
        Self { nullable: true, ..self.answers::<T>(status) }
    }

    /// Answers with a stream of these for as long as they come.
    pub(crate) fn streams<T: ToSchema>(self) -> Self {
        Self { streams: true, ..self.answers::<T>(StatusCode::OK) }
    }

    /// Statuses of refusals besides those that every such operation has.
    pub(crate) fn refuses(self, statuses: &[u16]) -> Self {
        Self { refusals: statuses.to_vec(), ..self }
    }

    /// The HTTP method.
    pub fn method(&self) -> &Method {
        &self.method
    }

    /// The whole path with parameters in braces; also its name in metrics.
    pub fn template(&self) -> &str {
        &self.label
    }

    /// The name of the operation in the OpenAPI document.
    pub fn operation(&self) -> &'static str {
        self.operation
    }

    /// Whether it answers with a stream that may go on for ever.
    pub fn is_stream(&self) -> bool {
        self.streams
    }

    /// Which credentials it takes.
    pub fn credentials(&self) -> Access {
        self.access
    }
}

impl fmt::Debug for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.label)
    }
}

/// The schema of a string.
pub(crate) fn text() -> RefOr<Schema> {
    ObjectBuilder::new().schema_type(Type::String).into()
}

/// The schema of an RFC 3339 timestamp.
pub(crate) fn date_time() -> RefOr<Schema> {
    let format = SchemaFormat::KnownFormat(KnownFormat::DateTime);
    ObjectBuilder::new().schema_type(Type::String).format(Some(format)).into()
}

/// The schema of a boolean.
pub(crate) fn boolean() -> RefOr<Schema> {
    ObjectBuilder::new().schema_type(Type::Boolean).into()
}

/// The schema of an integer within bounds.
pub(crate) fn integer(least: i64, most: Option<i64>) -> RefOr<Schema> {
    ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(least)).maximum(most).into()
}

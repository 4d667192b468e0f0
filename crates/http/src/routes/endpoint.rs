//! A path with its methods: what it does not know it refuses by name.

use actix_web::http::Method;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::web::ServiceConfig;
use actix_web::{FromRequest, Handler, HttpRequest, HttpResponse, Resource, Responder, guard, web};

use crate::middleware::{IsHead, ResponseHeader, Route};
use crate::problem::{Answer, Code, Problem};

/// A path with its methods.
pub(crate) struct Endpoint {
    path: &'static str,
    methods: Vec<Operation>,
    resource: Resource,
}

/// One method of a path, and the problems that it answers.
pub(crate) struct Operation {
    pub(crate) method: Method,
    pub(crate) problems: &'static [Code],
}

impl Endpoint {
    /// A path without methods.
    pub(crate) fn at(path: &'static str) -> Self {
        Self { path, methods: Vec::new(), resource: web::resource(path).app_data(Route(path)) }
    }

    /// Puts this field into every answer of the path, into refusals too.
    pub(crate) fn response_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.resource = self.resource.app_data(ResponseHeader(name, value));
        self
    }

    /// Adds a method, with the problems that are its own: see [`crate::openapi`] for those of every route.
    pub(crate) fn on<F, Args>(mut self, method: Method, problems: &'static [Code], handler: F) -> Self
    where
        F: Handler<Args>,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        let route = if method == Method::HEAD {
            // The middleware routes it as `GET`, which there need not be.
            web::get().guard(guard::fn_guard(|context| context.req_data().get::<IsHead>().is_some()))
        } else {
            web::method(method.clone())
        };
        self.resource = self.resource.route(route.to(handler));
        self.methods.push(Operation { method, problems });
        self
    }

    /// The path, with `{id}` where there is one.
    pub(crate) const fn path(&self) -> &'static str {
        self.path
    }

    /// Its methods; every `GET` answers `HEAD` too.
    pub(crate) fn operations(&self) -> &[Operation] {
        &self.methods
    }

    pub(crate) fn register(self, config: &mut ServiceConfig) {
        let allow = HeaderValue::from_str(&self.allow()).unwrap_or(HeaderValue::from_static("GET, HEAD"));
        let refuse = move |request: HttpRequest| {
            let allow = allow.clone();
            async move { refuse(&request, allow) }
        };
        config.service(self.resource.default_service(web::to(refuse)));
    }

    fn allow(&self) -> String {
        let mut names: Vec<&str> = Vec::new();
        for operation in &self.methods {
            names.push(operation.method.as_str());
            if operation.method == Method::GET {
                names.push(Method::HEAD.as_str());
            }
        }
        names.join(", ")
    }
}

/// 405 with `Allow`; `OPTIONS` asks for just that.
fn refuse(request: &HttpRequest, allow: HeaderValue) -> Answer {
    if request.method() == Method::OPTIONS {
        return Ok(HttpResponse::NoContent().insert_header((header::ALLOW, allow)).finish());
    }
    Err(Problem::of(Code::MethodNotAllowed).with(header::ALLOW, allow))
}

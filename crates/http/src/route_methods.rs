//! Which routes there are, for those who count requests by them.

use actix_web::http::Method;
use fm_application::wiring::UseCases;

use crate::routes::{self, Features};

/// A route and the methods that it answers, but for those that every route does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RouteMethods {
    /// Its template.
    pub route: &'static str,
    /// Its methods; with `GET` there is `HEAD` too.
    pub methods: Vec<Method>,
}

/// Every route of a server with these use cases.
#[must_use]
pub fn routes(use_cases: &UseCases) -> Vec<RouteMethods> {
    let endpoints = routes::endpoints(Features::of(use_cases));
    let methods = |endpoint: &routes::Endpoint| {
        let mut methods: Vec<Method> =
            endpoint.operations().iter().map(|operation| operation.method.clone()).collect();
        if methods.contains(&Method::GET) && !methods.contains(&Method::HEAD) {
            methods.push(Method::HEAD);
        }
        methods
    };
    endpoints
        .iter()
        .map(|endpoint| RouteMethods { route: endpoint.path(), methods: methods(endpoint) })
        .collect()
}

//! The routes: a folder per area, a file per route, with all that belongs to it.

pub(crate) mod admin;
pub(crate) mod auth;
pub(crate) mod blobs;
pub(crate) mod direct_uploads;
mod endpoint;
pub(crate) mod files;
mod include;
pub(crate) mod ops;
pub(crate) mod trash;
pub(crate) mod tree;
pub(crate) mod uploads;
pub(crate) mod versions;

use actix_web::web::ServiceConfig;
use fm_application::wiring::UseCases;

pub(crate) use endpoint::Endpoint;

/// What not every deployment features.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Features {
    /// Resumable uploads.
    resumable: bool,
    /// Direct uploads.
    direct: bool,
    /// Direct uploads whose parts are sent to ourselves.
    receives_parts: bool,
}

impl Features {
    /// All of them: what is documented.
    pub(crate) const ALL: Self = Self { resumable: true, direct: true, receives_parts: true };

    /// The features of this deployment.
    pub(crate) fn of(use_cases: &UseCases) -> Self {
        Self {
            resumable: use_cases.resumable.is_some(),
            direct: use_cases.direct.is_some(),
            receives_parts: use_cases.direct.as_ref().is_some_and(|direct| direct.receive_part.is_some()),
        }
    }
}

/// Every route, the busiest first: they are tried in this order.
pub(crate) fn endpoints(features: Features) -> Vec<Endpoint> {
    let mut endpoints = auth::endpoints();
    endpoints.extend(files::endpoints());
    endpoints.extend(blobs::endpoints());
    endpoints.extend(tree::endpoints());
    endpoints.extend(trash::endpoints());
    endpoints.extend(versions::endpoints());
    if features.resumable {
        endpoints.extend(uploads::endpoints());
    }
    if features.direct {
        endpoints.extend(direct_uploads::endpoints(features.receives_parts));
    }
    endpoints.extend(ops::endpoints());
    endpoints.extend(admin::endpoints());
    endpoints
}

/// Adds every route to an application.
pub(crate) fn configure(config: &mut ServiceConfig, features: Features) {
    for endpoint in endpoints(features) {
        endpoint.register(config);
    }
}

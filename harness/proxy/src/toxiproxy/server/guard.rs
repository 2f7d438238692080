//! What stands before every route: no browsers, a number for the request, and an end to waiting.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use axum::{
    extract::Request,
    http::{HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

use crate::clock::within;

/// The longest that a request is worked on.
const PATIENCE: Duration = Duration::from_secs(25);
/// A page in a browser must not be able to reach this API on its user's machine.
const BROWSER: &str = "Mozilla/";
const REQUEST_ID: &str = "x-toxiproxy-request-id";

static REQUESTS: AtomicU64 = AtomicU64::new(1);

pub(super) async fn guard(request: Request, next: Next) -> Response {
    let number = REQUESTS.fetch_add(1, Ordering::Relaxed);
    let agent = request.headers().get(header::USER_AGENT).and_then(|agent| agent.to_str().ok());
    let mut response = if agent.is_some_and(|agent| agent.starts_with(BROWSER)) {
        let plain = [(header::CONTENT_TYPE, "text/plain; charset=utf-8")];
        (StatusCode::FORBIDDEN, plain, "User agent not allowed\n").into_response()
    } else {
        within(PATIENCE, next.run(request))
            .await
            .unwrap_or_else(|| StatusCode::SERVICE_UNAVAILABLE.into_response())
    };
    if let Ok(id) = HeaderValue::from_str(&format!("{number:020x}")) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}

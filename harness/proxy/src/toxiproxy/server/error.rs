//! What the API says when it can't, in Toxiproxy's words and with its status.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::{Map, Value, json};

use crate::toxiproxy::loose_json::Mistake;

/// A request that was not carried out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum ApiError {
    #[error("bad request body: {0}")]
    BadBody(String),
    #[error("bad request path: {0}")]
    BadPath(String),
    #[error("bad request body: too large")]
    TooLarge,
    #[error("missing required field: {0}")]
    Missing(String),
    #[error("stream was invalid, can be either upstream or downstream")]
    Stream,
    #[error("invalid toxic type")]
    ToxicType,
    #[error("proxy not found")]
    NoProxy,
    #[error("toxic not found")]
    NoToxic,
    #[error("link not found")]
    NoLink,
    #[error("proxy already exists")]
    ProxyExists,
    #[error("toxic already exists")]
    ToxicExists,
    /// The system's refusal.
    #[error("{0}")]
    Environment(String),
}

impl From<Mistake> for ApiError {
    fn from(mistake: Mistake) -> Self {
        Self::BadBody(mistake.0)
    }
}

impl ApiError {
    pub(super) fn status(&self) -> StatusCode {
        match self {
            Self::BadBody(_) | Self::BadPath(_) | Self::Missing(_) | Self::Stream | Self::ToxicType => {
                StatusCode::BAD_REQUEST
            }
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::NoProxy | Self::NoToxic | Self::NoLink => StatusCode::NOT_FOUND,
            Self::ProxyExists | Self::ToxicExists => StatusCode::CONFLICT,
            Self::Environment(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The body's fields.
    pub(super) fn fields(&self) -> Map<String, Value> {
        let fields = [("error", json!(self.to_string())), ("status", json!(self.status().as_u16()))];
        fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }
}

impl IntoResponse for ApiError {
    /// JSON that calls itself text, as Toxiproxy's errors do.
    fn into_response(self) -> Response {
        let body = format!("{}\n", Value::Object(self.fields()));
        let headers = [
            (header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8")),
            (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        ];
        (self.status(), headers, body).into_response()
    }
}

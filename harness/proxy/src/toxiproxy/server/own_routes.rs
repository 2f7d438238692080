//! deadzone's own routes: live links, and faults that toxics can't say. Described in `openapi.json`, which is served too.

use std::sync::Arc;

use axum::{
    Router,
    body::Bytes,
    extract::{Path, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde_json::{Value, json};

use super::{
    collection::Collection,
    error::ApiError,
    fault,
    live::Live,
    routes::{Shared, shown},
};
use crate::{Middle, Traffic};

const OPENAPI: &str = include_str!("../../../openapi.json");

/// Every route of ours.
pub(super) fn routes() -> Router<Shared> {
    Router::new()
        .route("/v1/openapi.json", get(openapi))
        .route("/v1/links", get(links))
        .route("/v1/links/{id}", get(link).delete(close))
        .route("/v1/links/{id}/faults", post(link_fault))
        .route("/v1/proxies/{proxy}/faults", post(proxy_fault))
}

async fn openapi() -> Response {
    ([(header::CONTENT_TYPE, "application/json")], OPENAPI).into_response()
}

fn live(collection: &Collection, id: &str) -> Result<Arc<Live>, ApiError> {
    let id: u64 = id.parse().map_err(|_| ApiError::NoLink)?;
    let mut found = collection.proxies.values().filter_map(|proxy| proxy.served().links.get(&id).cloned());
    found.next().ok_or(ApiError::NoLink)
}

fn described(live: &Live) -> Value {
    let traffic = &live.traffic;
    let chain = live.chain();
    json!({
        "id": live.id,
        "proxy": live.proxy,
        "client": live.peer.to_string(),
        "upstream": live.upstream,
        "age_us": live.clock.now_us().saturating_sub(live.since_us),
        "mqtt": chain.is_mqtt(),
        "up": {
            "taken": Traffic::get(&traffic.taken_up),
            "given": Traffic::get(&traffic.given_up),
            "held": chain.held_up(),
        },
        "down": {
            "taken": Traffic::get(&traffic.taken_down),
            "given": Traffic::get(&traffic.given_down),
            "held": chain.held_down(),
        },
        "notes": chain.notes(),
    })
}

async fn links(State(shared): State<Shared>) -> Response {
    let collection = shared.lock().await;
    let of = |served: &super::proxy::Served| served.links.values().map(|l| described(l)).collect::<Vec<_>>();
    let all: Vec<Value> = collection.proxies.values().flat_map(|proxy| of(&proxy.served())).collect();
    shown(StatusCode::OK, &Value::from(all))
}

async fn link(State(shared): State<Shared>, Path(id): Path<String>) -> Result<Response, ApiError> {
    let live = live(&*shared.lock().await, &id)?;
    Ok(shown(StatusCode::OK, &described(&live)))
}

async fn close(State(shared): State<Shared>, Path(id): Path<String>) -> Result<Response, ApiError> {
    live(&*shared.lock().await, &id)?.control.stop(crate::Stop::Close);
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn link_fault(
    State(shared): State<Shared>,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<Response, ApiError> {
    let live = live(&*shared.lock().await, &id)?;
    let step = fault::read(&body)?;
    live.change(|now_us, chain| chain.step(now_us, step));
    Ok(shown(StatusCode::OK, &described(&live)))
}

/// On every link that lives now.
async fn proxy_fault(
    State(shared): State<Shared>,
    Path(name): Path<String>,
    body: Bytes,
) -> Result<Response, ApiError> {
    let collection = shared.lock().await;
    let proxy = collection.get(&name)?;
    let step = fault::read(&body)?;
    let served = proxy.served();
    for live in served.links.values() {
        live.change(|now_us, chain| chain.step(now_us, step.clone()));
    }
    let reached: Vec<u64> = served.links.keys().copied().collect();
    Ok(shown(StatusCode::OK, &json!({ "fault": step.to_string(), "links": reached })))
}

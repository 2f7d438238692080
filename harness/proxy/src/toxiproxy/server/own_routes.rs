//! deadzone's own routes: live links, faults that toxics can't say, and profiles. Described in `openapi.json`, which is served too.

use std::sync::Arc;

use axum::{
    Router,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post, put},
};
use deadzone_link::When;
use serde_json::{Value, json};

use super::{
    collection::Collection,
    error::ApiError,
    extract::{Body, Named},
    fault,
    live::Live,
    profile,
    routes::{Shared, guarded, shown},
};
use crate::{Impairment, Traffic};

const OPENAPI: &str = include_str!("../../../openapi.json");

/// Every route of ours.
pub(super) fn routes() -> Router<Shared> {
    Router::new()
        .route("/v1/openapi.json", guarded(get(openapi)))
        .route("/v1/links", guarded(get(links)))
        .route("/v1/links/{id}", guarded(get(link).delete(close)))
        .route("/v1/links/{id}/faults", guarded(post(link_fault)))
        .route("/v1/links/{id}/profile", guarded(put(link_profile).delete(clear_link)))
        .route("/v1/proxies/{proxy}/faults", guarded(post(proxy_fault)))
        .route(
            "/v1/proxies/{proxy}/profile",
            guarded(get(proxy_profile).put(put_proxy_profile).delete(clear_proxy)),
        )
        .route("/v1/profiles", guarded(get(profiles)))
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
        "profile": profile::named(chain.profile()),
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

async fn link(State(shared): State<Shared>, Named(id): Named<String>) -> Result<Response, ApiError> {
    let live = live(&*shared.lock().await, &id)?;
    Ok(shown(StatusCode::OK, &described(&live)))
}

async fn close(State(shared): State<Shared>, Named(id): Named<String>) -> Result<Response, ApiError> {
    live(&*shared.lock().await, &id)?.control.stop(crate::Stop::Close);
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn link_fault(
    State(shared): State<Shared>,
    Named(id): Named<String>,
    Body(body): Body,
) -> Result<Response, ApiError> {
    let collection = shared.lock().await;
    let live = live(&collection, &id)?;
    let step = fault::read(&body, collection.read_fault)?;
    if matches!(step.when, When::On(_)) && live.chain().is_opaque() {
        let why = "this connection does not speak MQTT: no packet will ever be seen on it";
        return Err(ApiError::BadBody(why.to_owned()));
    }
    live.change(|now_us, chain| chain.step(now_us, step));
    Ok(shown(StatusCode::OK, &described(&live)))
}

/// On every link that lives now.
async fn proxy_fault(
    State(shared): State<Shared>,
    Named(name): Named<String>,
    Body(body): Body,
) -> Result<Response, ApiError> {
    let collection = shared.lock().await;
    let proxy = collection.get(&name)?;
    let step = fault::read(&body, collection.read_fault)?;
    let served = proxy.served();
    for live in served.links.values() {
        live.change(|now_us, chain| chain.step(now_us, step.clone()));
    }
    let reached: Vec<u64> = served.links.keys().copied().collect();
    Ok(shown(StatusCode::OK, &json!({ "fault": step.to_string(), "links": reached })))
}

async fn link_profile(
    State(shared): State<Shared>,
    Named(id): Named<String>,
    Body(body): Body,
) -> Result<Response, ApiError> {
    let collection = shared.lock().await;
    let live = live(&collection, &id)?;
    profile::put(&live, profile::read(&body, &collection.catalogue)?)?;
    Ok(shown(StatusCode::OK, &described(&live)))
}

async fn clear_link(State(shared): State<Shared>, Named(id): Named<String>) -> Result<Response, ApiError> {
    profile::clear(&*live(&*shared.lock().await, &id)?);
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// What connections that come behave like; links that live may have been changed one by one.
async fn proxy_profile(
    State(shared): State<Shared>,
    Named(name): Named<String>,
) -> Result<Response, ApiError> {
    let collection = shared.lock().await;
    let of_new = profile::named(collection.get(&name)?.served().profile.as_deref());
    Ok(shown(StatusCode::OK, &json!({ "profile": of_new })))
}

async fn put_proxy_profile(
    State(shared): State<Shared>,
    Named(name): Named<String>,
    Body(body): Body,
) -> Result<Response, ApiError> {
    let collection = shared.lock().await;
    let wanted = profile::read(&body, &collection.catalogue)?;
    let proxy = collection.get(&name)?;
    let mut served = proxy.served();
    profile::put_on_all(&mut served, proxy.now_us(), wanted)?;
    let reached: Vec<u64> = served.links.keys().copied().collect();
    Ok(shown(
        StatusCode::OK,
        &json!({ "profile": profile::named(served.profile.as_deref()), "links": reached }),
    ))
}

async fn clear_proxy(State(shared): State<Shared>, Named(name): Named<String>) -> Result<Response, ApiError> {
    profile::clear_on_all(&mut shared.lock().await.get(&name)?.served());
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn profiles(State(shared): State<Shared>) -> Response {
    shown(StatusCode::OK, &profile::listed(&shared.lock().await.catalogue))
}

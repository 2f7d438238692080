//! Toxiproxy's routes. Knows requests and answers, and leaves the work to the collection.

use std::sync::Arc;

use axum::{
    Router,
    body::Bytes,
    extract::{Path, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde_json::{Map, Value, json};
use tokio::sync::Mutex;

use super::{collection::Collection, error::ApiError, metrics, toxics};

/// The version that is answered: the release whose API this is. Clients look at it to know what they may call.
const VERSION: &str = "{\"version\": \"2.12.0\"}\n";

/// What the handlers work on.
pub(super) type Shared = Arc<Mutex<Collection>>;
type Answer = Result<Response, ApiError>;

/// Every route of Toxiproxy's.
pub(super) fn routes(with_metrics: bool) -> Router<Shared> {
    let routes = Router::new()
        .route("/version", get(version))
        .route("/reset", post(reset))
        .route("/populate", post(populate))
        .route("/proxies", get(proxies).post(create))
        .route("/proxies/{proxy}", get(proxy).post(update).patch(update).delete(delete))
        .route("/proxies/{proxy}/toxics", get(toxics_of).post(add_toxic))
        .route(
            "/proxies/{proxy}/toxics/{toxic}",
            get(toxic).post(update_toxic).patch(update_toxic).delete(remove_toxic),
        );
    if with_metrics { routes.route("/metrics", get(counts)) } else { routes }
}

/// JSON without a charset, as Toxiproxy names it.
pub(super) fn shown(status: StatusCode, value: &Value) -> Response {
    (status, [(header::CONTENT_TYPE, "application/json")], value.to_string()).into_response()
}

fn ok(value: &Value) -> Answer {
    Ok(shown(StatusCode::OK, value))
}

fn done() -> Answer {
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn version() -> Response {
    ([(header::CONTENT_TYPE, "application/json;charset=utf-8")], VERSION).into_response()
}

async fn reset(State(shared): State<Shared>) -> Answer {
    shared.lock().await.reset().await?;
    done()
}

async fn populate(State(shared): State<Shared>, body: Bytes) -> Response {
    match shared.lock().await.populate(&body).await {
        Ok(made) => shown(StatusCode::CREATED, &json!({ "proxies": made })),
        Err((error, made)) => {
            let mut fields: Map<String, Value> = error.fields();
            fields.insert("proxies".to_owned(), made.map_or(Value::Null, Value::from));
            shown(error.status(), &Value::Object(fields))
        }
    }
}

async fn proxies(State(shared): State<Shared>) -> Answer {
    let collection = shared.lock().await;
    let all: Map<String, Value> =
        collection.proxies.iter().map(|(name, proxy)| (name.clone(), proxy.to_json())).collect();
    ok(&Value::Object(all))
}

async fn create(State(shared): State<Shared>, body: Bytes) -> Answer {
    Ok(shown(StatusCode::CREATED, &shared.lock().await.create(&body).await?))
}

async fn proxy(State(shared): State<Shared>, Path(name): Path<String>) -> Answer {
    ok(&shared.lock().await.get(&name)?.to_json())
}

async fn update(State(shared): State<Shared>, Path(name): Path<String>, body: Bytes) -> Answer {
    ok(&shared.lock().await.update(&name, &body).await?)
}

async fn delete(State(shared): State<Shared>, Path(name): Path<String>) -> Answer {
    shared.lock().await.delete(&name).await?;
    done()
}

async fn toxics_of(State(shared): State<Shared>, Path(name): Path<String>) -> Answer {
    ok(&shared.lock().await.get(&name)?.served().toxics.to_json())
}

async fn add_toxic(State(shared): State<Shared>, Path(name): Path<String>, body: Bytes) -> Answer {
    ok(&toxics::add(&mut shared.lock().await.get(&name)?.served(), &body)?)
}

async fn toxic(State(shared): State<Shared>, Path((name, toxic)): Path<(String, String)>) -> Answer {
    ok(&shared.lock().await.get(&name)?.served().toxics.get(&toxic)?.to_json())
}

async fn update_toxic(
    State(shared): State<Shared>,
    Path((name, toxic)): Path<(String, String)>,
    body: Bytes,
) -> Answer {
    ok(&toxics::update(&mut shared.lock().await.get(&name)?.served(), &toxic, &body)?)
}

async fn remove_toxic(State(shared): State<Shared>, Path((name, toxic)): Path<(String, String)>) -> Answer {
    toxics::remove(&mut shared.lock().await.get(&name)?.served(), &toxic)?;
    done()
}

async fn counts(State(shared): State<Shared>) -> Response {
    let text = metrics::render(&*shared.lock().await);
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response()
}

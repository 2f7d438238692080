//! Toxiproxy's routes. Knows requests and answers, and leaves the work to the collection.

use std::sync::Arc;

use axum::{
    Router,
    extract::State,
    http::{StatusCode, header},
    middleware::from_fn,
    response::{IntoResponse, Response},
    routing::{MethodRouter, any, get, post},
};
use serde_json::{Map, Value, json};

use super::{
    api::Api,
    error::ApiError,
    extract::{Body, Named},
    guard::guard,
    metrics, toxics,
};

/// The version that is answered: the release whose API this is. Clients look at it to know what they may call.
const VERSION: &str = "{\"version\": \"2.12.0\"}\n";

/// What the handlers work on.
pub(super) type Shared = Arc<Api>;
type Answer = Result<Response, ApiError>;

/// Every route of Toxiproxy's.
pub(super) fn routes(with_metrics: bool) -> Router<Shared> {
    let routes = Router::new()
        .route("/version", guarded(get(version)))
        .route("/reset", guarded(post(reset)))
        .route("/populate", guarded(post(populate)))
        .route("/proxies", guarded(get(proxies).post(create)))
        .route("/proxies/{proxy}", guarded(get(proxy).post(update).patch(update).delete(delete)))
        .route("/proxies/{proxy}/toxics", guarded(get(toxics_of).post(add_toxic)))
        .route(
            "/proxies/{proxy}/toxics/{toxic}",
            guarded(get(toxic).post(update_toxic).patch(update_toxic).delete(remove_toxic)),
        );
    if with_metrics { routes.route("/metrics", any(counts).layer(from_fn(guard))) } else { routes }
}

/// What is asked for as it is meant to be is guarded; any other method is refused without a look at who asks. HEAD is no GET
/// here: Toxiproxy's router knows none.
pub(super) fn guarded(methods: MethodRouter<Shared>) -> MethodRouter<Shared> {
    methods.route_layer(from_fn(guard)).head(refused)
}

async fn refused() -> StatusCode {
    StatusCode::METHOD_NOT_ALLOWED
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
    shared.reset().await?;
    done()
}

async fn populate(State(shared): State<Shared>, Body(body): Body) -> Response {
    match shared.populate(&body).await {
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

async fn create(State(shared): State<Shared>, Body(body): Body) -> Answer {
    Ok(shown(StatusCode::CREATED, &shared.create(&body).await?))
}

async fn proxy(State(shared): State<Shared>, Named(name): Named<String>) -> Answer {
    ok(&shared.lock().await.get(&name)?.to_json())
}

async fn update(State(shared): State<Shared>, Named(name): Named<String>, Body(body): Body) -> Answer {
    ok(&shared.update(&name, &body).await?)
}

async fn delete(State(shared): State<Shared>, Named(name): Named<String>) -> Answer {
    shared.lock().await.delete(&name).await?;
    done()
}

async fn toxics_of(State(shared): State<Shared>, Named(name): Named<String>) -> Answer {
    ok(&shared.lock().await.get(&name)?.served().toxics.to_json())
}

async fn add_toxic(State(shared): State<Shared>, Named(name): Named<String>, Body(body): Body) -> Answer {
    ok(&toxics::add(&mut shared.lock().await.get(&name)?.served(), &body)?)
}

async fn toxic(State(shared): State<Shared>, Named((name, toxic)): Named<(String, String)>) -> Answer {
    ok(&shared.lock().await.get(&name)?.served().toxics.get(&toxic)?.to_json())
}

async fn update_toxic(
    State(shared): State<Shared>,
    Named((name, toxic)): Named<(String, String)>,
    Body(body): Body,
) -> Answer {
    ok(&toxics::update(&mut shared.lock().await.get(&name)?.served(), &toxic, &body)?)
}

async fn remove_toxic(State(shared): State<Shared>, Named((name, toxic)): Named<(String, String)>) -> Answer {
    toxics::remove(&mut shared.lock().await.get(&name)?.served(), &toxic)?;
    done()
}

async fn counts(State(shared): State<Shared>) -> Response {
    let text = metrics::render(&*shared.lock().await);
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response()
}

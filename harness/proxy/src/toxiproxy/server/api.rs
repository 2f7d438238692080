//! What requests do to the collection when a name must be resolved for it: that can take as long as the system's resolver
//! likes, and happens before the collection is locked. Knows no HTTP.

use std::{collections::BTreeMap, net::IpAddr};

use serde_json::{Map, Value};
use tokio::sync::{Mutex, MutexGuard};

use super::{
    address::resolve,
    collection::{Collection, Resolved, Wanted},
    error::ApiError,
};
use crate::toxiproxy::loose_json;

/// The collection as requests share it.
pub(super) struct Api {
    collection: Mutex<Collection>,
    /// The API's own address, for proxies that name no host.
    own: IpAddr,
}

impl Api {
    pub(super) fn new(collection: Collection, own: IpAddr) -> Self {
        Self { collection: Mutex::new(collection), own }
    }

    pub(super) async fn lock(&self) -> MutexGuard<'_, Collection> {
        self.collection.lock().await
    }

    async fn resolved(&self, listen: &str) -> Resolved {
        resolve(listen, self.own).await
    }

    pub(super) async fn create(&self, body: &[u8]) -> Result<Value, ApiError> {
        let body = loose_json::first(body)?;
        let wanted = Wanted::read(loose_json::object(&body, "")?, "")?;
        let address = self.resolved(&wanted.listen).await;
        self.lock().await.create(wanted, address).await
    }

    /// Creates or replaces a list of proxies. The error comes with those that were made before it; `None` where none was
    /// begun.
    pub(super) async fn populate(&self, body: &[u8]) -> Result<Vec<Value>, (ApiError, Option<Vec<Value>>)> {
        let wanted = read_list(body).map_err(|error| (error, None))?;
        let mut list = Vec::new();
        for one in wanted {
            let address = self.resolved(&one.listen).await;
            list.push((one, address));
        }
        let mut collection = self.lock().await;
        let mut made = Vec::new();
        for (one, address) in list {
            match collection.put_or_replace(one, address).await {
                Ok(shown) => made.push(shown),
                Err(error) => return Err((error, (!made.is_empty()).then_some(made))),
            }
        }
        Ok(made)
    }

    /// Changes addresses, which drops connections, and switches on and off.
    pub(super) async fn update(&self, name: &str, body: &[u8]) -> Result<Value, ApiError> {
        // A proxy that is not there comes before whatever is wrong with the body.
        let mut before = self.lock().await.get(name)?.listen.clone();
        let body = loose_json::first(body)?;
        let given = loose_json::object(&body, "")?;
        loop {
            let listen = loose_json::text(given, "listen")?.unwrap_or(&before).to_owned();
            let address = self.resolved(&listen).await;
            let mut collection = self.lock().await;
            let now = &collection.get(name)?.listen;
            if *now == before {
                return collection.update(name, &listen, address, given).await;
            }
            // Another request moved it meanwhile.
            before.clone_from(now);
        }
    }

    /// Switches every proxy on and removes all toxics, and the profiles of ours.
    pub(super) async fn reset(&self) -> Result<(), ApiError> {
        let mut addresses = BTreeMap::new();
        for listen in self.lock().await.stopped() {
            let address = self.resolved(&listen).await;
            addresses.insert(listen, address);
        }
        self.lock().await.reset(&addresses).await
    }
}

fn read_list(body: &[u8]) -> Result<Vec<Wanted>, ApiError> {
    let body = loose_json::first(body)?;
    let list = (1..).zip(loose_json::array(&body)?);
    list.map(|(place, one)| {
        let given: &Map<String, Value> = loose_json::object(one, "")?;
        Wanted::read(given, &format!(" at proxy {place}"))
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use std::{
        net::Ipv4Addr,
        sync::{Arc, mpsc},
        time::Duration,
    };

    use deadzone_link::Catalogue;

    use super::*;
    use crate::{
        Clock,
        clock::within,
        toxiproxy::server::{limits::Limits, proxy::Ground},
    };

    fn api() -> Api {
        let ground = Ground {
            seed: 1,
            clock: Clock::new(),
            connections: Limits::default().connections,
            recorder: None,
        };
        let catalogue = Catalogue::new([], []).unwrap();
        let no_fault = |_: &str| Err("none".to_owned());
        Api::new(Collection::new(ground, catalogue, no_fault), Ipv4Addr::LOCALHOST.into())
    }

    #[test]
    fn a_slow_resolver_keeps_nobody_else_waiting() {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        // Names are resolved on the one thread that may block, and that is taken.
        let runtime = runtime.enable_all().max_blocking_threads(1).build().unwrap();
        runtime.block_on(async {
            let (release, held) = mpsc::channel::<()>();
            let busy = tokio::task::spawn_blocking(move || held.recv());
            let api = Arc::new(api());
            let bodies =
                [r#"{"name":"a","upstream":"u:1","listen":"localhost:0"}"#, r#"{"listen":"localhost:0"}"#];
            let own = r#"{"name":"b","upstream":"u:1","enabled":false}"#;
            api.create(own.as_bytes()).await.unwrap();
            let (one, two, three) = (Arc::clone(&api), Arc::clone(&api), Arc::clone(&api));
            let waiting = [
                tokio::spawn(async move { one.create(bodies[0].as_bytes()).await }),
                tokio::spawn(async move { two.update("b", bodies[1].as_bytes()).await }),
                tokio::spawn(async move {
                    let list = format!("[{}]", bodies[0].replace("\"a\"", "\"c\""));
                    three.populate(list.as_bytes()).await.map(Value::from).map_err(|(error, _)| error)
                }),
            ];
            for _ in 0..9 {
                tokio::task::yield_now().await;
                let lock = within(Duration::from_secs(5), api.lock()).await;
                assert!(lock.is_some_and(|all| all.proxies.len() == 1), "it waits for a name");
            }
            release.send(()).unwrap();
            busy.await.unwrap().unwrap();
            for one in waiting {
                one.await.unwrap().unwrap();
            }
            assert_eq!(api.lock().await.proxies.len(), 3);
        });
    }
}

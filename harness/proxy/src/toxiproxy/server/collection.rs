//! All proxies by name, and how a request changes them. Knows no HTTP.

use std::{collections::BTreeMap, net::SocketAddr};

use deadzone_link::Catalogue;
use serde_json::{Map, Value};

use super::{
    error::ApiError,
    fault::ReadFault,
    profile,
    proxy::{Ground, Proxy},
    toxics,
};
use crate::toxiproxy::loose_json;

/// The proxies.
pub(super) struct Collection {
    pub(super) proxies: BTreeMap<String, Proxy>,
    ground: Ground,
    /// What profiles there are, and how a fault is read.
    pub(super) catalogue: Catalogue,
    pub(super) read_fault: ReadFault,
}

/// What became of the name that a proxy is to listen on.
pub(super) type Resolved = Result<SocketAddr, ApiError>;

/// A proxy as a body describes it.
pub(super) struct Wanted {
    name: String,
    pub(super) listen: String,
    upstream: String,
    enabled: bool,
}

impl Wanted {
    pub(super) fn read(given: &Map<String, Value>, place: &str) -> Result<Self, ApiError> {
        let text = |name| loose_json::text(given, name).map(|t| t.unwrap_or_default().to_owned());
        let wanted = Self {
            name: text("name")?,
            listen: text("listen")?,
            upstream: text("upstream")?,
            enabled: loose_json::flag(given, "enabled")?.unwrap_or(true),
        };
        for (missing, value) in [("name", &wanted.name), ("upstream", &wanted.upstream)] {
            if value.is_empty() {
                return Err(ApiError::Missing(format!("{missing}{place}")));
            }
        }
        Ok(wanted)
    }
}

impl Collection {
    pub(super) fn new(ground: Ground, catalogue: Catalogue, read_fault: ReadFault) -> Self {
        Self { proxies: BTreeMap::new(), ground, catalogue, read_fault }
    }

    pub(super) fn get(&self, name: &str) -> Result<&Proxy, ApiError> {
        self.proxies.get(name).ok_or(ApiError::NoProxy)
    }

    pub(super) async fn create(&mut self, wanted: Wanted, address: Resolved) -> Result<Value, ApiError> {
        if self.proxies.contains_key(&wanted.name) {
            return Err(ApiError::ProxyExists);
        }
        self.put(wanted, address).await
    }

    /// Takes the place of one of the same name, once it runs.
    async fn put(&mut self, wanted: Wanted, address: Resolved) -> Result<Value, ApiError> {
        let mut proxy = Proxy::new(self.ground.clone(), &wanted.name, &wanted.listen, &wanted.upstream);
        if wanted.enabled {
            proxy.start(address?).await?;
        }
        let shown = proxy.to_json();
        self.proxies.insert(wanted.name, proxy);
        Ok(shown)
    }

    /// One that is there with the same addresses is left alone. Another is stopped first, since the new one may want its
    /// port; where the new one can't start, the old one stays as it was, with its toxics, but stopped. That is what
    /// Toxiproxy does: the client can look at it, mend the address and switch it on again.
    pub(super) async fn put_or_replace(
        &mut self,
        wanted: Wanted,
        address: Resolved,
    ) -> Result<Value, ApiError> {
        if let Some(there) = self.proxies.get_mut(&wanted.name) {
            let listen = address.clone()?.to_string();
            if there.upstream == wanted.upstream && (there.listen == listen || there.listen == wanted.listen)
            {
                return Ok(there.to_json());
            }
            there.stop().await;
        }
        self.put(wanted, address).await
    }

    /// Changes addresses, which drops connections, and switches on and off. `listen` is where it is to listen from now
    /// on, and `address` what that means.
    pub(super) async fn update(
        &mut self,
        name: &str,
        listen: &str,
        address: Resolved,
        given: &Map<String, Value>,
    ) -> Result<Value, ApiError> {
        let proxy = self.proxies.get_mut(name).ok_or(ApiError::NoProxy)?;
        let upstream = loose_json::text(given, "upstream")?.unwrap_or(&proxy.upstream).to_owned();
        let enabled = loose_json::flag(given, "enabled")?.unwrap_or_else(|| proxy.enabled());
        let moved = listen != proxy.listen && address.clone()?.to_string() != proxy.listen;
        if moved || upstream != proxy.upstream {
            proxy.stop().await;
            (proxy.listen, proxy.upstream) = (listen.to_owned(), upstream);
        }
        if enabled {
            proxy.start(address?).await?;
        } else {
            proxy.stop().await;
        }
        Ok(proxy.to_json())
    }

    pub(super) async fn delete(&mut self, name: &str) -> Result<(), ApiError> {
        self.proxies.get_mut(name).ok_or(ApiError::NoProxy)?.stop().await;
        self.proxies.remove(name);
        Ok(())
    }

    /// Where those that do not run would listen.
    pub(super) fn stopped(&self) -> Vec<String> {
        self.proxies.values().filter(|proxy| !proxy.enabled()).map(|proxy| proxy.listen.clone()).collect()
    }

    /// Switches every proxy on and removes all toxics, and the profiles of ours. One that was stopped or moved since
    /// the addresses were resolved stays as that one wanted it.
    pub(super) async fn reset(&mut self, addresses: &BTreeMap<String, Resolved>) -> Result<(), ApiError> {
        for proxy in self.proxies.values_mut() {
            if let Some(address) = addresses.get(&proxy.listen).filter(|_| !proxy.enabled()) {
                proxy.start(address.clone()?).await?;
            }
            toxics::clear(&mut proxy.served());
            profile::clear_on_all(&mut proxy.served());
        }
        Ok(())
    }
}

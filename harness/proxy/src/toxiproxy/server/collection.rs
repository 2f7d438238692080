//! All proxies by name, and how a request changes them. Knows no HTTP.

use std::{collections::BTreeMap, net::IpAddr};

use deadzone_link::Catalogue;
use serde_json::{Map, Value};

use super::{
    address::resolve,
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
    /// The API's own address, for proxies that name no host.
    own: IpAddr,
}

/// A proxy as a body describes it.
struct Wanted {
    name: String,
    listen: String,
    upstream: String,
    enabled: bool,
}

impl Wanted {
    fn read(given: &Map<String, Value>, place: &str) -> Result<Self, ApiError> {
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
    pub(super) fn new(ground: Ground, own: IpAddr, catalogue: Catalogue, read_fault: ReadFault) -> Self {
        Self { proxies: BTreeMap::new(), ground, catalogue, read_fault, own }
    }

    pub(super) fn get(&self, name: &str) -> Result<&Proxy, ApiError> {
        self.proxies.get(name).ok_or(ApiError::NoProxy)
    }

    fn get_mut(&mut self, name: &str) -> Result<&mut Proxy, ApiError> {
        self.proxies.get_mut(name).ok_or(ApiError::NoProxy)
    }

    pub(super) async fn create(&mut self, body: &[u8]) -> Result<Value, ApiError> {
        let body = loose_json::first(body)?;
        let wanted = Wanted::read(loose_json::object(&body, "")?, "")?;
        if self.proxies.contains_key(&wanted.name) {
            return Err(ApiError::ProxyExists);
        }
        self.put(wanted).await
    }

    async fn put(&mut self, wanted: Wanted) -> Result<Value, ApiError> {
        let mut proxy = Proxy::new(self.ground, &wanted.name, &wanted.listen, &wanted.upstream);
        if wanted.enabled {
            proxy.start(resolve(&wanted.listen, self.own).await?).await?;
        }
        let shown = proxy.to_json();
        self.proxies.insert(wanted.name, proxy);
        Ok(shown)
    }

    /// Creates or replaces a list of proxies. The error comes with those that were made before it; `None` where none was
    /// begun.
    pub(super) async fn populate(
        &mut self,
        body: &[u8],
    ) -> Result<Vec<Value>, (ApiError, Option<Vec<Value>>)> {
        let wanted = Self::read_list(body).map_err(|error| (error, None))?;
        let mut made = Vec::new();
        for one in wanted {
            match self.put_or_replace(one).await {
                Ok(shown) => made.push(shown),
                Err(error) => return Err((error, (!made.is_empty()).then_some(made))),
            }
        }
        Ok(made)
    }

    fn read_list(body: &[u8]) -> Result<Vec<Wanted>, ApiError> {
        let body = loose_json::first(body)?;
        let mut wanted = Vec::new();
        for (place, one) in (1..).zip(loose_json::array(&body)?) {
            wanted.push(Wanted::read(loose_json::object(one, "")?, &format!(" at proxy {place}"))?);
        }
        Ok(wanted)
    }

    /// One that is there with the same addresses is left alone.
    async fn put_or_replace(&mut self, wanted: Wanted) -> Result<Value, ApiError> {
        if let Some(there) = self.proxies.get_mut(&wanted.name) {
            let listen = resolve(&wanted.listen, self.own).await?.to_string();
            if there.upstream == wanted.upstream && (there.listen == listen || there.listen == wanted.listen)
            {
                return Ok(there.to_json());
            }
            there.stop().await;
            self.proxies.remove(&wanted.name);
        }
        self.put(wanted).await
    }

    /// Changes addresses, which drops connections, and switches on and off.
    pub(super) async fn update(&mut self, name: &str, body: &[u8]) -> Result<Value, ApiError> {
        let own = self.own;
        let proxy = self.get_mut(name)?;
        let body = loose_json::first(body)?;
        let given = loose_json::object(&body, "")?;
        let listen = loose_json::text(given, "listen")?.unwrap_or(&proxy.listen).to_owned();
        let upstream = loose_json::text(given, "upstream")?.unwrap_or(&proxy.upstream).to_owned();
        let enabled = loose_json::flag(given, "enabled")?.unwrap_or_else(|| proxy.enabled());
        if listen != proxy.listen && resolve(&listen, own).await?.to_string() != proxy.listen
            || upstream != proxy.upstream
        {
            proxy.stop().await;
            (proxy.listen, proxy.upstream) = (listen, upstream);
        }
        if enabled {
            let address = resolve(&proxy.listen, own).await?;
            proxy.start(address).await?;
        } else {
            proxy.stop().await;
        }
        Ok(proxy.to_json())
    }

    pub(super) async fn delete(&mut self, name: &str) -> Result<(), ApiError> {
        self.get_mut(name)?.stop().await;
        self.proxies.remove(name);
        Ok(())
    }

    /// Switches every proxy on and removes all toxics, and the profiles of ours.
    pub(super) async fn reset(&mut self) -> Result<(), ApiError> {
        for proxy in self.proxies.values_mut() {
            let address = resolve(&proxy.listen, self.own).await?;
            proxy.start(address).await?;
            toxics::clear(&mut proxy.served());
            profile::clear_on_all(&mut proxy.served());
        }
        Ok(())
    }
}

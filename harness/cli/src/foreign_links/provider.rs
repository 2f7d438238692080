//! The Toxiproxy that was named: what it is, what it can be asked for, and links through it.

use std::{
    cell::RefCell,
    net::{IpAddr, SocketAddr, ToSocketAddrs},
    rc::Rc,
    sync::{Arc, OnceLock},
    time::Duration,
};

use anyhow::{Context, anyhow};
use deadzone_proxy::toxiproxy::{Api, Release, plan};
use deadzone_runner::{Fault, ForeignLinks, Greeting, LinkProvider};
use tokio::sync::Mutex;

use super::{names::Names, proxies::Proxies};
use crate::output::print_error;

/// From `--links`.
pub(crate) fn provider(text: Option<&str>) -> anyhow::Result<Option<Arc<dyn LinkProvider>>> {
    let Some(text) = text else { return Ok(None) };
    let url = text.strip_prefix("toxiproxy=").ok_or_else(|| {
        anyhow!("unknown links `{text}`: expected one like toxiproxy=http://127.0.0.1:8474")
    })?;
    let api = Api::new(url)?;
    let found =
        (api.host(), 0).to_socket_addrs().with_context(|| format!("no address for {}", api.host()))?;
    let mut found: Vec<IpAddr> = found.map(|a| a.ip()).collect();
    found.sort_by_key(IpAddr::is_ipv6);
    let host = *found.first().ok_or_else(|| anyhow!("no address for {}", api.host()))?;
    Ok(Some(Arc::new(Toxiproxy { api, host, release: OnceLock::new(), names: Names::default() })))
}

/// The Toxiproxy that was named.
#[derive(Debug)]
struct Toxiproxy {
    api: Api,
    host: IpAddr,
    /// What it says that it is, once it was asked.
    release: OnceLock<Release>,
    names: Names,
}

impl Toxiproxy {
    /// One that was not asked can do the least.
    fn release(&self) -> Release {
        self.release.get().cloned().unwrap_or_else(|| Release::parse(""))
    }
}

impl LinkProvider for Toxiproxy {
    fn greet(&self, target: SocketAddr) -> Greeting<'_> {
        Box::pin(async move {
            let release = self.api.release().await.map_err(|error| error.to_string())?;
            if self.release.set(release).is_ok()
                && let Some(warning) = meant_elsewhere(self.host, target)
            {
                print_error(&format!("warning: {warning}\n"));
            }
            Ok(())
        })
    }

    fn describe(&self) -> String {
        format!("Toxiproxy {} at {}", self.release(), self.api.authority())
    }

    fn refuses(&self, fault: &Fault) -> Option<String> {
        plan(fault, &self.release()).err().map(|why| format!("`{fault}`: {why}"))
    }

    fn refuses_change_under_way(&self) -> Option<String> {
        Some("Toxiproxy lets go of what it holds when a toxic changes".to_owned())
    }

    fn open(&self, target: SocketAddr, word: &str) -> Rc<dyn ForeignLinks> {
        Rc::new(Proxies {
            api: self.api.clone(),
            release: self.release(),
            names: self.names.clone(),
            host: self.host,
            target,
            word: word.to_owned(),
            open: Mutex::default(),
            asked: RefCell::default(),
            failure: RefCell::default(),
        })
    }

    fn leave(&self, limit: Duration) {
        self.names.leave(&self.api, limit);
    }
}

/// A broker on this machine's loopback, and a Toxiproxy that may have a loopback of its own.
fn meant_elsewhere(toxiproxy: IpAddr, target: SocketAddr) -> Option<String> {
    (target.ip().is_loopback() && !toxiproxy.is_loopback()).then(|| {
        format!(
            "the broker at {target} is this machine's own, and for a Toxiproxy at {toxiproxy} that address means its own \
             machine"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::meant_elsewhere;

    #[test]
    fn a_loopback_broker_behind_a_toxiproxy_elsewhere_is_worth_a_warning() {
        let warned = |toxiproxy: &str, target: &str| {
            meant_elsewhere(toxiproxy.parse().unwrap(), target.parse().unwrap()).is_some()
        };
        assert!(warned("192.0.2.1", "127.0.0.1:1883"));
        assert!(warned("2001:db8::1", "[::1]:1883"));
        assert!(!warned("127.0.0.1", "127.0.0.1:1883"));
        assert!(!warned("::1", "127.0.0.1:1883"));
        assert!(!warned("192.0.2.1", "192.0.2.2:1883"));
    }
}

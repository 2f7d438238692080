//! `--links toxiproxy=URL`: somebody's Toxiproxy between the clients and the broker. Each client has a proxy of its own.

use std::{
    cell::RefCell,
    collections::BTreeMap,
    net::{IpAddr, SocketAddr, ToSocketAddrs},
    rc::Rc,
    sync::Arc,
};

use anyhow::{Context, anyhow};
use deadzone_proxy::toxiproxy::{Api, Change, ClientError, plan};
use deadzone_runner::{Dial, Dialling, Fault, ForeignLinks, LinkProvider, TcpDial, Working};
use tokio::sync::Mutex;

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
    Ok(Some(Arc::new(Toxiproxy { api, host })))
}

/// The Toxiproxy that was named.
#[derive(Debug)]
struct Toxiproxy {
    api: Api,
    host: IpAddr,
}

impl LinkProvider for Toxiproxy {
    fn refuses(&self, fault: &Fault) -> Option<String> {
        plan(fault).err().map(|why| format!("`{fault}`: {why}"))
    }

    fn open(&self, target: SocketAddr, word: &str) -> Rc<dyn ForeignLinks> {
        Rc::new(Proxies {
            api: self.api.clone(),
            host: self.host,
            target,
            word: word.to_owned(),
            open: Mutex::default(),
            failure: RefCell::default(),
        })
    }
}

/// The proxies of one performance.
struct Proxies {
    api: Api,
    host: IpAddr,
    target: SocketAddr,
    word: String,
    /// Where each client's proxy listens.
    open: Mutex<BTreeMap<usize, SocketAddr>>,
    failure: RefCell<Option<String>>,
}

impl Proxies {
    fn name(&self, client: usize) -> String {
        format!("deadzone-{}-{client}", self.word)
    }

    /// The proxy of this client, made when it is first needed.
    async fn proxy(&self, client: usize) -> Result<SocketAddr, ClientError> {
        // Held over the call: two connections at once must not both make it.
        let mut open = self.open.lock().await;
        if let Some(address) = open.get(&client) {
            return Ok(*address);
        }
        // Beside us it need not be seen from elsewhere; elsewhere it must be seen by us.
        let any = match (self.host.is_loopback(), self.host) {
            (true, host) => SocketAddr::new(host, 0).to_string(),
            (false, IpAddr::V4(_)) => "0.0.0.0:0".to_owned(),
            (false, IpAddr::V6(_)) => "[::]:0".to_owned(),
        };
        let made = self.api.create(&self.name(client), &any, &self.target.to_string()).await?;
        let port = made.listen.rsplit_once(':').and_then(|(_, port)| port.parse().ok());
        let port = port.ok_or_else(|| ClientError::Shape("/proxies".to_owned()))?;
        let address = SocketAddr::new(self.host, port);
        open.insert(client, address);
        Ok(address)
    }

    async fn change(&self, client: usize, fault: &Fault) -> Result<(), ClientError> {
        self.proxy(client).await?;
        let name = self.name(client);
        // What can't be made was refused before the run.
        for change in plan(fault).unwrap_or_default() {
            let there: Vec<String> = self.api.toxics(&name).await?.into_iter().map(|t| t.name).collect();
            match change {
                Change::Put(toxic) if there.contains(&toxic.name) => {
                    self.api.update_toxic(&name, &toxic).await?;
                }
                Change::Put(toxic) => {
                    self.api.add_toxic(&name, &toxic).await?;
                }
                Change::Drop(toxic) if there.contains(&toxic) => self.api.remove_toxic(&name, &toxic).await?,
                Change::Drop(_) => {}
            }
        }
        Ok(())
    }

    fn keep(&self, done: Result<(), ClientError>) {
        if let Err(error) = done {
            self.failure.borrow_mut().get_or_insert_with(|| error.to_string());
        }
    }
}

impl ForeignLinks for Proxies {
    fn dial(&self, client: usize) -> Dialling<'_> {
        Box::pin(async move {
            match self.proxy(client).await {
                Ok(address) => TcpDial { address }.dial().await,
                Err(error) => {
                    let text = error.to_string();
                    self.keep(Err(error));
                    Err(std::io::Error::other(text))
                }
            }
        })
    }

    fn apply(&self, client: usize, fault: Fault) -> Working<'_> {
        Box::pin(async move { self.keep(self.change(client, &fault).await) })
    }

    fn close(&self) -> Working<'_> {
        Box::pin(async move {
            let open = std::mem::take(&mut *self.open.lock().await);
            for client in open.into_keys() {
                self.keep(self.api.delete(&self.name(client)).await);
            }
        })
    }

    fn failure(&self) -> Option<String> {
        self.failure.borrow().clone()
    }
}

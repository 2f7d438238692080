//! The proxies of one performance: one for each client, made when it is first needed.

use std::{
    cell::RefCell,
    collections::BTreeMap,
    io::{self, ErrorKind},
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use deadzone_proxy::toxiproxy::{Api, Change, ClientError, Release, plan};
use deadzone_runner::{Dial, Dialling, Fault, ForeignLinks, NetDial, Reaching, Working};
use deadzone_transport::Approach;
use tokio::{io::AsyncReadExt, sync::Mutex, time::timeout};

use super::names::Names;

/// The longest that a target or a proxy is dialled to see whether it is reached.
const REACH_LIMIT: Duration = Duration::from_secs(3);
/// A connection that stands for so long reached the target: one whose upstream refuses ends at once.
const STANDS: Duration = Duration::from_millis(300);

/// The proxies of one performance.
pub(super) struct Proxies {
    pub(super) api: Api,
    pub(super) release: Release,
    pub(super) names: Names,
    pub(super) host: IpAddr,
    pub(super) target: SocketAddr,
    pub(super) word: String,
    /// Where each client's proxy listens.
    pub(super) open: Mutex<BTreeMap<usize, SocketAddr>>,
    /// Clients whose proxy the server was asked for.
    pub(super) asked: RefCell<Vec<usize>>,
    pub(super) failure: RefCell<Option<String>>,
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
        self.asked.borrow_mut().push(client);
        let (name, target) = (self.name(client), self.target.to_string());
        let made = self.names.create(&self.api, &name, &any, &target).await?;
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
        for change in plan(fault, &self.release).unwrap_or_default() {
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

    /// Toxiproxy accepts a client before it dials, and a dial that fails is a connection that ends. So whether the target
    /// is there is asked beside it, and whether a connection through it stands.
    async fn why_unreached(&self, client: usize) -> Option<String> {
        if let Err(error) = within(self.target).await {
            return Some(format!("{} can't be reached beside Toxiproxy either: {error}", self.target));
        }
        let through = self.open.lock().await.get(&client).copied()?;
        let ended = match within(through).await {
            Ok(mut stream) => timeout(STANDS, stream.read_u8()).await.is_ok_and(|read| read.is_err()),
            Err(_) => true,
        };
        ended.then(|| format!("{} can be reached, and not over Toxiproxy", self.target))
    }

    fn keep(&self, done: Result<(), ClientError>) {
        if let Err(error) = done {
            self.failure.borrow_mut().get_or_insert_with(|| error.to_string());
        }
    }
}

/// A connection to there, within the limit.
async fn within(address: SocketAddr) -> io::Result<Box<dyn deadzone_transport::Stream>> {
    let late = || Err(io::Error::from(ErrorKind::TimedOut));
    timeout(REACH_LIMIT, NetDial::tcp(address).dial(&Approach::default())).await.unwrap_or_else(|_| late())
}

impl ForeignLinks for Proxies {
    fn dial(&self, client: usize) -> Dialling<'_> {
        Box::pin(async move {
            match self.proxy(client).await {
                Ok(address) => NetDial::tcp(address).dial(&Approach::default()).await,
                Err(error) => {
                    let text = error.to_string();
                    self.keep(Err(error));
                    Err(io::Error::other(text))
                }
            }
        })
    }

    fn apply(&self, client: usize, fault: Fault) -> Working<'_> {
        Box::pin(async move { self.keep(self.change(client, &fault).await) })
    }

    fn unreached(&self, client: usize) -> Reaching<'_> {
        Box::pin(self.why_unreached(client))
    }

    fn close(&self) -> Working<'_> {
        Box::pin(async move {
            // Whatever became of the question for it.
            let asked = std::mem::take(&mut *self.asked.borrow_mut());
            for client in asked {
                self.keep(self.names.remove(&self.api, &self.name(client)).await);
            }
        })
    }

    fn failure(&self) -> Option<String> {
        self.failure.borrow().clone()
    }
}

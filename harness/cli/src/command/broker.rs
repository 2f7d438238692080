//! `deadzone broker`: the reference broker for ordinary clients.

use std::{fmt::Write, fs, net::SocketAddr, path::Path, sync::atomic::Ordering, time::Duration};

use anyhow::{Context, anyhow, bail};
use bytes::Bytes;
use deadzone_reference_broker::{Config, Defect, Limits, Server, Users, Variant};
use deadzone_runner::{ExitCode, Mutant, RunError};
use deadzone_transport::{Acceptor, Endpoint, Identity, LAST_CERTIFICATE, Transport, certificate_folder};
use tokio::{
    net::TcpListener,
    task::{JoinSet, LocalSet},
};

use crate::{args::BrokerArgs, output, signals};

/// How often the signal flag is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(50);

pub(crate) fn broker(args: &BrokerArgs) -> anyhow::Result<ExitCode> {
    if args.list {
        output::print(&listing()?);
        return Ok(ExitCode::Success);
    }
    let spec = super::run::embedded(&args.defect, &args.variant)?;
    let users = args.password_file.as_deref().map(users).transpose()?.unwrap_or_default();
    let config = Config { defects: spec.defects, variants: spec.variants, users, ..Config::default() };
    let places = args.listen.iter().map(|text| place(text)).collect::<anyhow::Result<Vec<_>>>()?;
    let acceptors = acceptors(&places, args)?;
    let cancel = signals::cancel_flag();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    LocalSet::new().block_on(&runtime, async {
        let server = Server::new(config);
        let mut serving = JoinSet::new();
        for ((transport, address), acceptor) in places.into_iter().zip(acceptors) {
            let listener =
                TcpListener::bind(address).await.map_err(|source| RunError::Listen { address, source })?;
            output::print(&format!("listening on {}://{}\n", transport.scheme(), listener.local_addr()?));
            let server = server.clone();
            serving.spawn_local(async move { server.listen(listener, &acceptor).await });
        }
        let timer = server.clone();
        tokio::task::spawn_local(async move { timer.run_timer().await });
        let stopped = async {
            let mut every = tokio::time::interval(LOOK_EVERY);
            while !cancel.load(Ordering::Relaxed) {
                every.tick().await;
            }
        };
        tokio::select! {
            biased;
            () = stopped => Ok(ExitCode::Success),
            Some(served) = serving.join_next() => {
                served.context("a listener fell over")?.context("could not accept connections")?;
                output::print_error("the broker has ended: its defect asks for it\n");
                Ok(ExitCode::Failure)
            }
        }
    })
}

/// What is listened for, and where: `127.0.0.1:1883`, `wss://127.0.0.1:0`.
fn place(text: &str) -> anyhow::Result<(Transport, SocketAddr)> {
    let address = |text: &str| {
        text.parse::<SocketAddr>().map_err(|_| anyhow!("`{text}` is no address: expected IP:PORT"))
    };
    if !text.contains("://") {
        return Ok((Transport::Tcp, address(text)?));
    }
    let (endpoint, login) = Endpoint::parse(text).map_err(|why| anyhow!("--listen: {why}"))?;
    if endpoint.transport.has_frames() && text.matches('/').count() > 2 {
        bail!("--listen takes no path: every path is served");
    }
    if login.is_some() {
        bail!("--listen takes no user: --password-file says who may come in");
    }
    Ok((endpoint.transport, address(&endpoint.authority())?))
}

/// One for each place. Certificates are made once, for the addresses that are listened on.
fn acceptors(places: &[(Transport, SocketAddr)], args: &BrokerArgs) -> anyhow::Result<Vec<Acceptor>> {
    let secured = places.iter().any(|(transport, _)| transport.has_tls());
    let identity = match &args.certificates {
        Some(folder) if secured => Some(certificates(folder, places)?),
        Some(_) => bail!("--certificates goes with --listen mqtts://… or wss://…"),
        None if secured => bail!("--listen with TLS wants --certificates DIR"),
        None => None,
    };
    let one = |(transport, _): &(Transport, SocketAddr)| match &identity {
        Some((identity, authority)) if transport.has_tls() => {
            let clients = args.client_certificates.then_some(&authority[..]);
            Ok(Acceptor::secured(transport.has_frames(), identity, clients)?)
        }
        _ => Ok(Acceptor::plain(transport.has_frames())),
    };
    places.iter().map(one).collect()
}

/// The server's certificate and the authority of the folder: those that it holds, or new ones.
fn certificates(folder: &Path, places: &[(Transport, SocketAddr)]) -> anyhow::Result<(Identity, Vec<u8>)> {
    let file = |name: &str| folder.join(name);
    let read =
        |name: &str| fs::read(file(name)).with_context(|| format!("could not read {}", file(name).display()));
    if !file(LAST_CERTIFICATE).exists() {
        make(folder, places)?;
    }
    let server = Identity { certificate_pem: read("server.pem")?, key_pem: read("server.key")? };
    Ok((server, read("ca.pem")?))
}

/// Makes them for the addresses that are listened on.
fn make(folder: &Path, places: &[(Transport, SocketAddr)]) -> anyhow::Result<()> {
    let mut names: Vec<String> = places.iter().map(|(_, address)| address.ip().to_string()).collect();
    names.push("localhost".to_owned());
    // Who listens everywhere is reached at the loopback address too.
    if places.iter().any(|(_, address)| address.ip().is_unspecified()) {
        names.extend(["127.0.0.1", "::1"].map(str::to_owned));
    }
    names.sort_unstable();
    names.dedup();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    certificate_folder(folder, "deadzone broker", &names, "deadzone")
        .with_context(|| format!("could not make the certificates of {}", folder.display()))
}

/// `USER:PASSWORD` lines; empty ones and those that begin with `#` say nothing.
fn users(path: &Path) -> anyhow::Result<Users> {
    let bytes = fs::read(path).with_context(|| format!("could not read {}", path.display()))?;
    let mut users = Vec::new();
    for (number, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.is_empty() || line.starts_with(b"#") {
            continue;
        }
        let Some(at) = line.iter().position(|byte| *byte == b':') else {
            bail!("{}: line {}: expected USER:PASSWORD", path.display(), number + 1);
        };
        users.push((Bytes::copy_from_slice(&line[..at]), Bytes::copy_from_slice(&line[at + 1..])));
    }
    if users.is_empty() {
        bail!("{}: no user", path.display());
    }
    Ok(Users::new(users))
}

/// Every bound of the broker, for `--help`.
pub(crate) fn limits() -> String {
    let row = |(name, value, what)| format!("  {name} = {value}\n      {what}\n");
    let rows: String = Limits::default().described().into_iter().map(row).collect();
    format!("Limits:\n{rows}")
}

fn listing() -> Result<String, std::fmt::Error> {
    let mut text = String::from("defects (deadzone broker --defect NAME, deadzone run --defect NAME)\n");
    for defect in Defect::ALL {
        writeln!(text, "  {:<36} {}", defect.name(), defect.what())?;
        writeln!(text, "  {:<36} {}  like {}", "", deadzone_spec::joined(defect.clauses()), defect.like())?;
    }
    text.push_str("legal variants (--variant NAME)\n");
    for variant in Variant::ALL {
        writeln!(text, "  {:<36} {}", variant.name(), variant.what())?;
    }
    text.push_str("mutants, in front of any broker (deadzone run --mutant NAME)\n");
    for mutant in Mutant::ALL {
        writeln!(text, "  {:<36} {}", mutant.name(), mutant.what())?;
    }
    Ok(text)
}

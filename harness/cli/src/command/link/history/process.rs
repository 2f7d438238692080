//! The one recorder of a link process, which all its connections share.

use std::{
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use deadzone_history::{
    ClientIx, ConnId, Event, EventKind, Header, Origin, Recorder, RecorderLimits, SCHEMA, Sink, TargetFacts,
};
use deadzone_proxy::{Record, Who};
use deadzone_spec::Node;
use deadzone_watch::Tap;
use deadzone_wire::Version;

use super::{connection::ConnectionRecord, files::Files};

/// Where the events of a link process go.
struct Outlets {
    files: Option<Files>,
    judges: Option<Tap>,
}

impl Sink for Outlets {
    fn append(&mut self, event: Event) {
        if let Some(judges) = &mut self.judges {
            judges.append(event.clone());
        }
        if let Some(files) = &mut self.files {
            files.append(event);
        }
    }
}

/// The history of this process. Handles share it.
#[derive(Clone)]
pub(crate) struct LinkHistory(Arc<Mutex<Recorder<Outlets>>>);

impl LinkHistory {
    /// Begins one: in a folder, which may take so many MiB in all and must not hold any yet, before the judges, or both.
    pub(crate) fn begin(
        header: Header,
        folder: Option<(&Path, u64)>,
        judges: Option<Tap>,
    ) -> anyhow::Result<Self> {
        let files = match folder {
            Some((folder, mib)) => Some(Files::begin(folder, mib, header)?),
            None => None,
        };
        // The files are what is bounded: nothing is kept in memory.
        let limits = RecorderLimits { events_at_one_instant: u64::MAX, events: u64::MAX, bytes: u64::MAX };
        Ok(Self(Arc::new(Mutex::new(Recorder::to(Outlets { files, judges }, limits)))))
    }

    /// What makes each connection's part of it.
    pub(crate) fn recorder(&self) -> Arc<deadzone_proxy::Recorder> {
        let history = self.clone();
        Arc::new(move |who: &Who, at_us| {
            // Numbered as in the report, from 0.
            let number = u32::try_from(who.number - 1).unwrap_or(u32::MAX);
            let (conn, client) = (ConnId(number), ClientIx(number));
            history.append(at_us, EventKind::Opened { conn, client, node: Node::FIRST });
            Box::new(ConnectionRecord::new(history.clone(), conn, client)) as Box<dyn Record>
        })
    }

    pub(super) fn append(&self, at_us: u64, kind: EventKind) -> u64 {
        let mut recorder = self.lock();
        let seq = recorder.append(at_us, kind);
        let broken = recorder.sink().files.as_ref().filter(|files| files.is_broken());
        if let Some(files) = broken {
            tracing::error!("the history can't be written any further: {}", files.trouble());
            recorder.sink_mut().files = None;
        }
        seq
    }

    /// A connection is over.
    pub(super) fn closed(&self, conn: ConnId) {
        if let Some(files) = &mut self.lock().sink_mut().files {
            files.closed(conn);
        }
    }

    /// Writes the end.
    pub(crate) fn finish(self) -> anyhow::Result<()> {
        let mut recorder = self.lock();
        recorder.sink_mut().judges = None;
        recorder.sink_mut().files.as_mut().map_or(Ok(()), Files::finish)
    }

    fn lock(&self) -> MutexGuard<'_, Recorder<Outlets>> {
        // Each event is appended whole, or not at all.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a record of these links begins with.
pub(crate) fn header(links: &[String], seed: u64) -> Header {
    Header {
        schema: SCHEMA.to_owned(),
        deadzone: env!("CARGO_PKG_VERSION").to_owned(),
        scenario: links.join(", "),
        file: String::new(),
        version: Version::V311,
        seed: format!("{seed:x}"),
        origin: Origin::Link,
        run_prefix: String::new(),
        nonce: String::new(),
        clauses: Vec::new(),
        clients: Vec::new(),
        patience_us: 0,
        long_bound_us: 0,
        target: TargetFacts::default(),
        real_time: true,
        quick: false,
        cut_short: None,
        continues: None,
    }
}

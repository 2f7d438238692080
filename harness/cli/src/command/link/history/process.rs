//! The one recorder of a link process, which all its connections share.

use std::{
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use deadzone_history::{
    ClientIx, ConnId, EventKind, Header, Origin, Overflow, Recorder, RecorderLimits, SCHEMA, TargetFacts,
};
use deadzone_proxy::{Record, Who};
use deadzone_wire::Version;

use super::{connection::ConnectionRecord, files::Files};

/// The history of this process. Handles share it.
#[derive(Clone)]
pub(crate) struct LinkHistory(Arc<Mutex<Recorder<Files>>>);

impl LinkHistory {
    /// Begins one in this folder, which may take so many MiB in all; it must not hold any yet.
    pub(crate) fn begin(folder: &Path, mib: u64, links: &[String], seed: u64) -> anyhow::Result<Self> {
        let files = Files::begin(folder, mib, header(links, seed))?;
        // The files are what is bounded: nothing is kept in memory.
        let limits = RecorderLimits { events_at_one_instant: u64::MAX, events: u64::MAX, bytes: u64::MAX };
        Ok(Self(Arc::new(Mutex::new(Recorder::to(files, limits)))))
    }

    /// What makes each connection's part of it.
    pub(crate) fn recorder(&self) -> Arc<deadzone_proxy::Recorder> {
        let history = self.clone();
        Arc::new(move |who: &Who, at_us| {
            // Numbered as in the report, from 0.
            let number = u32::try_from(who.number - 1).unwrap_or(u32::MAX);
            let (conn, client) = (ConnId(number), ClientIx(number));
            history.append(at_us, EventKind::Opened { conn, client });
            Box::new(ConnectionRecord::new(history.clone(), conn, client)) as Box<dyn Record>
        })
    }

    pub(super) fn append(&self, at_us: u64, kind: EventKind) -> u64 {
        let mut recorder = self.lock();
        let seq = recorder.append(at_us, kind);
        if recorder.sink().is_broken() && recorder.overflow().is_none() {
            tracing::error!("the history can't be written any further: {}", recorder.sink().trouble());
            recorder.stop(Overflow::Shared);
        }
        seq
    }

    /// A connection is over.
    pub(super) fn closed(&self, conn: ConnId) {
        self.lock().sink_mut().closed(conn);
    }

    /// Writes the end.
    pub(crate) fn finish(self) -> anyhow::Result<()> {
        self.lock().sink_mut().finish()
    }

    fn lock(&self) -> MutexGuard<'_, Recorder<Files>> {
        // Each event is appended whole, or not at all.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn header(links: &[String], seed: u64) -> Header {
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
        continues: None,
    }
}

//! Finds out whether a target is whole, crashed, hung or half dead. Takes as long as the long bound and some patience; runs
//! beside the pass, on a thread and a runtime of its own.

use std::{
    collections::BTreeSet,
    io,
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use deadzone_play::Dial;
use deadzone_transport::Approach;
use deadzone_wire::Version;
use tokio::{
    runtime::Builder,
    task::LocalSet,
    time::{sleep, timeout},
};

use super::Kind;
use crate::{
    exchange::{Asker, FRESH, Met},
    target::{Pulse, TargetHandle},
};

/// Between two looks at what is waited for.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// Between two tries of a connection that was refused.
const TRY_AGAIN: Duration = Duration::from_millis(300);
/// So many tries that are all refused.
const TRIES: usize = 3;
/// Fresh clients that hung are tried again after this time.
const AGAIN_AFTER: Duration = Duration::from_secs(10);

/// What raised the doubt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Symptom {
    /// Connections are refused, and none is answered.
    Refused,
    /// Every connection ended at once.
    AllEnded,
    /// These connections' CONNECTs are not answered.
    Unanswered(BTreeSet<u64>),
}

/// What was found out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// It serves fresh clients.
    Whole,
    /// It ended every connection at once and serves fresh clients: something started it again.
    BackAgain,
    /// It is lost.
    Lost(Kind, String),
}

/// Who examines.
#[derive(Clone)]
pub(crate) struct Examiner {
    pub(crate) target: TargetHandle,
    pub(crate) pulse: Arc<Pulse>,
    pub(crate) asker: Asker,
    /// The versions of the run.
    pub(crate) versions: Vec<Version>,
    pub(crate) long_bound: Duration,
    /// Between two tries of clients that hung.
    pub(crate) again_after: Duration,
    pub(crate) cancel: Arc<AtomicBool>,
}

impl Examiner {
    /// With the standing times.
    pub(crate) fn new(
        target: &TargetHandle,
        pulse: &Arc<Pulse>,
        asker: Asker,
        versions: Vec<Version>,
        long_bound: Duration,
        cancel: &Arc<AtomicBool>,
    ) -> Self {
        Self {
            target: target.clone(),
            pulse: Arc::clone(pulse),
            asker,
            versions,
            long_bound,
            again_after: AGAIN_AFTER.min(long_bound),
            cancel: Arc::clone(cancel),
        }
    }

    /// Runs on a runtime of its own.
    pub(super) fn examine(&self, symptom: &Symptom, parked: &dyn Fn() -> usize) -> io::Result<Found> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        Ok(LocalSet::new().block_on(&runtime, async {
            let mut back_again = !self.versions.is_empty();
            for version in &self.versions {
                let dial = self.target.dial(*version);
                let own = self.of(*version);
                let found = match symptom {
                    Symptom::Refused => own.refused(&dial).await,
                    Symptom::AllEnded => own.all_ended(&dial).await,
                    Symptom::Unanswered(connections) => own.unanswered(&dial, connections, parked).await,
                };
                match found {
                    Found::Lost(..) => return found,
                    found => back_again &= found == Found::BackAgain,
                }
            }
            if back_again { Found::BackAgain } else { Found::Whole }
        }))
    }

    /// The same for one version: each may have a listener of its own.
    fn of(&self, version: Version) -> Self {
        Self { asker: Asker { version, ..self.asker.clone() }, ..self.clone() }
    }

    /// Whether fresh clients are served, all of them.
    pub(crate) fn is_whole(&self) -> io::Result<Found> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        Ok(LocalSet::new().block_on(&runtime, async {
            for version in &self.versions {
                let dial = self.target.dial(*version);
                let own = self.of(*version);
                let found = match own.refused(&dial).await {
                    Found::Whole => own.unanswered(&dial, &BTreeSet::new(), &|| 0).await,
                    lost => lost,
                };
                if found != Found::Whole {
                    return found;
                }
            }
            Found::Whole
        }))
    }

    /// Rests, twice as long each time, until a plain client is let in; `false` if none is.
    pub(crate) fn rest(&self, first: Duration, tries: u32) -> bool {
        let Ok(runtime) = Builder::new_current_thread().enable_all().build() else { return false };
        LocalSet::new().block_on(&runtime, async {
            let dial = self.target.dial(self.asker.version);
            for number in 0..tries {
                sleep(first * 2u32.pow(number)).await;
                if self.cancelled() {
                    return false;
                }
                if self.asker.ask(&dial, 4 * FRESH + number as usize).await == Met::Served {
                    return true;
                }
            }
            false
        })
    }

    async fn refused(&self, dial: &Rc<dyn Dial>) -> Found {
        let mut last = String::new();
        for _ in 0..TRIES {
            match timeout(self.asker.patience, dial.dial(&Approach::default())).await {
                // One that accepts and is silent in its handshake does not refuse; whether it hangs is asked apart.
                Ok(Ok(_)) | Err(_) => return Found::Whole,
                Ok(Err(error)) => last = error.to_string(),
            }
            sleep(TRY_AGAIN).await;
        }
        if self.pulse.refused_since().is_none() {
            // Another connection was answered meanwhile: a throttle or a ban.
            return Found::Whole;
        }
        Found::Lost(Kind::Crashed, format!("it refuses connections ({last}) and answers on none"))
    }

    async fn all_ended(&self, dial: &Rc<dyn Dial>) -> Found {
        match self.refused(dial).await {
            Found::Whole => match self.asker.ask(dial, 0).await {
                Met::Served => Found::BackAgain,
                Met::Hung(_) => self.unanswered(dial, &BTreeSet::new(), &|| 0).await,
                Met::TurnedAway(_) => Found::Whole,
            },
            lost => lost,
        }
    }

    async fn unanswered(
        &self,
        dial: &Rc<dyn Dial>,
        connections: &BTreeSet<u64>,
        parked: &dyn Fn() -> usize,
    ) -> Found {
        let began = Instant::now();
        let first: Vec<usize> = (0..FRESH).collect();
        let hung = self.hanging(dial, &first).await;
        if hung.is_empty() {
            return Found::Whole;
        }
        // One CONNECT at least is waited out, and others are tried meanwhile: slow is not dead, and deaf to one id is not hung.
        let witness = self.asker.waited_out(self.long_bound);
        let others: Vec<usize> = (2 * FRESH + 1..=3 * FRESH).collect();
        let timed = async { (witness.ask(dial, FRESH).await, began.elapsed()) };
        let ((answered, took), deaf) = tokio::join!(timed, self.asker.ask_each(dial, &others));
        let silent_since = self.pulse.last_heard().is_none_or(|at| at <= began);
        let none_served = matches!(answered, Met::Hung(_)) && deaf.len() == others.len();
        if silent_since && none_served && !self.cancelled() {
            let seconds = began.elapsed().as_secs();
            return Found::Lost(Kind::Hung, format!("nothing came on any connection for {seconds} s"));
        }
        // An answer that came late is an answer; a connection that the harness gave up meanwhile has none.
        let late = !connections.is_empty() && !self.pulse.any_unanswered(connections);
        if late && matches!(answered, Met::Served) && deaf.is_empty() {
            return Found::Whole;
        }
        self.wait_until(|| parked() == 0).await;
        // Where the witness was served late, each client is given twice that time: a slow target is not hung.
        let patience =
            if answered == Met::Served { self.asker.patience.max(took * 2) } else { self.asker.patience };
        self.half_dead(dial, &self.asker.waited_out(patience.min(self.long_bound))).await
    }

    /// Eight fresh ids in turn; it is half dead only if the same ids hang again.
    async fn half_dead(&self, dial: &Rc<dyn Dial>, asker: &Asker) -> Found {
        let numbers: Vec<usize> = (FRESH + 1..=2 * FRESH).collect();
        let hung = asker.ask_each(dial, &numbers).await;
        if hung.is_empty() || self.cancelled() {
            return Found::Whole;
        }
        sleep(self.again_after).await;
        let again = asker.ask_each(dial, &hung).await;
        if again != hung || self.cancelled() {
            return Found::Whole;
        }
        let (n, of) = (again.len(), numbers.len());
        match n == of {
            true => Found::Lost(Kind::Hung, format!("{n} of {of} fresh clients hang, twice")),
            false => {
                Found::Lost(Kind::HalfDead, format!("{n} of {of} fresh clients hang, the same ones twice"))
            }
        }
    }

    /// The first that hangs ends it: whether it is slow or dead is found out otherwise.
    async fn hanging(&self, dial: &Rc<dyn Dial>, numbers: &[usize]) -> Vec<usize> {
        for number in numbers {
            if self.cancelled() {
                return Vec::new();
            }
            if let Met::Hung(_) = self.asker.ask(dial, *number).await {
                return vec![*number];
            }
        }
        Vec::new()
    }

    async fn wait_until(&self, done: impl Fn() -> bool) {
        let limit = Instant::now() + self.long_bound + self.again_after;
        while !done() && Instant::now() < limit && !self.cancelled() {
            sleep(LOOK_EVERY).await;
        }
    }

    fn cancelled(&self) -> bool {
        self.cancel.load(Ordering::Relaxed)
    }
}

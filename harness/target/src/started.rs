//! A broker that we started: made ready, killed, stopped, frozen, started again, and ended with us.

use std::{
    hash::{BuildHasher, Hasher, RandomState},
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Instant,
};

use deadzone_wire::Credentials;

use crate::{
    LogTail, Places, Recipe, TargetError,
    descriptor::{bridged, places_of},
    install::{missing, standing},
    open_files_limit,
    owned::Owned,
    owner,
    placeholder::Values,
    ports,
    prepare::{CERTIFICATES, prepare, version},
    program,
    ready::{TRY_EVERY, wait_until_ready},
    run_file,
    scratch::empty,
    secrets::Secrets,
    signal::Signal,
};

/// How many sets of ports are tried when one was taken between finding and using it.
const PORT_TRIES: u32 = 5;

/// Whether a broker that is started again finds what it stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Store {
    /// Its folder is as it left it.
    Kept,
    /// Its folder is new.
    Fresh,
}

/// A broker of ours. Dropping it ends the process and removes its scratch folder.
#[derive(Debug)]
pub struct Started {
    recipe: Arc<Recipe>,
    owned: Arc<Owned>,
    log: Arc<LogTail>,
    values: Values,
    ports: Vec<u16>,
    /// What its own descriptor says: so it was found ready, and so it is when it was started again.
    own: (Places, Option<Credentials>),
    /// What the user said beside it counts here.
    places: Places,
    credentials: Option<Credentials>,
    configuration: String,
    version: Option<String>,
    /// We froze it.
    frozen: AtomicBool,
}

impl Started {
    /// Starts one and waits until it is ready, unless `cancel` is set meanwhile.
    pub fn start(recipe: &Arc<Recipe>, cancel: &AtomicBool) -> Result<Self, TargetError> {
        let mut values = standing(recipe);
        if let Some(missing) = missing(recipe, &values) {
            return Err(missing);
        }
        let failed = |why: String| TargetError::Start { name: recipe.name.clone(), why };
        room(recipe.start.open_files).map_err(failed)?;
        let version = version(recipe, &values, cancel);
        let mut last = String::new();
        for _ in 0..PORT_TRIES {
            let given = give_ports(recipe, &mut values).map_err(|e| failed(e.to_string()))?;
            match Self::on(recipe, &values, &given, version.clone(), cancel) {
                Ok(started) => return Ok(started),
                Err(why) => {
                    given.into_iter().for_each(ports::give_back);
                    if cancel.load(Ordering::Relaxed) {
                        return Err(TargetError::Interrupted);
                    }
                    if !why.port_taken {
                        return Err(failed(why.text));
                    }
                    last = why.text;
                }
            }
        }
        Err(failed(last))
    }

    fn on(
        recipe: &Arc<Recipe>,
        values: &Values,
        ports: &[u16],
        version: Option<String>,
        cancel: &AtomicBool,
    ) -> Result<Self, NotReady> {
        let owned = Owned::new(&recipe.name).map_err(|e| NotReady::of(e.to_string()))?;
        let mut values = values.clone();
        values.set("scratch", owned.folder().display().to_string());
        values.set("certificates", owned.folder().join(CERTIFICATES).display().to_string());
        values.set("marker", owned.marker());
        let word = || format!("{:016x}", RandomState::new().build_hasher().finish());
        values.set("password", word() + &word());
        values.set("user", recipe.own.user().unwrap_or_default());
        let configuration = prepare(recipe, owned.folder(), &values, cancel).map_err(NotReady::of)?;
        // What the descriptor says is what readiness is tried with: what the user says beside it may be wrong on purpose.
        let entry = recipe.own.entry(&recipe.folder, &values).map_err(|e| NotReady::of(e.to_string()))?;
        let (own_places, login) = places_of(&recipe.addresses, &entry, &values).map_err(NotReady::of)?;
        let own_places = bridged(own_places, recipe.bridge.as_ref(), &values).map_err(NotReady::of)?;
        let own_credentials = entry.with_login(login);
        let secrets = Secrets::of([own_credentials.as_ref(), recipe.given.credentials.as_ref()]);
        let configuration = secrets.mask(configuration);
        let log = Arc::new(LogTail::masking(secrets));
        launch(recipe, &owned, &log, &values).map_err(NotReady::of)?;
        await_ready(recipe, &owned, &log, &own_places, own_credentials.as_ref(), ports, cancel)?;
        let (places, credentials) = if recipe.given.is_some() {
            let entry = recipe.given.over(entry);
            let (places, login) = places_of(&recipe.addresses, &entry, &values).map_err(NotReady::of)?;
            (places, entry.with_login(login))
        } else {
            (own_places.clone(), own_credentials.clone())
        };
        let places = places.with_bridge(own_places.bridge());
        let (recipe, ports) = (Arc::clone(recipe), ports.to_vec());
        Ok(Self {
            recipe,
            owned,
            log,
            values,
            ports,
            own: (own_places, own_credentials),
            places,
            credentials,
            configuration,
            version,
            frozen: AtomicBool::new(false),
        })
    }

    /// Starts it again at the same addresses, and waits until it is ready. What is left of the process is killed first.
    pub fn restart(&self, store: Store, cancel: &AtomicBool) -> Result<(), TargetError> {
        let failed = |why: String| match cancel.load(Ordering::Relaxed) {
            true => TargetError::Interrupted,
            false => TargetError::Start { name: self.recipe.name.clone(), why },
        };
        self.kill();
        if store == Store::Fresh {
            let folder = self.owned.folder();
            empty(folder, &[run_file::NAME, CERTIFICATES])
                .map_err(|e| failed(format!("{}: {e}", folder.display())))?;
            prepare(&self.recipe, folder, &self.values, cancel).map_err(failed)?;
        }
        let (places, credentials) = &self.own;
        launch(&self.recipe, &self.owned, &self.log, &self.values).map_err(failed)?;
        let (log, credentials) = (&self.log, credentials.as_ref());
        await_ready(&self.recipe, &self.owned, log, places, credentials, &self.ports, cancel)
            .map_err(|why| failed(why.text))
    }

    /// SIGKILL to all of it.
    pub fn kill(&self) {
        self.frozen.store(false, Ordering::Relaxed);
        self.owned.kill();
    }

    /// Asks it to end, and kills it where it does not within its time.
    pub fn stop(&self) {
        if self.owned.runs() {
            // A frozen process hears nothing.
            self.thaw();
            self.owned.tell(Signal::Terminate);
            let deadline = Instant::now() + self.recipe.stop_within();
            while self.owned.runs() && Instant::now() < deadline {
                thread::sleep(TRY_EVERY);
            }
        }
        self.kill();
    }

    /// Stops its threads: the kernel still answers for its sockets, and it does nothing.
    pub fn freeze(&self) {
        self.frozen.store(true, Ordering::Relaxed);
        self.owned.tell(Signal::Freeze);
    }

    /// Lets it go on.
    pub fn thaw(&self) {
        if self.frozen.swap(false, Ordering::Relaxed) {
            self.owned.tell(Signal::Thaw);
        }
    }

    /// How it ended, if it has; may be asked from any thread.
    pub fn ended(&self) -> impl Fn() -> Option<String> + Send + Sync + 'static + use<> {
        let owned = Arc::clone(&self.owned);
        move || owned.ended().map(|status| status.to_string())
    }

    /// Where it listens.
    pub fn places(&self) -> &Places {
        &self.places
    }

    /// Who clients are to it.
    pub fn credentials(&self) -> Option<&Credentials> {
        self.credentials.as_ref()
    }

    /// The tail of its log.
    pub fn log(&self) -> Arc<LogTail> {
        Arc::clone(&self.log)
    }

    /// The configuration in force, without secrets.
    pub fn configuration(&self) -> &str {
        &self.configuration
    }

    /// What it says of its version.
    pub fn version(&self) -> Option<&str> {
        self.version.as_deref()
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        self.stop();
        self.owned.end();
        self.ports.drain(..).for_each(ports::give_back);
    }
}

/// Why it is not ready.
struct NotReady {
    text: String,
    /// Somebody else has one of its ports.
    port_taken: bool,
}

impl NotReady {
    fn of(text: String) -> Self {
        // EADDRINUSE in the words of C, Node, Java and Erlang.
        let said = text.to_lowercase();
        let port_taken = ["address already in use", "eaddrinuse", "address in use"]
            .iter()
            .any(|words| said.contains(words));
        Self { text, port_taken }
    }
}

/// Whether it may open so many files: it inherits our limit.
fn room(wanted: Option<usize>) -> Result<(), String> {
    let Some(wanted) = wanted else { return Ok(()) };
    match open_files_limit() {
        Some(soft) if soft < wanted => {
            Err(format!("it needs {wanted} open files, and {soft} are allowed here"))
        }
        _ => Ok(()),
    }
}

/// Gives a port to each name.
fn give_ports(recipe: &Recipe, values: &mut Values) -> Result<Vec<u16>, ports::NoPort> {
    let names = std::iter::once("port").chain(recipe.start.ports.iter().map(String::as_str));
    names
        .map(|name| {
            let port = ports::free()?;
            values.set(name, port.to_string());
            Ok(port)
        })
        .collect()
}

fn launch(recipe: &Recipe, owned: &Owned, log: &Arc<LogTail>, values: &Values) -> Result<(), String> {
    let name = values.fill(&recipe.start.program);
    let path = program::find(&name).map_err(|looked| format!("{looked} is not installed"))?;
    let mut command = Command::new(path);
    command.args(recipe.start.arguments.iter().map(|word| values.fill(word)));
    command.envs(recipe.start.environment.iter().map(|(name, value)| (name, values.fill(value))));
    command.current_dir(owned.folder());
    let filled = |words: &Vec<String>| words.iter().map(|word| values.fill(word)).collect();
    let end = recipe.start.end.iter().map(filled).collect();
    owned.start(&mut command, log, end).map_err(|e| e.to_string())
}

fn await_ready(
    recipe: &Recipe,
    owned: &Owned,
    log: &LogTail,
    places: &Places,
    credentials: Option<&Credentials>,
    ports: &[u16],
    cancel: &AtomicBool,
) -> Result<(), NotReady> {
    let gone = || {
        let status = owned.ended()?;
        // Its last words may still be on their way to the log.
        thread::sleep(TRY_EVERY);
        Some(format!("it ended with {status}"))
    };
    let ready = wait_until_ready(places, credentials, recipe.ready_within(), cancel, &gone);
    let with_log = |why: String| NotReady::of(format!("{why}\n{}", log.since(0)));
    ready.map_err(with_log)?;
    // Another program may have got a port first. Where something else than a process of ours serves it (a container's engine),
    // nothing tells.
    let ours = recipe.start.end.is_empty();
    // At the one of a bridge's link it is we who listen.
    let link = places.bridge().map(|at| at.port());
    let mut theirs = ports.iter().filter(|port| ours && link != Some(**port));
    if let Some(port) = theirs.find(|port| owner::listens(&owned.marker(), **port) == Some(false)) {
        return Err(NotReady { text: format!("something else listens at port {port}"), port_taken: true });
    }
    match gone() {
        None => Ok(()),
        Some(how) => Err(with_log(how)),
    }
}

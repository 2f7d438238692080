//! Settings: flag, then `DEADZONE_*`, then `./deadzone.toml`, then the default. Each knows where it comes from.

use std::{
    fmt::Display,
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, anyhow, bail};
use deadzone_runner::{Gentle, Manners, Tier};
use deadzone_target::text_file;
use deadzone_wire::Version;
use serde::Deserialize;

use deadzone_transport::Endpoint;

use crate::{
    args::{OutputArgs, TargetArgs},
    choice::{ChoiceArgs, MannersArgs, parse_time},
    entry::{EntryOption, EntrySettings},
};

/// The file that is looked for in the working directory.
const FILE: &str = "deadzone.toml";
/// Default run seed: any number will do, as long as every process has the same.
pub(crate) const DEFAULT_SEED: u64 = 0x5eed;
/// Default deadline of a scenario, seconds.
pub(crate) const DEFAULT_TIMEOUT_S: u64 = 30;
/// Default time that a silence is waited out, seconds.
pub(crate) const DEFAULT_LONG_BOUND_S: u64 = 60;

/// `deadzone.toml`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    broker: Option<String>,
    mqtt: Option<String>,
    jobs: Option<u16>,
    seed: Option<u64>,
    timeout: Option<u64>,
    timeout_scale: Option<f64>,
    scenarios: Option<Vec<PathBuf>>,
    only_mine: Option<bool>,
    tier: Option<String>,
    budget: Option<String>,
    gentle: Option<bool>,
    disruptive: Option<bool>,
    links: Option<String>,
    history: Option<PathBuf>,
    repro: Option<PathBuf>,
    junit: Option<PathBuf>,
    json: Option<PathBuf>,
    fail_fast: Option<bool>,
    quick: Option<bool>,
    spread: Option<bool>,
    long_bound: Option<u64>,
    expect: Option<PathBuf>,
    user: Option<String>,
    password_file: Option<PathBuf>,
    token_file: Option<PathBuf>,
    ca: Option<PathBuf>,
    cert: Option<PathBuf>,
    key: Option<PathBuf>,
    insecure: Option<bool>,
}

impl File {
    fn tier(&self) -> anyhow::Result<Option<Tier>> {
        let read = self.tier.as_deref().map(str::parse).transpose();
        read.map_err(|why: String| anyhow!("{FILE}: tier: {why}"))
    }

    fn budget(&self) -> anyhow::Result<Option<Duration>> {
        let read = self.budget.as_deref().map(parse_time).transpose();
        read.map_err(|why| anyhow!("{FILE}: budget: {why}"))
    }

    fn gentle(&self) -> anyhow::Result<Option<Gentle>> {
        match (self.gentle == Some(true), self.disruptive == Some(true)) {
            (true, true) => bail!("{FILE}: gentle and disruptive can't both be true"),
            (gentle, disruptive) => Ok(MannersArgs { gentle, disruptive }.wanted()),
        }
    }

    /// What it says of how clients get in.
    fn take_entry(&mut self) -> EntrySettings {
        EntrySettings {
            user: self.user.take(),
            password_file: self.password_file.take(),
            token_file: self.token_file.take(),
            ca: self.ca.take(),
            cert: self.cert.take(),
            key: self.key.take(),
            insecure: self.insecure.unwrap_or(false),
        }
    }
}

/// A value with its origin.
#[derive(Debug)]
pub(crate) struct Setting<T> {
    pub(crate) value: T,
    origin: &'static str,
}

impl<T> Setting<T> {
    fn choose(flag: Option<T>, variable: &str, file: Option<T>, default: T) -> Self {
        // clap has already let the flag win over the variable; the origin tells which it was.
        let from_environment = std::env::var_os(variable).is_some();
        match (flag, file) {
            (Some(value), _) if from_environment && !typed(variable) => Self { value, origin: "environment" },
            (Some(value), _) => Self { value, origin: "flag" },
            (None, Some(value)) => Self { value, origin: FILE },
            (None, None) => Self { value: default, origin: "default" },
        }
    }
}

/// Whether the flag that belongs to a variable was typed.
fn typed(variable: &str) -> bool {
    let name = variable.trim_start_matches("DEADZONE_").to_lowercase().replace('_', "-");
    let flag = format!("--{name}");
    std::env::args().any(|a| a == flag || a.starts_with(&format!("{flag}=")))
}

/// The settings of a run.
pub(crate) struct Config {
    /// As given: it may hold a password.
    pub(crate) broker: Setting<String>,
    pub(crate) entry: EntrySettings,
    /// What the file says of it.
    entry_of_file: Vec<EntryOption>,
    pub(crate) versions: Setting<Vec<Version>>,
    pub(crate) jobs: Setting<Option<usize>>,
    pub(crate) seed: Setting<u64>,
    pub(crate) timeout_s: Setting<u64>,
    pub(crate) timeout_scale: Setting<f64>,
    pub(crate) files: Setting<Vec<PathBuf>>,
    pub(crate) only_mine: Setting<bool>,
    pub(crate) tier: Setting<Option<Tier>>,
    pub(crate) budget: Setting<Option<Duration>>,
    pub(crate) wait: Option<Duration>,
    pub(crate) gentle: Setting<Gentle>,
    pub(crate) links: Setting<Option<String>>,
    pub(crate) history: Setting<Option<PathBuf>>,
    pub(crate) repro: Setting<Option<PathBuf>>,
    pub(crate) junit: Setting<Option<PathBuf>>,
    pub(crate) json: Setting<Option<PathBuf>>,
    pub(crate) fail_fast: Setting<bool>,
    pub(crate) quick: Setting<bool>,
    pub(crate) spread: Setting<bool>,
    pub(crate) long_bound_s: Setting<u64>,
    pub(crate) expect: Setting<Option<PathBuf>>,
}

impl Config {
    /// Brings the sources together.
    pub(crate) fn resolve(
        args: &TargetArgs,
        choice: &ChoiceArgs,
        outputs: &OutputArgs,
        links: Option<&str>,
    ) -> anyhow::Result<Self> {
        let mut file = read_file()?;
        let of_file = file.take_entry();
        let (entry_of_file, entry) = (of_file.options(), EntrySettings::resolve(&args.entry, of_file));
        let (tier, budget, gentle) = (file.tier()?, file.budget()?, file.gentle()?);
        let mqtt = Setting::choose(args.mqtt.clone(), "DEADZONE_MQTT", file.mqtt, "all".to_owned());
        let own = &choice.own;
        let flag_files = Some(own.files.clone()).filter(|files| !files.is_empty());
        Ok(Self {
            entry,
            entry_of_file,
            broker: broker(args, file.broker),
            versions: Setting { value: versions(&mqtt.value)?, origin: mqtt.origin },
            jobs: Setting::choose(
                args.jobs.map(|j| Some(usize::from(j))),
                "DEADZONE_JOBS",
                file.jobs.map(|j| Some(usize::from(j))),
                None,
            ),
            seed: Setting::choose(args.seed, "DEADZONE_SEED", file.seed, DEFAULT_SEED),
            timeout_s: Setting::choose(args.timeout, "DEADZONE_TIMEOUT", file.timeout, DEFAULT_TIMEOUT_S),
            timeout_scale: Setting::choose(
                args.timeout_scale,
                "DEADZONE_TIMEOUT_SCALE",
                file.timeout_scale,
                1.0,
            ),
            files: Setting::choose(flag_files, "DEADZONE_SCENARIOS", file.scenarios, Vec::new()),
            only_mine: Setting::choose(
                own.only_mine.then_some(true),
                "DEADZONE_ONLY_MINE",
                file.only_mine,
                false,
            ),
            tier: Setting::choose(choice.tier.map(Some), "DEADZONE_TIER", tier.map(Some), None),
            wait: args.wait,
            budget: Setting::choose(outputs.budget.map(Some), "DEADZONE_BUDGET", budget.map(Some), None),
            gentle: manners(args.manners, gentle),
            links: Setting::choose(
                links.map(|l| Some(l.to_owned())),
                "DEADZONE_LINKS",
                file.links.map(Some),
                None,
            ),
            history: place(&outputs.history, "DEADZONE_HISTORY", file.history),
            repro: place(&outputs.repro, "DEADZONE_REPRO", file.repro),
            junit: place(&outputs.junit, "DEADZONE_JUNIT", file.junit),
            json: place(&outputs.json, "DEADZONE_JSON", file.json),
            expect: place(&outputs.expect, "DEADZONE_EXPECT", file.expect),
            spread: Setting::choose(outputs.spread.then_some(true), "DEADZONE_SPREAD", file.spread, false),
            quick: Setting::choose(outputs.quick.then_some(true), "DEADZONE_QUICK", file.quick, false),
            long_bound_s: Setting::choose(
                outputs.long_bound,
                "DEADZONE_LONG_BOUND",
                file.long_bound,
                DEFAULT_LONG_BOUND_S,
            ),
            fail_fast: Setting::choose(
                outputs.fail_fast.then_some(true),
                "DEADZONE_FAIL_FAST",
                file.fail_fast,
                false,
            ),
        })
    }

    /// What a run may take.
    pub(crate) fn manners(&self) -> Manners {
        Manners { budget: self.budget.value, gentle: self.gentle.value, wait: self.wait }
    }

    /// One line a setting: name, value, origin.
    pub(crate) fn show(&self) -> String {
        let versions: Vec<&str> = self.versions.value.iter().map(|v| v.as_str()).collect();
        let jobs = self.jobs.value.map_or_else(|| "auto".to_owned(), |j| j.to_string());
        let files: Vec<String> = self.files.value.iter().map(|f| f.display().to_string()).collect();
        let suite = if files.is_empty() { "embedded suite".to_owned() } else { files.join(", ") };
        [
            line("broker", Endpoint::without_password(&self.broker.value), self.broker.origin),
            line("mqtt", versions.join(", "), self.versions.origin),
            line("jobs", jobs, self.jobs.origin),
            line("seed", format!("0x{:x}", self.seed.value), self.seed.origin),
            line("timeout", format!("{} s", self.timeout_s.value), self.timeout_s.origin),
            line("timeout_scale", self.timeout_scale.value, self.timeout_scale.origin),
            line("scenarios", suite, self.files.origin),
            line("only_mine", self.only_mine.value, self.only_mine.origin),
            line("tier", self.tier.value.map_or("as it fits", Tier::name), self.tier.origin),
            line("budget", budget_shown(self.budget.value), self.budget.origin),
            line("gentle", gentle_shown(self.gentle.value), self.gentle.origin),
            line("links", self.links.value.as_deref().unwrap_or("our own"), self.links.origin),
            line("history", shown(&self.history.value), self.history.origin),
            line("repro", shown(&self.repro.value), self.repro.origin),
            line("junit", shown(&self.junit.value), self.junit.origin),
            line("json", shown(&self.json.value), self.json.origin),
            line("expect", shown(&self.expect.value), self.expect.origin),
            line("quick", self.quick.value, self.quick.origin),
            line("spread", self.spread.value, self.spread.origin),
            line("long_bound", format!("{} s", self.long_bound_s.value), self.long_bound_s.origin),
            line("fail_fast", self.fail_fast.value, self.fail_fast.origin),
        ]
        .into_iter()
        .chain(self.entry.options().into_iter().map(|(option, value)| {
            let name = option.trim_start_matches('-').replace('-', "_");
            let variable = format!("DEADZONE_{}", name.to_uppercase());
            let here = value.clone().unwrap_or_else(|| "true".to_owned());
            let typed = !self.entry_of_file.contains(&(option, value)) || typed(&variable);
            let setting = Setting::choose(typed.then(|| here.clone()), &variable, Some(here.clone()), here);
            line(&name, setting.value, setting.origin)
        }))
        .collect()
    }
}

/// Whether it is gentle: two flags and two variables, one setting.
fn manners(args: MannersArgs, file: Option<Gentle>) -> Setting<Gentle> {
    let variable = if args.disruptive { "DEADZONE_DISRUPTIVE" } else { "DEADZONE_GENTLE" };
    Setting::choose(args.wanted(), variable, file, Gentle::Judged)
}

fn budget_shown(budget: Option<Duration>) -> String {
    budget.map_or_else(|| "none".to_owned(), |budget| format!("{} s", budget.as_secs_f64()))
}

fn gentle_shown(gentle: Gentle) -> &'static str {
    match gentle {
        Gentle::Judged => "where not on loopback",
        Gentle::Always => "always",
        Gentle::Never => "never",
    }
}

/// Which broker; the embedded one where nobody says.
fn broker(args: &TargetArgs, file: Option<String>) -> Setting<String> {
    Setting::choose(args.broker.clone(), "DEADZONE_BROKER", file, "embedded".to_owned())
}

/// Where something is written, if anywhere.
fn place(flag: &Option<PathBuf>, variable: &str, file: Option<PathBuf>) -> Setting<Option<PathBuf>> {
    Setting::choose(flag.clone().map(Some), variable, file.map(Some), None)
}

fn shown(path: &Option<PathBuf>) -> String {
    path.as_ref().map_or_else(|| "none".to_owned(), |p| p.display().to_string())
}

fn line(name: &str, value: impl Display, origin: &str) -> String {
    format!("{name:<14} {value:<28} ({origin})\n")
}

fn read_file() -> anyhow::Result<File> {
    let text = match text_file(Path::new(FILE)) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(File::default()),
        Err(error) => return Err(error).context(format!("could not read {FILE}")),
    };
    let file: File = match toml::from_str(&text) {
        Ok(file) => file,
        Err(error) => bail!("{FILE}: {}", deadzone_target::mistake(&text, &error)),
    };
    if file.jobs.is_some_and(|j| !(1..=1024).contains(&j)) {
        bail!("{FILE}: jobs must be 1 to 1024");
    }
    if file.timeout.is_some_and(|t| !(1..=3600).contains(&t)) {
        bail!("{FILE}: timeout must be 1 to 3600");
    }
    if file.long_bound.is_some_and(|s| !(1..=3600).contains(&s)) {
        bail!("{FILE}: long_bound must be 1 to 3600");
    }
    if file.timeout_scale.is_some_and(|s| !(0.1..=100.0).contains(&s)) {
        bail!("{FILE}: timeout_scale must be 0.1 to 100");
    }
    Ok(file)
}

/// The versions that a word for --mqtt names.
pub(crate) fn versions(text: &str) -> anyhow::Result<Vec<Version>> {
    if text.eq_ignore_ascii_case("all") {
        return Ok(vec![Version::V311, Version::V5]);
    }
    let mut versions = Vec::new();
    for word in text.split(',') {
        match deadzone_runner::version(word.trim()) {
            Some(Version::V31) => bail!("MQTT 3.1 has no conformance clauses: expected 3.1.1, 5.0 or all"),
            Some(version) => versions.push(version),
            None => bail!("unknown MQTT version `{}`: expected 3.1.1, 5.0 or all", word.trim()),
        }
    }
    versions.sort_unstable();
    versions.dedup();
    Ok(versions)
}

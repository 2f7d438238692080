//! The command line as it is typed. Options of `run` that name an `env` may also come from there or from `deadzone.toml`.

mod entry;
mod expect;
mod texts;

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};
use deadzone_reports::Verbosity;

use crate::{
    choice::{ChoiceArgs, MannersArgs, OwnArgs, parse_time},
    command::{CoverageArgs, ProbeArgs, TargetsArgs},
};
pub(crate) use entry::EntryArgs;
pub(crate) use expect::{ExpectCommand, ExpectUpdateArgs};
pub(crate) use texts::{CheckArgs, ExplainArgs, FmtArgs};

/// Exit codes, for `--help`.
const EXIT_CODES: &str = "Exit codes, the first that applies:
  130  interrupted by a signal; reports are written all the same. `link` and `broker` end so: 0
   70  a bug of ours
    2  wrong usage, mistakes in a scenario file or in one of known failures, a file that can't be written or is no history, or `link` can't listen
    5  the target can't be reached, does not speak MQTT or was lost in the middle; `broker` can't listen
    4  nothing ran, or a word selects nothing; or nothing failed, and less was judged than `min_tested` of --expect asks for
    1  at least one failure that is not expected; or a defect ended `broker`
    6  an expected failure did not come: its entry is stale
    3  nothing failed, but something was inconclusive or blocked
    0  all that ran passed, or did not as expected";

/// Takes an MQTT broker through the dead zone: conformance under a dying link, with evidence.
#[derive(Debug, Parser)]
#[command(name = "deadzone", version, about, after_help = EXIT_CODES, max_term_width = 100)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run scenarios against a broker (by default the embedded reference broker, in virtual time)
    Run(Box<RunArgs>),
    /// Judge recorded histories (of `run --history` or `link --history`) as `run` would have
    Judge(JudgeArgs),
    /// List scenarios, with versions, clauses and what they catch
    List(ListArgs),
    /// List the link profiles, with what each does to a round trip, or show one with its numbers and their sources
    Links(LinksArgs),
    /// List the brokers that deadzone can start, show how one is started, or install some
    Targets(TargetsArgs),
    /// Say what a broker is, offers and limits, and where each fact is known from
    Probe(ProbeArgs),
    /// Say what became of each statement of the standards: tested, proven, not looked at yet, not observable
    Coverage(CoverageArgs),
    /// Check scenario files: every mistake, with its place
    Check(CheckArgs),
    /// Put scenario files into the one form: only blanks change
    Fmt(FmtArgs),
    /// Keep the file of a broker's known failures (`run --expect`) up to date
    #[command(subcommand)]
    Expect(ExpectCommand),
    /// Explain a diagnostic's code (E014), a clause (5.0/MQTT-4.3.3-10), a defect, `links`, `profiles`, `target` or `expect`
    Explain(ExplainArgs),
    /// Prove that every scenario can fail, and that legal variants pass
    Selftest(SelftestArgs),
    /// Serve the reference broker, correct or with named defects
    #[command(after_help = crate::command::broker_limits())]
    Broker(BrokerArgs),
    /// Put the link in front of a broker, for any client: a dying network on loopback
    Link(LinkArgs),
    /// Print the JSON Schema of `run --json`
    Schema,
    /// End what was started in a scratch folder when standard input ends without a word
    #[command(hide = true)]
    Guard {
        /// The folder.
        folder: PathBuf,
    },
}

/// Options that `run` and `selftest` share.
#[derive(Clone, Debug, Default, ClapArgs)]
pub(crate) struct TargetArgs {
    /// Which broker: `embedded`, one that deadzone starts (`mosquitto`, `aedes`, …: `deadzone targets` lists them),
    /// mqtt[s]://[USER[:PASSWORD]@]HOST[:PORT], ws[s]://…/PATH (several with commas between them are nodes of one server), or a
    /// file that describes one (`explain target`)
    #[arg(long, env = "DEADZONE_BROKER", hide_env_values = true, value_name = "BROKER")]
    pub(crate) broker: Option<String>,
    #[command(flatten)]
    pub(crate) entry: EntryArgs,
    /// MQTT version: 3.1.1, 5.0 or all [default: all]
    #[arg(long, env = "DEADZONE_MQTT", value_name = "VERSION")]
    pub(crate) mqtt: Option<String>,
    /// How many scenarios at once [default: a core each embedded, 32 on a real broker];
    /// on a real broker never more than the limit on open files allows
    #[arg(long, env = "DEADZONE_JOBS", value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) jobs: Option<u16>,
    /// Run seed, decimal or 0x hex
    #[arg(long, env = "DEADZONE_SEED", value_name = "SEED", value_parser = parse_seed)]
    pub(crate) seed: Option<u64>,
    /// A scenario's deadline in seconds; waits for a slow target don't count
    #[arg(long, env = "DEADZONE_TIMEOUT", value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub(crate) timeout: Option<u64>,
    /// Factor on every time-out, for slow machines and links
    #[arg(long, env = "DEADZONE_TIMEOUT_SCALE", value_name = "FACTOR", value_parser = parse_scale)]
    pub(crate) timeout_scale: Option<f64>,
    /// Wait so long for a broker that is starting: until it answers a CONNECT
    #[arg(long, env = "DEADZONE_WAIT", value_name = "TIME", value_parser = parse_time)]
    pub(crate) wait: Option<Duration>,
    #[command(flatten)]
    pub(crate) manners: MannersArgs,
}

/// What a run leaves behind, and when it stops.
#[derive(Clone, Debug, Default, ClapArgs)]
pub(crate) struct OutputArgs {
    /// Write the record of every scenario into this folder
    #[arg(long, env = "DEADZONE_HISTORY", value_name = "DIR")]
    pub(crate) history: Option<PathBuf>,
    /// Write a Python script of each failure into this folder: it shows the fault without deadzone
    #[arg(long, env = "DEADZONE_REPRO", value_name = "DIR")]
    pub(crate) repro: Option<PathBuf>,
    /// Write a JUnit report; `-` is standard output
    #[arg(long, env = "DEADZONE_JUNIT", value_name = "FILE")]
    pub(crate) junit: Option<PathBuf>,
    /// Write a JSON report; `-` is standard output (`deadzone schema` prints its schema)
    #[arg(long, env = "DEADZONE_JSON", value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
    /// Wait out no silence and repeat nothing: where something was silent, the best exit code is 3
    #[arg(long, env = "DEADZONE_QUICK", value_parser = clap::builder::FalseyValueParser::new())]
    pub(crate) quick: bool,
    /// Deal the clients of every scenario over the target's nodes by the seed, where the scenario does not say who is where
    #[arg(long, env = "DEADZONE_SPREAD", value_parser = clap::builder::FalseyValueParser::new())]
    pub(crate) spread: bool,
    /// How long a silence is waited out before it is a failure, in seconds, at every time-out scale [default: 60]
    #[arg(long, env = "DEADZONE_LONG_BOUND", value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub(crate) long_bound: Option<u64>,
    /// Begin nothing that would not end within this time (60s, 5m), the most telling scenarios first. Nothing is cut short, a
    /// silence is waited out and what fails is confirmed, which may take longer; what is left out changes no exit code
    #[arg(long, env = "DEADZONE_BUDGET", value_name = "TIME", value_parser = parse_time)]
    pub(crate) budget: Option<Duration>,
    /// Hold the run against a file of known failures (`explain expect`): what it names is expected, what is newer turns nothing red
    #[arg(long, env = "DEADZONE_EXPECT", value_name = "FILE")]
    pub(crate) expect: Option<PathBuf>,
    /// Begin nothing new after the first failure
    #[arg(long, env = "DEADZONE_FAIL_FAST", value_parser = clap::builder::FalseyValueParser::new())]
    pub(crate) fail_fast: bool,
}

/// How much is told on the terminal.
#[derive(Clone, Copy, Debug, ClapArgs)]
pub(crate) struct Telling {
    /// Tell every scenario by itself, with its whole timeline and its grades
    #[arg(short, long, conflicts_with_all = ["quiet", "summary"])]
    pub(crate) verbose: bool,
    /// Only the causes of failures and the summary
    #[arg(short, long, conflicts_with = "summary")]
    pub(crate) quiet: bool,
    /// Only counts, causes in two lines each, and coverage
    #[arg(long)]
    pub(crate) summary: bool,
}

impl Telling {
    /// Whether more than the end is told.
    pub(crate) fn tells_what_goes_on(self) -> bool {
        self.verbosity() >= Verbosity::Normal
    }

    pub(crate) fn verbosity(self) -> Verbosity {
        match self {
            Self { verbose: true, .. } => Verbosity::Verbose,
            Self { summary: true, .. } => Verbosity::Summary,
            Self { quiet: true, .. } => Verbosity::Quiet,
            _ => Verbosity::Normal,
        }
    }
}

#[derive(Debug, ClapArgs)]
pub(crate) struct RunArgs {
    #[command(flatten)]
    pub(crate) choice: ChoiceArgs,
    #[command(flatten)]
    pub(crate) target: TargetArgs,
    /// Let foreign links stand between the clients and the broker: `toxiproxy=http://127.0.0.1:8474`. What they
    /// can't do makes a scenario not applicable
    #[arg(long, env = "DEADZONE_LINKS", value_name = "KIND=URL", conflicts_with = "mutant")]
    pub(crate) links: Option<String>,
    #[command(flatten)]
    pub(crate) outputs: OutputArgs,
    /// Run everything so often, each time with a seed of its own (made from --seed) and, without --jobs, with other numbers
    /// of jobs; prints the distinct sets of verdicts and what is unstable. Runs that differ never exit with 0
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(2..=10_000), conflicts_with_all = ["verbose", "quiet", "summary"])]
    pub(crate) runs: Option<u32>,
    /// Switch on a defect of the embedded broker
    #[arg(long, value_name = "NAME")]
    pub(crate) defect: Vec<String>,
    /// Switch on a legal variant of the embedded broker
    #[arg(long, value_name = "NAME")]
    pub(crate) variant: Vec<String>,
    /// Put a mutant in front of the broker
    #[arg(long, value_name = "NAME")]
    pub(crate) mutant: Option<String>,
    #[command(flatten)]
    pub(crate) telling: Telling,
    /// Print every setting with where it comes from, and stop
    #[arg(long)]
    pub(crate) show_config: bool,
    /// Make the judge of this scenario panic (to see that it is contained)
    #[arg(long, env = "DEADZONE_TEST_PANIC_IN", hide = true)]
    pub(crate) panic_in: Option<String>,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct JudgeArgs {
    /// Histories, whole or cut off, or folders of them
    #[arg(required = true, value_name = "FILE|DIR")]
    pub(crate) paths: Vec<PathBuf>,
    /// Judge the clients instead of the broker
    #[arg(long)]
    pub(crate) client: bool,
    #[command(flatten)]
    pub(crate) own: OwnArgs,
    /// Write a Python script of each failure into this folder, as `run` does
    #[arg(long, value_name = "DIR")]
    pub(crate) repro: Option<PathBuf>,
    /// Write a JUnit report; `-` is standard output
    #[arg(long, value_name = "FILE")]
    pub(crate) junit: Option<PathBuf>,
    /// Write a JSON report; `-` is standard output (`deadzone schema` prints its schema)
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) telling: Telling,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct ListArgs {
    #[command(flatten)]
    pub(crate) choice: ChoiceArgs,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct LinksArgs {
    /// A profile or an overlay: its file, as your own may be written (`explain profiles` has every number there is)
    #[arg(value_name = "NAME")]
    pub(crate) name: Option<String>,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct SelftestArgs {
    #[command(flatten)]
    pub(crate) choice: ChoiceArgs,
    #[command(flatten)]
    pub(crate) target: TargetArgs,
    /// Show every defect and mutant to every scenario, not only to those that name it or a statement that it breaks
    #[arg(long)]
    pub(crate) full: bool,
    /// Print every pair, not only the kills
    #[arg(short, long)]
    pub(crate) verbose: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct BrokerArgs {
    /// Where to listen, once or more: IP:PORT, or with mqtts://, ws:// or wss:// in front of it; loopback unless you say otherwise
    #[arg(long, default_value = "127.0.0.1:1883", value_name = "ADDR")]
    pub(crate) listen: Vec<String>,
    /// A folder with certificates for TLS: ca.pem, server.pem and server.key. Where it has no server.pem they are made, and with
    /// them client.pem and client.key
    #[arg(long, value_name = "DIR")]
    pub(crate) certificates: Option<PathBuf>,
    /// Where there is TLS, take only clients with a certificate that is signed by its ca.pem
    #[arg(long, requires = "certificates")]
    pub(crate) client_certificates: bool,
    /// Take only clients with a user name and password of this file, a line USER:PASSWORD each
    #[arg(long, value_name = "FILE")]
    pub(crate) password_file: Option<PathBuf>,
    /// Switch on a defect
    #[arg(long, value_name = "NAME")]
    pub(crate) defect: Vec<String>,
    /// Switch on a legal variant
    #[arg(long, value_name = "NAME")]
    pub(crate) variant: Vec<String>,
    /// List defects, mutants and variants, and stop
    #[arg(long)]
    pub(crate) list: bool,
}

/// What `--api` has no use for: its links are made by its clients. `--decisions` and `--replay` refuse it themselves.
const OF_ONE_LINK: [&str; 10] =
    ["listen", "upstream", "profile", "set", "cell", "fault", "modem", "connections", "packet", "config"];

/// What a link's history takes at most by default, MiB.
const HISTORY_MIB: u64 = 1024;

#[derive(Debug, ClapArgs)]
pub(crate) struct LinkArgs {
    /// Serve Toxiproxy's HTTP API there (and deadzone's own routes beside it) instead of one link; loopback unless you
    /// say otherwise. Its proxies are made by its clients
    #[arg(long, value_name = "ADDR", conflicts_with_all = OF_ONE_LINK)]
    pub(crate) api: Option<SocketAddr>,
    /// With --api: serve byte counts under /metrics, as Prometheus reads them
    #[arg(long, requires = "api", conflicts_with_all = ["upstream", "config", "packet"])]
    pub(crate) metrics: bool,
    /// Where to listen, once or more; loopback unless you say otherwise [default: 127.0.0.1:1884]
    #[arg(long, value_name = "ADDR", conflicts_with = "config")]
    pub(crate) listen: Vec<SocketAddr>,
    /// The broker, HOST:PORT; resolved anew for each connection
    #[arg(long, value_name = "HOST:PORT", conflicts_with = "config")]
    pub(crate) upstream: Option<String>,
    /// How the radio behaves: a profile's name, with overlays as in `lte-m+nat-short`, or a TOML file of your own
    #[arg(long, value_name = "NAME|FILE", conflicts_with = "config")]
    pub(crate) profile: Option<String>,
    /// Change a number of the profile, as in `rate.mean_kbit_per_s.up=100`, or a list, `outage.schedule_s=20,8`;
    /// `explain profiles` has them all
    #[arg(long, value_name = "KEY=VALUE", requires = "profile", conflicts_with = "config")]
    pub(crate) set: Vec<String>,
    /// All connections share one cell: what one is served, the others wait for
    #[arg(long, requires = "profile", conflicts_with = "config")]
    pub(crate) cell: bool,
    /// What happens to the link, as behind `link NAME` in a scenario: 'blackhole up from PUBREC', 'cut rst after 5s'. A
    /// black hole from the very beginning keeps connections waiting, as there is no way to make one
    #[arg(long, value_name = "FAULT", conflicts_with = "config")]
    pub(crate) fault: Vec<String>,
    /// Seed of the link's chances, decimal or 0x hex [default: 0x5eed]
    #[arg(long, value_name = "SEED", value_parser = parse_seed)]
    pub(crate) seed: Option<u64>,
    /// Whose the modem is: `per-connection` meets the faults anew each time, `per-source` keeps them for an address, whose
    /// connections side by side all meet them
    #[arg(long, value_enum, default_value_t = Modem::PerConnection, value_name = "WHO", conflicts_with = "config")]
    pub(crate) modem: Modem,
    /// Most connections at once; more are reset [default: 10000]
    #[arg(long, value_name = "N", conflicts_with = "config")]
    pub(crate) connections: Option<usize>,
    /// Apply the profile to IP packets (Linux, root): two network namespaces joined by TUN devices, so that loss is loss.
    /// Without --upstream nothing listens outside; programs are started in the namespaces
    #[arg(long, requires = "profile", conflicts_with_all = ["api", "config", "fault", "cell", "history", "modem"])]
    pub(crate) packet: bool,
    /// Several links from one TOML file: `[[link]]` tables with `listen = ["ADDR"]`, `upstream`, and as here `name`,
    /// `profile`, `set`, `cell`, `seed`, `faults`, `modem`, `connections`
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Write one history of all connections into this folder, which must not hold any yet: files `link-N.ndjson` that can be read
    /// while they grow, each of them alone
    #[arg(long, value_name = "DIR")]
    pub(crate) history: Option<PathBuf>,
    /// Hold the clients, and the broker behind the link, to the clauses that bind them, while it runs: prints each finding when
    /// it is proven, with its evidence, and a summary at the end; exits with 1 where there was one
    #[arg(long, conflicts_with_all = ["api", "packet"])]
    pub(crate) judge: bool,
    /// With --judge: write a JSON report at the end (`deadzone schema` prints its schema)
    #[arg(long, requires = "judge", value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
    /// Most that the files of the history take together; the oldest of 16 goes when a new one begins
    #[arg(long, value_name = "MIB", requires = "history", default_value_t = HISTORY_MIB, value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) history_mib: u64,
    /// Write what chance decided into this file, a line of JSON for each modem, once no connection uses it any more; one that goes
    /// on has a line for each half minute
    #[arg(long, value_name = "FILE", conflicts_with_all = ["api", "packet"])]
    pub(crate) decisions: Option<PathBuf>,
    /// Play decisions of such a file to the modems that it names; where its lists end, chance goes on
    #[arg(long, value_name = "FILE", conflicts_with_all = ["api", "packet"])]
    pub(crate) replay: Option<PathBuf>,
}

/// Who has a modem.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Modem {
    PerConnection,
    PerSource,
}

fn parse_seed(text: &str) -> Result<u64, String> {
    let parsed = match text.strip_prefix("0x") {
        Some(hex) => u64::from_str_radix(hex, 16),
        None => text.parse(),
    };
    parsed.map_err(|e| e.to_string())
}

fn parse_scale(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(scale) if (0.1..=100.0).contains(&scale) => Ok(scale),
        Ok(_) => Err("expected 0.1 to 100".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

//! `deadzone explain`.

use deadzone_proxy::Kind;
use std::str::FromStr;

use deadzone_reference_broker::{Defect, Variant};
use deadzone_runner::{ExitCode, Mutant};
use deadzone_spec::{ClauseId, joined};

use crate::{args::ExplainArgs, output};

pub(crate) fn explain(args: &ExplainArgs) -> ExitCode {
    let what = args.what.as_str();
    let text = topic(what)
        .or_else(|| code(what))
        .or_else(|| clause(what))
        .or_else(|| section(what))
        .or_else(|| switch(what));
    match text {
        Some(text) => {
            output::print(&text);
            ExitCode::Success
        }
        None => {
            let near =
                deadzone_spec::suggest(what).map(|n| format!(": did you mean `{n}`?")).unwrap_or_default();
            output::print_error(&format!(
                "error: `{what}` is no code, clause, defect, mutant, variant or topic{near}\n"
            ));
            ExitCode::Usage
        }
    }
}

/// What an emulated link shows, and what it can't.
const LINKS: &str = "\
links: what an emulated link shows, and what it can't

The link works on a stream of bytes, without root. At this level are true: delay and its changes, rate, a full queue, stalls
that end, outages, hand-overs, a radio that must wake up, an address translation that forgets, one direction dead, a cut at
any byte, and a new address under which a client comes back while the broker still holds its old connection. A lost segment
is sent again by TCP, so it shows as delay: the link keeps TCP's retransmission clock as Linux does for a thin flow (the round
trip and at least 200 ms, the same once more, then doubled up to 120 s) and never takes bytes out of the middle.

`deadzone link --history DIR` records both ends of it: what each side sent to the link, and what the link gave to the other. One history of
all connections, in numbered files of which each can be read alone; the newest 16 are kept, --history-mib in all.

It can't show:
  acknowledgements   The kernel of the machine that runs the link acknowledges bytes before they cross it: what the radio's queue
                     takes, into a black hole or a hold at most 64 KiB, and behind that what one small socket buffer
                     takes (about 12 KiB). A real sender on a dead radio has none of it acknowledged. The report of
                     `deadzone link` says of each connection how many bytes either end believes delivered.
  TCP keep-alive     TCP's own keep-alive, TCP_USER_TIMEOUT and the end of retransmission (about 15 minutes) never happen:
                     that kernel answers. Only MQTT's Keep Alive can be judged.
  SYN                A connection is accepted before the link knows of it: no lost SYN, no slow connect. In scenarios the
                     link's owner waits for coverage before it connects.
  a vanished host    A process can be silent, not absent: when it ends, its kernel says so.
  the finer TCP      Congestion window, segment and path sizes, ECN, SACK, and how TLS records lie in segments.
  bursts             After a lost segment TCP hands over at once what had waited behind it; here it comes at the link's rate.
  UDP                MQTT over QUIC, MQTT for sensor networks.

`deadzone link --packet` (Linux, root) applies the same profile to IP packets, with the kernel's own TCP at both ends: there lost
packets, acknowledgements, SYNs inside its namespaces and the finer TCP are real. Faults at packets of MQTT are not possible there.

A connection needs both directions to be made: a black hole that is there from the beginning, in either, keeps new clients waiting
until it is gone, and what was sent meanwhile then goes on.

Each number of a profile stands with its source: `measured`, an address, or `default`, which is an engineer's guess.
";

/// How a profile is written, without its numbers.
const PROFILES: &str = r#"profiles: how a link behaves by itself, as a TOML file

  title = "my modem in the cellar"
  inherits = "lte-m"                  # optional: begin with another one, by name or beside this file
  without = ["handover"]              # optional: sections of it to leave out

  [delay]
  median_ms = { up = 60, down = 45, source = "measured" }       # each direction by itself
  sigma_ln = { both = 0.4, source = "default" }                 # or both alike

  [nat]
  idle_s = { value = 240, source = "https://example.org/where-it-says-so" }

Every number has its unit in its name and its source beside it: `measured`, `default` (a guess) or an address. A section that is
given must be whole. `overlay = true` makes a profile that lies over others, as in lte-m+mine, and replaces whole sections.
`trace = "FILE"`, or `trace = { up = "FILE", down = "FILE" }`, plays a recorded trace instead of a rate: a file beside this one, in
Mahimahi's format (each line a whole number of ms from the beginning, at which 1504 bytes can leave; it starts over at its end).

Use it:     deadzone link --profile mine.toml, mine.toml+tunnel, or `via mine` in a scenario beside it
Change it:  --set delay.median_ms.up=80, --set nat.rst=true, --set outage.schedule_s=20,8
See others: deadzone links, deadzone links lte-m

All numbers (* its section needs it):
"#;

/// How a target is described.
const TARGET: &str = r#"target: how a broker is described, as a TOML file for --broker FILE.toml

  name = "my broker 1.2"              # optional: the file's name otherwise
  version = "1.2"                     # optional: where it does not tell it, for `target_version` of known failures
  address = "mqtt://127.0.0.1:1883"   # one for every version, or one for each:
  # [address]                         # (at the end of the file, as TOML has it)
  # "3.1.1" = "mqtt://127.0.0.1:1883"
  # "5.0" = "mqtt://127.0.0.1:1884"
  # address = ["mqtt://a", "mqtt://b"]  # several nodes that are one server, each as above
  user = "deadzone"                   # in every CONNECT that names neither a user nor a password
  password = "secret"                 # needs `user`; never shown, nor kept in a record
  password_file = "secret.txt"        # its bytes instead, without the end of its last line; beside this file
  token_file = "token.jwt"            # a bearer token, sent as the password

mqtts:// (8883), ws:// (80) and wss:// (443) are addresses too; all addresses of one file have one transport. With TLS:
  ca = "ca.pem"                       # authorities to trust in place of the system's
  cert = "client.pem"                 # the clients' certificate, and its key
  key = "client.key"
  expired_cert = "expired.pem"        # one like it that has expired, for scenarios in which it is refused, and its key
  expired_key = "expired.key"
  insecure = true                     # takes any certificate of the broker's
The options of the same names (`deadzone run --help`) win over the file.

What it declares, where no packet says it. Nothing declared takes a violation back; 5.0 tells its limits in CONNACK itself.
  max_qos = 1                         # 3.1.1: QoS 0, 1 or 2
  retained = false                    # 3.1.1: no retained messages
  automatic_subscriptions = true      # it subscribes clients to topics by itself
  unordered_topics = true             # it need not keep the order of a topic
  durable = "none"                    # what a kill may cost: none, periodic or ack
  queue = 50                          # messages that it keeps for an offline session
  session_ttl_s = 3600                # how long it keeps a 3.1.1 session
  settle_ms = 1000                    # what several nodes take to learn of each other [10000]
  connections = 100                   # the most that it takes at once [200]
  backpressure = true                 # it slows publishers down
  client_certificates = true          # it lets no client in without a certificate of its authority
  solo = false                        # no scenario that touches the whole broker
  [documented]                        # where the broker's documentation says so, by key
  max_qos = "manual, chapter 7"

Two nodes that are two brokers with a bridge between them. `needs bridge` runs on them, and `needs nodes 2` does not. Its scenarios hold it
to this: every topic both ways at QoS 2, retained messages too, a session that is kept, nothing that comes back. What forwards less is not for them:
  [bridge]
  listen = "127.0.0.1:18830"          # where the second one looks for the first: deadzone's link listens there

How it is started, where deadzone starts it. Then it is also killed, stopped, frozen and started again, and its log is read.
  address = "mqtt://127.0.0.1:{port}" # {port} is a free port of loopback
  [start]
  program = "mosquitto"               # a name on PATH, or a path
  arguments = ["-c", "{scratch}/b.conf"]
  needs = ["/usr/bin/mosquitto_passwd"]   # files that have to be there besides
  ports = ["port5"]                   # names of further free ports, then {port5}
  environment = { HOME = "{scratch}" }
  certificates = true                 # makes {certificates}/ca.pem, server.pem, server.key, client.pem, client.key, expired.pem and expired.key
  prepare = [["mosquitto_passwd", "-c", "-b", "{scratch}/p", "{user}", "{password}"]]   # run before it
  end = [["docker", "rm", "-f", "{marker}"]]                # run when it was killed, for what a signal does not reach
  ready_within_s = 30                 # until a CONNECT is accepted at every address [30]
  stop_within_s = 3                   # until it is killed where it was asked to end [3]
  open_files = 2048                   # it needs so many
  version = { command = ["mosquitto", "-h"], prefix = "mosquitto version ", suffix = "" }
  [[start.files]]                     # files of the scratch folder
  path = "b.conf"
  text = """
  listener {port} 127.0.0.1
  """
  [install]                           # how it comes here
  debian = ["mosquitto"]              # packages
  commands = [["npm", "install", "--prefix", "{installed}", "aedes-cli"]]   # deadzone targets install NAME
{scratch} is a new folder of its own, {here} the folder of this file, {password} a word made for each start, {installed} where
`targets install` puts things (DEADZONE_BROKERS/NAME), {marker} a word that no other start has.
Presets, to start from: deadzone targets, deadzone targets NAME
"#;

/// How known failures are written.
const EXPECT: &str = r#"expect: the known failures of one broker, as a TOML file for --expect FILE

  schema = "deadzone.expect/1"
  target = "my broker 1.2"            # whose failures they are
  min_tested = 240                    # a run of everything in which fewer are judged does not turn green (4); for tiers:
  # min_tested = { smoke = 30, full = 240, long = 250 }

  [suite]                             # the scenarios that the file knows, by folder; name@5.0 is known in that version alone
  "qos2/interrupted" = ["pubrec-lost", "pubrel-lost@5.0"]

  [[known]]                           # one of these for each finding
  scenario = "qos2/interrupted/pubrec-lost"   # an id, a glob, or `target` for what the broker does in many scenarios
  version = "5.0"                     # optional: 3.1.1 or 5.0
  transport = ["tcp", "tls"]          # optional: tcp, tls, ws, wss, or several; every one otherwise
  verdict = "fail"                    # or "inconclusive", or "blocked" [fail]
  fingerprint = "5.0/MQTT-4.3.3-10 delivered-twice acknowledged=PUBREC resumed after=cut client=pub qos=2"
  intermittent = true                 # optional: it comes now and then, and is never stale
  reason = "sessions are kept in memory"      # needed; an empty one is listed until it says why
  link = "https://example.org/issues/7"       # optional
  target_version = ">= 1.2, < 1.3"    # optional: only of such a version of the broker, told or described
  since = 2026-01-31                  # optional
  max = 30                            # optional, for a glob: the most scenarios that it may cover [20]

What is named still runs, and is not repeated. Any other finding in the same scenario is a failure (exit code 1). An entry that matched
nothing although its scenario was judged is stale (6). What is blocked behind an expected gate is expected. A scenario that the file
does not know is shown as new and turns nothing red.

Make it, and keep it:  deadzone run --broker ... --json run.json, then deadzone expect update run.json --file FILE
It takes the report of a whole run, not of a --quick one, adds and removes entries, says which, and accepts new scenarios. An entry is
about the transport of the report; a report over another one adds it to the entry. Of a broker that races itself give it several reports:
what not all of them show is marked as intermittent. What is inconclusive is expected where every run of it is, and there were several.
Names that this deadzone has renamed are understood, told, and brought up by the next update.
"#;

fn profiles() -> String {
    let mut section = "";
    let lines = deadzone_proxy::KEYS.iter().map(|key| {
        let head = if key.section == section { String::new() } else { format!("\n  [{}]\n", key.section) };
        section = key.section;
        let needed = if key.needed { '*' } else { ' ' };
        let range = format!(", {} to {}", key.least, key.most);
        let (given, range) = match key.kind {
            Kind::One => ("value", range.as_str()),
            Kind::Ways => ("both, or up and down", range.as_str()),
            Kind::Flag => ("true or false", ""),
            Kind::Pairs => ("a list: from, length, …", range.as_str()),
        };
        format!("{head}  {needed} {:<26} {} ({given}{range})\n", key.name, key.what)
    });
    PROFILES.to_owned() + &lines.collect::<String>()
}

fn topic(what: &str) -> Option<String> {
    match what {
        "links" => Some(LINKS.to_owned()),
        "profiles" => Some(profiles()),
        "target" => Some(TARGET.to_owned()),
        "expect" => Some(EXPECT.to_owned()),
        _ => None,
    }
}

fn code(what: &str) -> Option<String> {
    deadzone_script::explain(what).map(|text| format!("{what}: {text}\n"))
}

/// Every clause of a section, a line each: with or without `MQTT-` in front, in one version or in both.
fn section(what: &str) -> Option<String> {
    let clauses = deadzone_spec::all().filter(|id| deadzone_runner::names_clause(what, *id));
    let lines: Vec<String> = clauses.map(|id| format!("{}  {}\n", id, id.clause().text)).collect();
    (!lines.is_empty()).then(|| lines.concat())
}

fn clause(what: &str) -> Option<String> {
    let id = ClauseId::find(what)?;
    let clause = id.clause();
    let how = id.obligation().map(|obligation| {
        let answers = joined(obligation.answered_by);
        let answers = if answers.is_empty() { "nothing".to_owned() } else { answers };
        format!("observed  {}\nanswered  by {answers} of the other version\n", obligation.how)
    });
    Some(format!(
        "{}  {}, binds {}\n{}\n{}{}\n",
        clause.id,
        clause.level,
        clause.party,
        clause.text,
        how.unwrap_or_default(),
        clause.url()
    ))
}

fn switch(what: &str) -> Option<String> {
    if let Ok(defect) = Defect::from_str(what) {
        let clauses = joined(defect.clauses());
        return Some(format!(
            "defect {what}: {}\nclauses  {clauses}\nlike     {}\n",
            defect.what(),
            defect.like()
        ));
    }
    if let Ok(mutant) = Mutant::from_str(what) {
        return Some(format!("mutant {what}: {}\nclauses  {}\n", mutant.what(), joined(mutant.clauses())));
    }
    Variant::from_str(what).ok().map(|v| format!("legal variant {what}: {}\n", v.what()))
}

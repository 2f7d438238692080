//! Every code with its title and its explanation. A code is never given to another mistake.

/// What a code means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// `E014`.
    pub code: &'static str,
    /// One line.
    pub title: &'static str,
    /// Why it is a mistake, and what to do.
    pub text: &'static str,
}

/// The explanation of a code (`E014`): a title line, an empty line and the text.
pub fn explain(code: &str) -> Option<&'static str> {
    WHOLE.iter().find(|(known, _)| *known == code).map(|(_, text)| *text)
}

/// All codes, in order.
pub fn codes() -> &'static [Explanation] {
    TABLE
}

macro_rules! codes {
    ($($name:ident $code:literal $title:literal $text:literal;)*) => {
        $(pub(crate) const $name: &str = $code;)*
        const TABLE: &[Explanation] = &[$(Explanation { code: $code, title: $title, text: $text }),*];
        const WHOLE: &[(&str, &str)] = &[$(($code, concat!($title, "\n\n", $text))),*];
    };
}

codes! {
UNTERMINATED "E001" "a text without its closing quote"
    "A text stands between double quotes on one line. A quote inside it is written \\\".";
ESCAPE "E002" "an unknown escape in a text"
    "The escapes are \\\" \\\\ \\n \\t and \\xNN with two hexadecimal digits. {run} is a placeholder and needs no escape.";
UNKNOWN_STEP "E003" "a line that begins or goes on with an unknown word"
    "A line is a header line (title, clauses, needs, …), a `client` line, a step that begins with a client's name (`pub connect clean`) or with `fence`, `ready`, `link`, `target` or `expect`, or it opens a block (`recover`, `control`).";
TRAILING "E004" "words after the end of a step"
    "The step was complete and the rest of the line means nothing. One step a line; a comment begins with #.";
MISSING "E005" "something is missing"
    "The line ended, or went on with something else, where the grammar needs a part. The message names the part.";
UNDECLARED "E006" "a client that is not declared"
    "Every client is declared before the first step: `client NAME [manual] [direct] [via PROFILE] [version V] [offers \"…\"]`.";
CLIENT_NAME "E007" "a client's name that can't be used"
    "A client is declared once, and its name is no word of the language.";
NAME "E008" "a name of the wrong form"
    "Slugs, client names, tags and defect names begin with a lower-case letter and go on with lower-case letters, digits, - and _.";
DUPLICATE_SLUG "E009" "two scenarios with one slug"
    "The id of a scenario is made of its file and its slug, so the slug is used once in a file.";
UNKNOWN_PACKET "E010" "an unknown packet"
    "Packets are named in capitals, as the standard prints them: CONNECT, PUBLISH, PUBREC …";
UNKNOWN_FIELD "E011" "an unknown field"
    "Fields are written `name=value`, without spaces.";
NO_SUCH_FIELD "E012" "a field that the packet or step does not have"
    "The field exists, but not here.";
NOT_IN_VERSION "E013" "something that no version of this step has"
    "Properties, reason codes of acknowledgements, AUTH and a server's DISCONNECT exist in 5.0 only. The versions of a step are those of the scenario (`versions`), of its client (`version`), and of its own `only`.";
TWICE "E014" "a field that is given twice"
    "Each field of a packet or step is given once.";
WRONG_SORT "E015" "a value of the wrong sort"
    "Numbers are decimal or 0x…; topics, filters, payloads and client ids are texts in quotes; `$name` is a capture.";
RANGE "E016" "a value out of range"
    "The value does not fit the field, or fits it and breaks the protocol. The second is allowed on a step that is marked `deviant`, because a broker may do anything to a client that broke the protocol.";
UNKNOWN_FAULT "E017" "an unknown fault"
    "The faults are blackhole, cut, hold, release, tear, slice, coalesce, delay and restore; `saw` waits for a packet, and `profile` changes how the link behaves.";
UNPHYSICAL "E018" "a fault that no link has"
    "MQTT runs over a byte stream. On a cellular link lost segments are sent again: loss shows as delay, and then as a dead connection. Nothing can vanish from the middle of a stream, arrive twice or overtake. Use a black hole from that packet on, and then a cut: `link X blackhole up from PUBREL`, `link X cut silent`.";
DIRECT "E019" "a link step on a direct client"
    "A client declared `direct` never crosses the emulated link. It observes.";
DIRECTION "E020" "a packet that goes both ways, without a direction"
    "PUBLISH, its acknowledgements, and in 5.0 DISCONNECT and AUTH go up and down. Say which is meant: `from PUBREC down`.";
WRONG_WAY "E021" "a packet that never goes that way"
    "Up is client to broker. A client never sends CONNACK, a broker never sends SUBSCRIBE. A client may do so only on a step marked `deviant`.";
UNKNOWN_CLAUSE "E022" "an unknown clause"
    "Clause ids carry their version: 5.0/MQTT-4.3.3-10. Statements without a number have ids of ours: 3.1.1/DZ-one-connack.";
CLIENT_CLAUSE "E023" "a clause that binds the client only"
    "The target is a broker: it can't break what only a client must do.";
OTHER_VERSION "E024" "a clause of a version that is not run"
    "Add the version to `versions`, or drop the clause.";
NO_TITLE "E025" "a scenario without a title"
    "The title is the line that people read in a report.";
NO_CLAUSES "E026" "a scenario without clauses"
    "A verdict names the clause that was broken. Name those that the scenario puts to the test.";
NO_CATCHES "E027" "a scenario that catches nothing"
    "A test that nothing can fail proves nothing: name at least one defect that makes it fail (`catches NAME`).";
NO_STEPS "E028" "a scenario without steps"
    "There is nothing to perform.";
UNKNOWN_VERSION "E029" "an unknown version of MQTT"
    "The versions are 3.1, 3.1.1 and 5.0.";
UNKNOWN_NEED "E030" "an unknown need"
    "The needs are `qos N`, `session`, `retain`, `wildcard`, `subscription-identifier`, `shared-subscription`, `topic-alias`, `topic-alias-limit`, `without qos 2`, `without retain`, `without wildcard`, `ws`, `tls`, `password`, `client-certificates`, `nodes N` (2 or more) and `bridge`, with commas between them.";
UNKNOWN_MUTATION "E031" "an unknown mutation"
    "`broken by` takes names of mutations with commas between them; LANGUAGE.md lists them.";
NOT_MARKED "E032" "a step that breaks the protocol and does not say so"
    "Mark it `deviant`: a broker may do anything to a client that breaks the protocol, so nobody may do so by accident.";
NOT_OPEN "E033" "a step of a client that has no connection yet"
    "The client must `connect` (or `open` the transport) first.";
EMPTY_FENCE "E034" "a fence that proves nothing"
    "A QoS 2 message that has not been released may hold back what comes behind it: the fence may arrive or not, whatever became of the message. Send its PUBREL first.";
LANGUAGE "E035" "a wrong `mqt` line"
    "The first line may say `mqt 1`, the version of the language. This reader knows version 1.";
MISPLACED "E036" "a line in the wrong place"
    "First `scenario SLUG`, then header lines and clients, then steps.";
REPEATED "E037" "a header line that is given twice"
    "`title`, `needs`, `versions`, `solo`, `gate`, `times` and `control` stand once; `clauses`, `catches`, `tags`, `like` and `stands on` may be repeated, their entries may not.";
TIME "E038" "a wrong time"
    "Times are whole numbers with a unit: 250ms, 2s; at most a day.";
CAPTURE "E039" "a capture that is used before it is set"
    "`id=$p` on an arrival sets p, or checks it where it is set; on everything else it uses it.";
BLOCK "E040" "a wrong block"
    "`recover` and `control` stand alone on their line and are followed by deeper indented steps. Blocks are not nested.";
UNKNOWN_WORD "E041" "a word that does not belong here"
    "The message lists what may stand here.";
CONTRADICTION "E042" "an expectation that contradicts itself"
    "`nothing` is watched `for` a time, everything else is waited for `within` one; `in order` needs two payloads at least.";
NEVER_RUN "E043" "a step for a version that is not run"
    "`only V` names a version that neither the scenario nor the client has.";
PROFILE "E044" "an unknown profile of a link"
    "`via NAME` and `link X profile NAME` take the profiles that `deadzone links` lists, with overlays behind a plus: lte-m+nat-short. An overlay by itself goes over a profile that is already there.";
UNKNOWN_GATE "E045" "an unknown gate"
    "A gate is a base property of a broker that scenarios stand on: connection, qos1-in, qos2-in, subscription, qos1-out, qos2-out, in-flight, session, retained, will, wildcard.";
GATES "E046" "gates that contradict the steps"
    "What a scenario stands on is read from its steps; `stands on` adds what they can't show. A gate that no step has to do with can't be stood on, and a scenario is no gate that its steps never ask for, nor does a gate stand on itself or on one that comes later.";
SHARED_ROUNDS "E047" "something that the rounds would share"
    "`times N` plays the steps N times, each round with clients and topics of its own. A topic, a filter or a client id without {run} would be the same in every round, so that one round finds what an earlier one left behind.";
UNJUDGED "E048" "a clause that nothing in the scenario judges"
    "A clause is put to the test where a rule or a claim judges it: it could come out otherwise. Either no step brings about what the clause is about, or no rule and no claim knows it, so that a step has to name it: `expect X receives nothing @ CLAUSE`.";
TARGET "E049" "a step on the target that can't be"
    "`target kill` and `target stop` end a process that runs, and every connection with it; `target restart` starts it again, and only then can clients connect. `target freeze for T` halts it for so long: the steps go on meanwhile, and it thaws by itself.";
FRAMES "E050" "frames that can't be written so"
    "`in frames …` says in which WebSocket frames the bytes of a step go, so the scenario `needs ws`, and its client is `direct`: a link would cut and join them as it likes. The lengths add up to the bytes, or one of them is `*`. `with next` keeps the bytes for the client's next `->`, which follows at once.";
TLS "E051" "what only a connection with TLS has"
    "`certificate=` says which certificate a client shows, so the scenario `needs client-certificates`. `link X cut rst in handshake` and `link X cut rst at cipher byte N` cut below TLS, so the scenario `needs tls`.";
NODE "E052" "a node that the scenario does not ask for"
    "Nodes are numbered from 1, and without `at` a client is at the first. A scenario that names node N has `needs nodes N` (one server with several endpoints) or, for node 2, `needs bridge` (two brokers); elsewhere it is not applicable. `settle` is for nodes as well.";
BRIDGE "E053" "something that the bridge can't do"
    "`needs bridge` declares `bridge`: the connection from the second broker to the first, over a link of ours. `link bridge FAULT` is all that can be said of it; it is no client, and there is one for all rounds.";
MATRIX "E054" "a table of rows that can't be read"
    "`matrix COLUMN | COLUMN …` stands among the header lines; below it, indented deeper, each row has a name and as many cells, parted by `|`. `{COLUMN}` anywhere else in the scenario is that row's cell, and each row is a scenario of its own: SLUG/ROW.";
}

//! Text to scenarios.
//!
//! `file` walks the lines and keeps the scenario that is being read, once for each row where `matrix` finds a table; each line is read on its
//! own, so a mistake costs one line. `line` finds its first word, `lexer` makes tokens, `cursor` hands them out; `header`, `client` and `step` (with
//! `intent`, `packet`, `link`, `expect`, `target`, `topic`) read one line each; `framing`, `node`, `order`, `outage`, `tls`, `unfinished`, `rounds` and
//! `gates` look at a whole scenario. Nothing here performs anything.

mod client;
mod cursor;
mod expect;
mod field;
mod file;
mod framing;
mod gates;
mod header;
mod intent;
pub(crate) mod lexer;
mod line;
mod link;
mod lone;
mod marks;
mod matrix;
mod node;
mod order;
mod outage;
mod packet;
mod polite;
mod range;
mod rounds;
mod scenario;
mod step;
mod target;
mod tls;
mod topic;
mod unfinished;
mod value;

pub use file::parse;
pub(crate) use header::KEYWORDS;
pub use lone::parse_fault;
pub(crate) use scenario::DEFAULT_VERSIONS;

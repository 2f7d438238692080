//! The `.mqt` scenario language: text to typed [`Scenario`]s and back, with every mistake of a file in one pass.
//!
//! The text is the source, the typed value is the truth: one line is one [`Step`]; parse -> print -> parse is stable.
//! This crate does not know how a step is performed, nor what a verdict is.

mod diagnostic;
mod format;
mod framing;
mod gate;
mod held;
mod load;
mod names;
mod parse;
mod parts;
mod print;
mod rounds;
mod scenario;
mod stands;
mod step;
mod template;
mod text;
mod tls;

pub use diagnostic::{Diagnostic, Explanation, Severity, codes, explain, render};
pub use format::format;
pub use framing::{FrameWord, Framing};
pub use gate::Gate;
pub use load::Load;
pub use names::{ProfilePlace, clause_mistakes, profile_mistakes};
pub use parse::{parse, parse_fault};
pub use print::print;
pub use scenario::{Catch, ClientDecl, Control, Need, Scenario};
pub use step::{At, Count, Step, StepKind, TargetAction};
pub use template::{
    Arrival, ConnectMode, ConnectOptions, FieldValue, Fields, PacketTemplate, Payload, SubscribeFilter,
    TriggerTemplate, WillTemplate,
};
pub use tls::{Certificate, TlsCut};

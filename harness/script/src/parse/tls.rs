//! `cut rst in handshake`, `cut rst at cipher byte N`, and which scenarios may say that and `certificate=`.

use deadzone_link::Cut;

use super::cursor::Parsed;
use super::step::StepLine;
use crate::diagnostic::{Diagnostic, code};
use crate::{Certificate, Need, Scenario, Step, StepKind, TlsCut};

/// Most bytes that a cut counts to: more than any handshake and record.
const BYTES_MAX: u32 = 1_000_000;

impl StepLine<'_, '_> {
    /// A place below TLS behind `cut rst`, if one stands there.
    pub(super) fn tls_cut(&mut self, how: Cut) -> Parsed<Option<TlsCut>> {
        let mark = self.cursor.mark();
        let cut = if self.cursor.eat("in") {
            if !self.cursor.eat("handshake") {
                return Err(self.cursor.missing("`handshake`"));
            }
            TlsCut::Handshake
        } else if self.cursor.peek_word() == Some("at") && self.cursor.second_word() == Some("cipher") {
            self.cursor.bump();
            self.cursor.bump();
            if !self.cursor.eat("byte") {
                return Err(self.cursor.missing("`byte` and a number of bytes"));
            }
            TlsCut::CipherByte(self.cursor.count("a number of bytes", 1, BYTES_MAX)?)
        } else {
            return Ok(None);
        };
        if how != Cut::Rst {
            let at = self.cursor.since(mark);
            let mistake = Diagnostic::error(code::TLS, at, "below TLS a connection can be reset only");
            self.cursor.report(mistake.help("write `cut rst`"));
        }
        Ok(Some(cut))
    }
}

/// What only TLS has wants a scenario that needs it.
pub(super) fn check(scenario: &Scenario, steps: &[Step], mistakes: &mut Vec<Diagnostic>) {
    let needs = |need| scenario.needs.contains(&need);
    let shown = scenario.clients.iter().find(|client| client.certificate != Certificate::Own);
    if let Some(client) = shown.filter(|_| !needs(Need::ClientCertificates)) {
        let message = "only a target that asks for certificates refuses one";
        let mistake =
            Diagnostic::error(code::TLS, client.at, message).help("add `needs client-certificates`");
        if !mistakes.contains(&mistake) {
            mistakes.push(mistake);
        }
    }
    let cuts = steps.iter().filter(|step| matches!(step.kind, StepKind::CutTls { .. }));
    for step in cuts.filter(|_| !needs(Need::Tls)) {
        let mistake = Diagnostic::error(code::TLS, step.at, "there is TLS only where it is needed");
        mistakes.push(mistake.help("add `needs tls`"));
    }
}

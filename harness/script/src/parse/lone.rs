//! One link step by itself, for links that belong to no scenario: the same grammar, without client and captures.

use deadzone_link::{LinkStep, Trigger, When};
use deadzone_wire::{Pattern, Value};

use super::lexer::lex;
use super::scenario::DEFAULT_VERSIONS;
use super::step::{self, Setting};
use crate::diagnostic::{Diagnostic, code};
use crate::{At, ClientDecl, FieldValue, StepKind, TriggerTemplate};

/// What stands before the text, so that it is a step of the language.
const BEFORE: &str = "link c ";

/// Reads what a scenario writes behind `link NAME`: `blackhole up from PUBREC`, `cut rst after 5s`. The places of mistakes
/// are those of the text.
pub fn parse_fault(text: &str) -> Result<LinkStep, Vec<Diagnostic>> {
    read(text).map_err(|mistakes| mistakes.into_iter().map(without_before).collect())
}

/// A mistake's place in the text alone; one before it is that of the whole text.
fn without_before(mut mistake: Diagnostic) -> Diagnostic {
    let before = BEFORE.len() as u32;
    let end = (mistake.at.column + mistake.at.length).saturating_sub(before).max(2);
    mistake.at.column = mistake.at.column.saturating_sub(before).max(1);
    mistake.at.length = end - mistake.at.column;
    mistake
}

fn read(text: &str) -> Result<LinkStep, Vec<Diagnostic>> {
    let line = format!("{BEFORE}{text}");
    let at = At { line: 1, column: 1, length: u32::try_from(line.chars().count()).unwrap_or(u32::MAX) };
    let client = ClientDecl { at, ..ClientDecl::named("c") };
    let lexed = lex(1, &line);
    if !lexed.mistakes.is_empty() {
        return Err(lexed.mistakes);
    }
    let setting = Setting { clients: &[client], versions: &DEFAULT_VERSIONS };
    match step::read(1, &line[..lexed.end], &lexed.tokens, setting, false) {
        Err(mistakes) => Err(mistakes),
        Ok(step) => match lower(&step.kind) {
            Some(step) => Ok(step),
            None => Err(vec![
                Diagnostic::error(code::MISPLACED, step.at, "this makes sense only inside a scenario")
                    .help("give a fault, without `saw` and without captures"),
            ]),
        },
    }
}

fn lower(kind: &StepKind) -> Option<LinkStep> {
    let StepKind::Link { fault, when, .. } = kind else { return None };
    let when = match when {
        TriggerTemplate::Now => When::Now,
        TriggerTemplate::AfterMs(ms) => When::After(ms.saturating_mul(1000)),
        TriggerTemplate::On { edge, nth, packet, direction } => {
            let value = |value: &FieldValue| match value {
                FieldValue::Number(n) => Some(Value::Number(*n)),
                FieldValue::Text(text) => Some(Value::Bytes(text.0.clone().into())),
                FieldValue::Pair(name, value) => {
                    Some(Value::Pair(name.0.clone().into(), value.0.clone().into()))
                }
                FieldValue::Absent => Some(Value::Absent),
                FieldValue::Capture(_) => None,
            };
            let fields = packet.fields.iter().map(|(field, v)| Some((*field, value(v)?)));
            let pattern = Pattern { kind: packet.kind, fields: fields.collect::<Option<_>>()? };
            When::On(Trigger { edge: *edge, nth: *nth, pattern, direction: *direction })
        }
    };
    Some(LinkStep { fault: *fault, when })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_reads_as_in_a_scenario() {
        for (text, printed) in [
            ("blackhole up from PUBREC down", "blackhole up before PUBREC down"),
            ("blackhole down from PUBREC", "blackhole down before PUBREC down"),
            ("cut rst after 5s", "cut rst after 5s"),
            ("hold both", "hold both"),
            ("tear PUBLISH up at 3", "blackhole up at 3 of PUBLISH up"),
        ] {
            assert_eq!(parse_fault(text).map(|s| s.to_string()).as_deref(), Ok(printed), "{text}");
        }
    }

    #[test]
    fn mistakes_have_their_place() {
        for text in
            ["blackhol up", "drop PUBREL", "saw PUBREL", "hold up from PUBREL id=$x", "", "hold up x \"y"]
        {
            let mistakes = parse_fault(text).unwrap_err();
            let most = text.chars().count() as u32 + 1;
            assert!(!mistakes.is_empty(), "{text}");
            for mistake in mistakes {
                let at = mistake.at;
                assert!(at.column >= 1 && at.length >= 1, "{text}: {at:?}");
                assert!(at.column + at.length <= most.max(2), "{text}: {at:?}");
            }
        }
        let at = parse_fault("blackhole up form PUBREC").unwrap_err()[0].at;
        assert_eq!((at.column, at.length), (14, 4));
    }
}

//! Makes the document of a run: nothing but copying, field by field, so that a new field of the harness is no accident in
//! the format.

use deadzone_verdict::{
    AgainstFile, Capabilities, Choice, Expectation, Finding, GateState, Grade, GradeLevel, KnownFailure,
    LeftOut, Provenance, Repeat, RunInfo, ScenarioResult, Summary, VerdictKind,
};

use super::cause;
use super::{
    CapabilitiesEntry, ChoiceEntry, ControlEntry, CoverageEntry, ExpectationsEntry, FindingEntry, GateEntry,
    GradeEntry, GradeWord, KnownEntry, LeftOutEntry, PlaceEntry, RUN_SCHEMA, RepeatEntry, RunDocument,
    ScenarioEntry, SourceEntry, StaleItem, SummaryEntry, TargetEntry, VerdictWord,
};
use crate::{ReportError, RunModel, repro::script_name};

/// The document of a run, complete or not.
pub fn run_document(run: &RunModel) -> Result<RunDocument, ReportError> {
    let info = run.info.as_deref().ok_or(ReportError::NotStarted)?;
    let ended = run.summary.as_deref();
    Ok(RunDocument {
        schema: RUN_SCHEMA.to_owned(),
        deadzone: info.deadzone.clone(),
        suite: info.suite.clone(),
        seed: info.seed.clone(),
        target: target(info),
        capabilities: info.capabilities.iter().map(capabilities).collect(),
        planned: info.planned as u64,
        choice: choice(&info.choice),
        scenarios: run.results.iter().map(|result| scenario(result, info)).collect(),
        causes: cause::entries(run),
        left_out: ended.map(|s| s.left_out.iter().map(left_out).collect()).unwrap_or_default(),
        summary: ended.map(summary),
        complete: ended.is_some_and(|s| !s.interrupted && s.not_run == 0),
        not_started: None,
    })
}

fn choice(choice: &Choice) -> ChoiceEntry {
    ChoiceEntry {
        filters: choice.filters.clone(),
        tier: choice.tier.clone(),
        left_out: choice.left_out as u64,
        budget_ms: choice.budget_ms,
        gentle: choice.gentle.clone(),
    }
}

fn left_out(left: &LeftOut) -> LeftOutEntry {
    LeftOutEntry { id: left.key.id.clone(), version: left.key.version.to_string(), why: left.why.clone() }
}

fn target(info: &RunInfo) -> TargetEntry {
    TargetEntry {
        name: info.target.clone(),
        version: info.target_version.clone(),
        address: info.address.clone(),
        transport: info.transport.map(|transport| transport.to_string()),
        configuration: info.target_configuration.clone(),
        links: info.links.clone(),
        switched_on: info.switched_on.clone(),
    }
}

fn capabilities(c: &Capabilities) -> CapabilitiesEntry {
    let source = |known: &Provenance| SourceEntry { fact: known.fact.clone(), source: known.how.clone() };
    CapabilitiesEntry {
        version: c.version.to_string(),
        max_qos: c.max_qos,
        retain: c.retain,
        wildcard: c.wildcard,
        subscription_identifier: c.subscription_identifier,
        shared: c.shared,
        session: c.session,
        receive_maximum: c.receive_maximum,
        maximum_packet_size: c.maximum_packet_size,
        server_keep_alive_s: c.server_keep_alive_s,
        topic_alias_maximum: c.topic_alias_maximum,
        sources: c.sources.iter().map(source).collect(),
    }
}

fn scenario(r: &ScenarioResult, info: &RunInfo) -> ScenarioEntry {
    ScenarioEntry {
        id: r.key.id.clone(),
        version: r.key.version.to_string(),
        transport: r.transport.map(|transport| transport.to_string()),
        title: r.title.clone(),
        file: r.file.clone(),
        line: r.line,
        clauses: r.clauses.iter().map(ToString::to_string).collect(),
        like: r.like.clone(),
        verdict: verdict(r.verdict.kind),
        reason: r.verdict.reason.clone(),
        findings: r.verdict.findings.iter().map(|found| reproduced(r, found, info)).collect(),
        grades: r.verdict.grades.iter().map(grade).collect(),
        control: r.control.as_ref().map(|c| ControlEntry {
            verdict: verdict(c.kind),
            same_clause: c.same_clause,
            text: c.text.clone(),
        }),
        blocked_by: r.verdict.blocked_by.clone(),
        repeats: r.repeats.iter().map(|run| verdict(run.verdict.kind)).collect(),
        repeated: r.repeats.iter().map(repeated).collect(),
        compared: r.compared.clone(),
        judged: r.verdict.judged.iter().map(ToString::to_string).collect(),
        seed: r.history.as_ref().map(|history| history.header.seed.clone()),
        repeat_command: r.repeat_command.clone(),
        wall_ms: r.wall_ms,
        expected: matches!(r.expectation, Some(Expectation::Expected(_))),
        expected_by: known(r.expectation.as_ref()),
        new: r.expectation == Some(Expectation::New),
        target_log: r.target_log.iter().flat_map(|log| log.lines()).map(str::to_owned).collect(),
        unconfirmed: r.verdict.unconfirmed.iter().map(|f| f.fingerprint().to_string()).collect(),
    }
}

fn known(expectation: Option<&Expectation>) -> Vec<KnownEntry> {
    let Some(Expectation::Expected(known)) = expectation else { return Vec::new() };
    let entry =
        |k: &KnownFailure| KnownEntry { line: k.line, reason: k.reason.clone(), link: k.link.clone() };
    known.iter().map(entry).collect()
}

fn against(a: &AgainstFile) -> ExpectationsEntry {
    let stale = a.stale.iter().map(|stale| StaleItem { line: stale.line, text: stale.text.clone() });
    ExpectationsEntry {
        file: a.file.clone(),
        expected: a.expected as u64,
        unexpected: a.unexpected as u64,
        new: a.new.len() as u64,
        stale: stale.collect(),
        no_reason: a.no_reason.clone(),
        tested: a.tested as u64,
        min_tested: a.min_tested.map(|least| least as u64),
        notes: a.notes.clone(),
    }
}

fn repeated(run: &Repeat) -> RepeatEntry {
    RepeatEntry {
        verdict: verdict(run.verdict.kind),
        reason: run.verdict.reason.clone(),
        clauses: run.verdict.findings.iter().map(|f| f.clause.to_string()).collect(),
    }
}

fn verdict(kind: VerdictKind) -> VerdictWord {
    match kind {
        VerdictKind::Pass => VerdictWord::Pass,
        VerdictKind::PassSlow => VerdictWord::PassSlow,
        VerdictKind::Fail => VerdictWord::Fail,
        VerdictKind::Inconclusive => VerdictWord::Inconclusive,
        VerdictKind::Blocked => VerdictWord::Blocked,
        VerdictKind::NotApplicable => VerdictWord::NotApplicable,
        VerdictKind::Error => VerdictWord::Error,
    }
}

fn reproduced(result: &ScenarioResult, found: &Finding, info: &RunInfo) -> FindingEntry {
    let script = info.scripts.as_ref().zip(script_name(result, found));
    FindingEntry {
        reproduction: script.map(|(folder, name)| format!("{folder}/{name}")),
        ..finding(result, found)
    }
}

fn finding(r: &ScenarioResult, f: &Finding) -> FindingEntry {
    FindingEntry {
        clause: f.clause.to_string(),
        also: f.also.iter().map(ToString::to_string).collect(),
        by: f.by.clone(),
        wanted: f.wanted.clone(),
        got: f.got.clone(),
        meanwhile: f.meanwhile.clone(),
        evidence: f.evidence.clone(),
        repeat: f.repeat,
        place: f.place.map(|p| PlaceEntry { line: p.line, column: p.column, length: p.length }),
        could_instead: f.could_instead.clone(),
        folded: f.folded.iter().map(|folded| finding(r, folded)).collect(),
        fingerprint: f.fingerprint().to_string(),
        intermittent: r.is_intermittent(f),
        reproduction: None,
    }
}

fn grade(g: &Grade) -> GradeEntry {
    GradeEntry {
        clause: g.clause.map(|id| id.to_string()),
        level: match g.level {
            GradeLevel::Should => GradeWord::Should,
            GradeLevel::May => GradeWord::May,
            GradeLevel::Info => GradeWord::Info,
        },
        text: g.text.clone(),
        evidence: g.evidence.clone(),
    }
}

fn gate(g: &GateState) -> GateEntry {
    GateEntry {
        version: g.version.to_string(),
        gate: g.gate.clone(),
        state: g.state.clone(),
        why: g.why.clone(),
    }
}

fn summary(s: &Summary) -> SummaryEntry {
    let coverage = s.coverage.iter().map(|c| CoverageEntry {
        version: c.version.to_string(),
        named: c.tested as u64,
        of: c.of as u64,
        own: c.own as u64,
    });
    SummaryEntry {
        pass: s.pass as u64,
        slow: s.slow as u64,
        fail: s.fail as u64,
        inconclusive: s.inconclusive as u64,
        blocked: s.blocked as u64,
        not_applicable: s.not_applicable as u64,
        error: s.error as u64,
        not_run: s.not_run as u64,
        coverage: coverage.collect(),
        interrupted: s.interrupted,
        exit_code: s.exit_code,
        wall_ms: s.wall_ms,
        confirmation_ms: s.confirmation_ms,
        long_bound_s: s.long_bound_s,
        notices: s.notices.clone(),
        gates: s.gates.iter().map(gate).collect(),
        expectations: s.expectations.as_ref().map(against),
    }
}

//! What passes the link, judged while it passes: each finding when it is proven, with its evidence, and a summary at the end.

use std::{sync::Arc, time::Duration};

use deadzone_history::{Header, History};
use deadzone_reports::{Collector, Verbosity, failure_block};
use deadzone_runner::{ExitCode, Party, summary_of};
use deadzone_verdict::{Choice, RunEvent, RunInfo, ScenarioKey, ScenarioResult, Verdict, VerdictKind};
use deadzone_watch::{Proven, Tap, Watched, Watching, watch};

use crate::{
    command::{report_files::ReportFiles, run::terminal_options},
    output,
};

/// A link's judges at work.
pub(super) struct Judging {
    watching: Watching,
    info: Arc<RunInfo>,
    header: Header,
}

impl Judging {
    /// Begins to judge what goes into the tap. `upstream` is the broker behind the links.
    pub(super) fn begin(header: Header, upstream: &str) -> anyhow::Result<(Tap, Self)> {
        let info = Arc::new(info(&header, upstream));
        let told = Arc::clone(&info);
        let (tap, watching) = watch(header.clone(), move |proven| output::print(&block(proven, &told)))?;
        Ok((tap, Self { watching, info, header }))
    }

    /// Waits for the judges, prints what they said, and writes the report.
    pub(super) fn finish(self, reports: &mut ReportFiles) -> anyhow::Result<ExitCode> {
        let watched = self.watching.finish();
        let results = [
            ("clients", Party::Client, watched.clients.clone()),
            ("broker", Party::Server, watched.broker.clone()),
        ];
        let results: Vec<_> = results
            .into_iter()
            .filter_map(|(id, party, verdict)| {
                let history = History { header: self.header.clone(), events: Vec::new() };
                Some(Arc::new(result(id, party, verdict?, history)))
            })
            .collect();
        let exit = ExitCode::of(results.iter().map(|result| result.verdict.kind), false, false);
        let mut model = Collector::new();
        model.observe(&RunEvent::Started(Arc::clone(&self.info)));
        results.iter().for_each(|result| model.observe(&RunEvent::ScenarioFinished(Arc::clone(result))));
        model.observe(&RunEvent::Finished(Arc::new(summary_of(&results, &[], false, Duration::ZERO))));
        output::print(&said(&results, &watched));
        reports.write(model.model())?;
        Ok(if exit == ExitCode::Inconclusive { ExitCode::Success } else { exit })
    }
}

/// A finding as a failed scenario is shown.
fn block(proven: &Proven, info: &RunInfo) -> String {
    let id = if proven.party == Party::Client { "client" } else { "broker" };
    let id = match &proven.finding.client {
        Some(name) => format!("{id} `{name}`"),
        None => id.to_owned(),
    };
    let findings = vec![proven.finding.clone()];
    let verdict = Verdict { kind: VerdictKind::Fail, findings, ..Verdict::pass() };
    let result = result(&id, proven.party, verdict, proven.evidence.clone());
    format!("\n{}\n", failure_block(&result, info, terminal_options(Verbosity::Normal)))
}

fn result(id: &str, party: Party, verdict: Verdict, history: History) -> ScenarioResult {
    let last_us = history.events.last().map_or(0, |event| event.at_us);
    let version = verdict.findings.first().map_or(history.header.version, |finding| finding.clause.version());
    ScenarioResult {
        key: ScenarioKey { id: id.to_owned(), version },
        transport: None,
        party,
        title: "what passed the link".to_owned(),
        file: String::new(),
        source: "".into(),
        line: 0,
        clauses: Vec::new(),
        like: Vec::new(),
        verdict,
        control: None,
        repeats: Vec::new(),
        compared: None,
        history: Some(Arc::new(history)),
        repeat_command: "deadzone link --judge --history DIR, then deadzone judge DIR".to_owned(),
        wall_ms: last_us / 1_000,
        target_log: None,
        expectation: None,
    }
}

/// The last words: what was found of whom, what was graded, and what was not judged.
fn said(results: &[Arc<ScenarioResult>], watched: &Watched) -> String {
    let mut lines = Vec::new();
    for result in results {
        let verdict = &result.verdict;
        let folded: usize = verdict.findings.iter().map(|finding| finding.folded.len()).sum();
        lines.push(format!(
            "{}: {}, {} findings ({folded} more of the same), {} grades, {} clauses judged",
            result.key.id,
            verdict.kind.word(),
            verdict.findings.len(),
            verdict.grades.len(),
            verdict.judged.len(),
        ));
        lines.extend(verdict.findings.iter().map(|finding| {
            let who = finding.client.as_deref().unwrap_or("-");
            format!("  {} {} `{who}`: {}", finding.clause, finding.by, finding.got)
        }));
        lines.extend(verdict.grades.iter().map(|grade| format!("  graded: {}", grade.text)));
    }
    if watched.left_out.0 > 0 {
        let (events, times) = watched.left_out;
        lines.push(format!(
            "the judges could not keep up: {events} events were left out, {times} times; what was judged is a sample"
        ));
    }
    if watched.untold > 0 {
        lines.push(format!("{} findings more were not shown one by one", watched.untold));
    }
    lines.extend(watched.trouble.clone());
    lines.push(String::new());
    lines.join("\n")
}

fn info(header: &Header, upstream: &str) -> RunInfo {
    RunInfo {
        deadzone: header.deadzone.clone(),
        suite: String::new(),
        target: upstream.to_owned(),
        target_version: None,
        address: Some(upstream.to_owned()),
        transport: None,
        target_configuration: String::new(),
        links: None,
        switched_on: Vec::new(),
        capabilities: Vec::new(),
        seed: header.seed.clone(),
        planned: 2,
        choice: Choice::default(),
        scripts: None,
    }
}

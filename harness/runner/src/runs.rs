//! Several whole runs one after another, each with a seed of its own: is what they say the same each time?

use std::sync::Arc;

use deadzone_verdict::{RunEvent, RunSets, ScenarioResult};

use crate::{ExitCode, Options, RunError, Suite, TargetSpec, run, seed};

/// How many jobs each run has in turn, embedded, where the user does not say.
const JOBS_EMBEDDED: [usize; 4] = [1, 2, 4, 8];
/// The same on a real target.
const JOBS_REMOTE: [usize; 3] = [32, 8, 16];

/// Which run of several.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RunOf {
    /// From 1.
    pub number: u32,
    /// How many there are.
    pub of: u32,
    /// Its seed.
    pub seed: u64,
    /// How many scenarios at once.
    pub jobs: usize,
}

/// What came of several runs.
#[derive(Debug)]
pub struct Runs {
    /// The whole runs side by side.
    pub sets: RunSets,
    /// The worst code of all runs; at best inconclusive where they did not say the same.
    pub exit: ExitCode,
    /// What ended them early.
    pub ended: Option<RunError>,
}

/// Performs the suite so often and tells the listener of each run. A target that deadzone starts is new for each. A run that a
/// signal cut short is the last, and is not compared.
pub fn run_often(suite: &Suite, options: &Options, of: u32, tell: &mut dyn FnMut(RunOf, RunEvent)) -> Runs {
    let mut sets = RunSets::default();
    let mut codes = Vec::new();
    for number in 1..=of {
        let one = which(options, number, of);
        let options = Options { seed: one.seed, jobs: Some(one.jobs), ..options.clone() };
        let mut results: Vec<Arc<ScenarioResult>> = Vec::new();
        let ran = run(suite, &options, &mut |event| {
            if let RunEvent::ScenarioFinished(result) = &event {
                results.push(Arc::clone(result));
            }
            tell(one, event);
        });
        match ran {
            Ok(summary) => {
                let code = ExitCode::known(summary.exit_code);
                codes.push(code);
                if code == ExitCode::Interrupted {
                    break;
                }
                sets.add(format!("{:x}", one.seed), &results, summary);
            }
            Err(error) => {
                let exit = ExitCode::of_runs(codes, sets.is_one());
                return Runs { sets, exit, ended: Some(error) };
            }
        }
    }
    let exit = ExitCode::of_runs(codes, sets.is_one());
    Runs { sets, exit, ended: None }
}

fn which(options: &Options, number: u32, of: u32) -> RunOf {
    let embedded = matches!(options.target, TargetSpec::Embedded(_));
    let jobs: &[usize] = if embedded { &JOBS_EMBEDDED } else { &JOBS_REMOTE };
    let in_turn = jobs[(number as usize - 1) % jobs.len()];
    RunOf { number, of, seed: seed::of_run(options.seed, number), jobs: options.jobs.unwrap_or(in_turn) }
}

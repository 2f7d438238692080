//! The scenarios to choose from: embedded ones, or files of the user's.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use deadzone_history::Fnv;
use deadzone_link::{Catalogue, ProfileError};
use deadzone_script::{Diagnostic, Scenario, Severity};
use deadzone_verdict::ScenarioKey;

use crate::{
    judgeable::unjudged,
    profiles::{self, profiles},
};

/// Scenarios with the text that they come from.
#[derive(Clone, Debug)]
pub struct Suite {
    /// In the order of files and of the text.
    pub scenarios: Vec<Arc<Scenario>>,
    /// Text by file, as [`Scenario::file`] names it.
    pub sources: BTreeMap<String, Arc<str>>,
    /// The embedded link profiles with those of the user's, for each file that names some.
    pub profiles: BTreeMap<String, Arc<Catalogue>>,
    /// Hash of all text, hex.
    pub hash: String,
    /// Warnings, by file.
    pub warnings: Vec<(String, Diagnostic)>,
}

/// Why a suite can't be used.
#[derive(Debug, thiserror::Error)]
pub enum SuiteError {
    /// A file can't be read.
    #[error("could not read {path}: {why}")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// A link profile beside a file has a mistake.
    #[error("{path}: {why}")]
    Profile {
        /// The profile's file.
        path: PathBuf,
        /// What is wrong.
        why: ProfileError,
    },
    /// Files have mistakes.
    #[error("{} in the scenario files", mistakes(.0))]
    Mistakes(Vec<FileMistakes>),
    /// Two scenarios have one id.
    #[error("two scenarios have the id `{0}`")]
    SameId(String),
}

/// The mistakes of one file.
#[derive(Debug)]
pub struct FileMistakes {
    /// The file.
    pub file: String,
    /// Its text.
    pub source: String,
    /// What is wrong, warnings included.
    pub diagnostics: Vec<Diagnostic>,
}

fn mistakes(files: &[FileMistakes]) -> String {
    let n: usize =
        files.iter().map(|f| f.diagnostics.iter().filter(|d| d.severity == Severity::Error).count()).sum();
    if n == 1 { "1 mistake".to_owned() } else { format!("{n} mistakes") }
}

/// The first part of the ids of a file's scenarios: its path below a folder named `scenarios`, so that a file of the suite
/// gives the suite's ids, else the path as given; without `./` and `.mqt`.
pub fn area_of(path: &str) -> String {
    let below = path.rsplit_once("scenarios/").map_or(path, |(_, below)| below);
    below.trim_start_matches("./").trim_start_matches('/').trim_end_matches(".mqt").to_owned()
}

/// What a file says.
#[derive(Debug)]
pub struct Parsed {
    /// Its scenarios, as far as they could be read.
    pub scenarios: Vec<Scenario>,
    /// Everything that is wrong with it: the text by itself, and names that only we know.
    pub diagnostics: Vec<Diagnostic>,
    /// The embedded link profiles with those of the user's that it names, and the text of these.
    profiles: Option<(Catalogue, String)>,
}

/// Reads one file; one of the user's, which is where its name says, may have link profiles beside it.
pub fn parse(file: &str, area: &str, text: &str, own: bool) -> Result<Parsed, SuiteError> {
    let (scenarios, mut diagnostics) = deadzone_script::parse(file, area, text);
    let names = scenarios.iter().flat_map(Scenario::profiles).filter(|_| own);
    let found = profiles::beside(Path::new(file), names)?;
    let catalogue = match &found {
        Some((catalogue, _)) => catalogue,
        None => profiles(),
    };
    let wrong = |name: &str, place| profiles::wrong(catalogue, name, place);
    let mistakes = |scenario: &Scenario| deadzone_script::profile_mistakes(scenario, text, wrong);
    diagnostics.extend(scenarios.iter().flat_map(mistakes));
    let clauses =
        |scenario: &Scenario| deadzone_script::clause_mistakes(scenario, text, |c| unjudged(scenario, c));
    diagnostics.extend(scenarios.iter().flat_map(clauses));
    Ok(Parsed { scenarios, diagnostics, profiles: found })
}

impl Suite {
    /// Every scenario in every version that it is for.
    pub(crate) fn keys(&self) -> BTreeSet<ScenarioKey> {
        let of = |scenario: &Arc<Scenario>| {
            let id = scenario.id.clone();
            scenario.versions.clone().into_iter().map(move |version| ScenarioKey { id: id.clone(), version })
        };
        self.scenarios.iter().flat_map(of).collect()
    }

    /// The suite that the command carries.
    pub fn embedded() -> Result<Self, SuiteError> {
        let files = deadzone_scenarios::files();
        Self::from_texts(
            files.iter().map(|f| (f.path.to_owned(), f.area.to_owned(), f.text.to_owned())).collect(),
            false,
        )
    }

    /// Files of the user's. A scenario's id begins with the file's [`area_of`].
    pub fn from_files(paths: &[PathBuf]) -> Result<Self, SuiteError> {
        let mut texts = Vec::new();
        for path in paths {
            let read = |path: &PathBuf| {
                fs::read(path).map_err(|e| SuiteError::Read { path: path.clone(), why: e.to_string() })
            };
            let text = String::from_utf8(read(path)?).map_err(|e| SuiteError::Read {
                path: path.clone(),
                why: format!("not UTF-8 at byte {}", e.utf8_error().valid_up_to()),
            })?;
            let name = path.to_string_lossy().into_owned();
            let area = area_of(&name);
            texts.push((name, area, text));
        }
        Self::from_texts(texts, true)
    }

    /// From `(file, area, text)`; files of the user's may have link profiles beside them.
    fn from_texts(texts: Vec<(String, String, String)>, own: bool) -> Result<Self, SuiteError> {
        let mut suite = Self {
            scenarios: Vec::new(),
            sources: BTreeMap::new(),
            profiles: BTreeMap::new(),
            hash: String::new(),
            warnings: Vec::new(),
        };
        let mut bad = Vec::new();
        let mut hash = Fnv::default();
        for (file, area, text) in texts {
            hash = hash.with(file.as_bytes()).with(b"\0").with(text.as_bytes()).with(b"\0");
            let Parsed { scenarios, diagnostics, profiles } = parse(&file, &area, &text, own)?;
            if let Some((catalogue, text)) = profiles {
                hash = hash.with(text.as_bytes());
                suite.profiles.insert(file.clone(), Arc::new(catalogue));
            }
            if diagnostics.iter().any(|d| d.severity == Severity::Error) {
                bad.push(FileMistakes { file, source: text, diagnostics });
                continue;
            }
            suite.warnings.extend(diagnostics.into_iter().map(|d| (file.clone(), d)));
            suite.scenarios.extend(scenarios.into_iter().map(Arc::new));
            suite.sources.insert(file, text.into());
        }
        suite.hash = format!("{:016x}", hash.value());
        if !bad.is_empty() {
            return Err(SuiteError::Mistakes(bad));
        }
        let mut seen = BTreeSet::new();
        match suite.scenarios.iter().find(|s| !seen.insert(s.id.as_str())) {
            Some(twice) => Err(SuiteError::SameId(twice.id.clone())),
            None => Ok(suite),
        }
    }
}

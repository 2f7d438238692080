//! The scenarios to choose from: the embedded ones, and files of the user's beside them or in their place.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    sync::Arc,
};

use deadzone_history::Fnv;
use deadzone_link::{Catalogue, ProfileError};
use deadzone_script::{Diagnostic, Scenario, Severity};
use deadzone_verdict::ScenarioKey;

use crate::{
    judgeable::unjudged,
    own_files::{OwnFile, own_files, text_of},
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
    /// A folder holds no scenario file.
    #[error("no scenario file (`*.mqt`) below {0}")]
    NoFiles(PathBuf),
    /// Two scenarios have one id.
    #[error("two scenarios have the id `{id}`: {first} and {second}{help}")]
    SameId {
        /// The id.
        id: String,
        /// Where the first one stands: file, line, column.
        first: String,
        /// Where the second one stands.
        second: String,
        /// What may be done about it.
        help: &'static str,
    },
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
    pub fn keys(&self) -> BTreeSet<ScenarioKey> {
        let of = |scenario: &Arc<Scenario>| {
            let id = scenario.id.clone();
            scenario.versions.clone().into_iter().map(move |version| ScenarioKey { id: id.clone(), version })
        };
        self.scenarios.iter().flat_map(of).collect()
    }

    /// The suite that the command carries.
    pub fn embedded() -> Result<Self, SuiteError> {
        Self::with_own(&[], false)
    }

    /// Files of the user's and those below folders of the user's: beside the suite, or alone.
    pub fn with_own(paths: &[PathBuf], only: bool) -> Result<Self, SuiteError> {
        let mut texts = Vec::new();
        let suite = deadzone_scenarios::files();
        if !only {
            texts.extend(
                suite.iter().map(|f| (f.path.to_owned(), f.area.to_owned(), f.text.to_owned(), false)),
            );
        }
        for OwnFile { name, area, .. } in own_files(paths)? {
            let text = text_of(&name)?;
            // A file is known by its name: one beside the suite's must not be taken for one of them.
            let same = suite.iter().any(|f| f.path == name);
            texts.push((if same { format!("./{name}") } else { name }, area, text, true));
        }
        Self::from_texts(texts)
    }

    /// From `(file, area, text, whether it is the user's)`; files of the user's may have link profiles beside them.
    fn from_texts(texts: Vec<(String, String, String, bool)>) -> Result<Self, SuiteError> {
        let mut suite = Self {
            scenarios: Vec::new(),
            sources: BTreeMap::new(),
            profiles: BTreeMap::new(),
            hash: String::new(),
            warnings: Vec::new(),
        };
        let mut bad = Vec::new();
        let mut hash = Fnv::default();
        let own: BTreeSet<String> =
            texts.iter().filter(|(.., own)| *own).map(|(file, ..)| file.clone()).collect();
        for (file, area, text, own) in texts {
            hash = hash.with(area.as_bytes()).with(b"\0").with(text.as_bytes()).with(b"\0");
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
        match same_id(&suite.scenarios) {
            Some((first, second)) => Err(SuiteError::SameId {
                id: second.id.clone(),
                first: place(first, &own),
                second: place(second, &own),
                help: if own.contains(&first.file) { "" } else { "; --only-mine leaves the suite away" },
            }),
            None => Ok(suite),
        }
    }
}

/// The first two scenarios with one id.
pub fn same_id(scenarios: &[Arc<Scenario>]) -> Option<(&Scenario, &Scenario)> {
    let mut seen: BTreeMap<&str, &Scenario> = BTreeMap::new();
    scenarios.iter().find_map(|scenario| Some((seen.insert(&scenario.id, scenario)?, &**scenario)))
}

fn place(scenario: &Scenario, own: &BTreeSet<String>) -> String {
    let whose = if own.contains(&scenario.file) { "" } else { " of the suite" };
    format!("{}:{}:{}{whose}", scenario.file, scenario.at.line, scenario.at.column)
}

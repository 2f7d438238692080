//! What is done before a broker starts: its folder is filled, its version asked.

use std::{fmt::Write, fs, path::Path, process::Command, sync::atomic::AtomicBool, time::Duration};

use deadzone_transport::{LAST_CERTIFICATE, certificate_folder};

use crate::{Recipe, commands, owner, placeholder::Values, program};

/// The folder of the certificates, in the scratch folder.
pub(crate) const CERTIFICATES: &str = "certificates";
/// For saying its version.
const VERSION_LIMIT: Duration = Duration::from_secs(10);
/// For one command that prepares its folder.
const PREPARE_LIMIT: Duration = Duration::from_secs(60);
/// Longest version that is told, in characters.
const VERSION_MAX: usize = 80;

/// Fills the scratch folder: the configuration in force as text, with what is secret left out.
pub(crate) fn prepare(
    recipe: &Recipe,
    folder: &Path,
    values: &Values,
    cancel: &AtomicBool,
) -> Result<String, String> {
    let at = |path: &Path, error: std::io::Error| format!("{}: {error}", path.display());
    if recipe.start.certificates {
        certificates(&folder.join(CERTIFICATES))?;
    }
    let mut shown = values.clone();
    shown.set("password", "(made for this run)");
    let mut configuration = String::new();
    for file in &recipe.start.files {
        let path = folder.join(&file.path);
        path.parent().map_or(Ok(()), fs::create_dir_all).map_err(|e| at(&path, e))?;
        fs::write(&path, values.fill(&file.text)).map_err(|e| at(&path, e))?;
        let _ = writeln!(configuration, "# {}\n{}", file.path, shown.fill(&file.text).trim_end());
    }
    for words in &recipe.start.prepare {
        run(words, folder, values, cancel)?;
    }
    let words = std::iter::once(&recipe.start.program).chain(&recipe.start.arguments);
    let words: Vec<String> = words.map(|word| shown.fill(word)).collect();
    Ok(format!("$ {}\n{configuration}", words.join(" ")))
}

/// Runs a command of the descriptor to its end, in the scratch folder.
fn run(words: &[String], folder: &Path, values: &Values, cancel: &AtomicBool) -> Result<(), String> {
    let Some((name, arguments)) = words.split_first() else { return Ok(()) };
    let path = program::find(&values.fill(name)).map_err(|looked| format!("{looked} is not installed"))?;
    let mut command = Command::new(path);
    command.args(arguments.iter().map(|word| values.fill(word))).current_dir(folder);
    command.env(owner::MARKER, crate::scratch::marker(folder));
    let answer =
        commands::ask(&mut command, PREPARE_LIMIT, cancel).map_err(|why| format!("{name}: {why}"))?;
    // A program that fails likes to say with what.
    let said = || values.without("password", answer.text.trim());
    if answer.ok { Ok(()) } else { Err(format!("{name} failed: {}", said())) }
}

/// For 127.0.0.1 and `localhost`, and for a client. Those that are there stay: its clients trust their authority.
fn certificates(folder: &Path) -> Result<(), String> {
    if folder.join(LAST_CERTIFICATE).exists() {
        return Ok(());
    }
    certificate_folder(folder, "deadzone", &["localhost", "127.0.0.1"], "deadzone-client")
        .map_err(|error| format!("certificates: {error}"))
}

/// What it says of its version. It is only told to people, so a program that does not answer costs no more than that.
pub(crate) fn version(recipe: &Recipe, values: &Values, cancel: &AtomicBool) -> Option<String> {
    let question = recipe.start.version.as_ref()?;
    let words: Vec<String> = question.command.iter().map(|word| values.fill(word)).collect();
    let (name, arguments) = words.split_first()?;
    let mut command = Command::new(program::find(name).ok()?);
    command.args(arguments);
    let answer = commands::ask(&mut command, VERSION_LIMIT, cancel).ok()?;
    let line = answer.text.lines().find_map(|line| {
        let at = line.find(&question.prefix)?;
        Some(line[at + question.prefix.len()..].trim().to_owned())
    })?;
    let word = line.split([' ', ',', '\t']).next().unwrap_or_default();
    let word = word.strip_suffix(&question.suffix).unwrap_or(word);
    (!word.is_empty()).then(|| word.chars().filter(|c| !c.is_control()).take(VERSION_MAX).collect())
}

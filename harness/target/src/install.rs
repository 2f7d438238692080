//! Where the programs of presets are that no package of the system brings, and how they come there.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
    sync::atomic::AtomicBool,
    time::Duration,
};

use crate::{Recipe, TargetError, commands, placeholder::Values, program};

/// One command of an installation takes no longer; some compile.
const COMMAND_LIMIT: Duration = Duration::from_secs(3600);

/// The folder of a target's own programs: `DEADZONE_BROKERS/NAME`, else `deadzone/brokers/NAME` in the user's data folder. None
/// where there is neither: what lies in a folder that all may write to is not run.
fn folder(name: &str) -> Option<PathBuf> {
    let of = |variable: &str| env::var_os(variable).filter(|value| !value.is_empty()).map(PathBuf::from);
    let root = of("DEADZONE_BROKERS").or_else(|| {
        let data = of("XDG_DATA_HOME").or_else(|| of("HOME").map(|home| home.join(".local/share")))?;
        Some(data.join("deadzone/brokers"))
    })?;
    Some(root.join(name))
}

/// Stands for the folder where there is none: nothing can lie there.
const NOWHERE: &str = "/dev/null/DEADZONE_BROKERS-is-not-set";

/// What is missing on this machine, and how it is installed; empty if it can be started.
pub(crate) fn missing(recipe: &Recipe, values: &Values) -> Option<TargetError> {
    let needed = recipe.start.needs.iter().map(|path| values.fill(path));
    let missing = match program::find(&values.fill(&recipe.start.program)) {
        Err(looked) => Some(looked),
        // What can't be looked at may be there.
        Ok(_) => needed.into_iter().find(|path| Path::new(path).try_exists().is_ok_and(|there| !there)),
    };
    missing.map(|missing| TargetError::NotInstalled { name: recipe.name.clone(), missing, how: how(recipe) })
}

/// How it is installed, in a line.
fn how(recipe: &Recipe) -> String {
    let packages = recipe.install.debian.join(" ");
    let debian = format!("apt-get install --no-install-recommends {packages}");
    let own = format!("deadzone targets install {}", recipe.name);
    match (packages.is_empty(), recipe.install.commands.is_empty()) {
        (false, true) => format!("on Debian: {debian}"),
        (true, false) => own,
        (false, false) => format!("{own} (which needs, on Debian: {debian})"),
        (true, true) => "its descriptor does not say how it is installed".to_owned(),
    }
}

impl Recipe {
    /// Why it can't be started on this machine, in a line; `None`: it can, as far as files tell.
    pub fn missing(&self) -> Option<TargetError> {
        missing(self, &standing(self))
    }
}

/// What is known before anything is started.
pub(crate) fn standing(recipe: &Recipe) -> Values {
    let mut values = Values::default();
    let installed = folder(&recipe.name).unwrap_or_else(|| PathBuf::from(NOWHERE));
    values.set("installed", installed.display().to_string());
    let deadzone = env::current_exe().map(|path| path.display().to_string());
    values.set("deadzone", deadzone.unwrap_or_else(|_| "deadzone".to_owned()));
    let here = std::path::absolute(&recipe.folder).unwrap_or_else(|_| recipe.folder.clone());
    values.set("here", here.display().to_string());
    values
}

/// Installs what no package of the system brings, into the target's own folder. `tell` hears each command before it is run.
pub fn install(recipe: &Recipe, cancel: &AtomicBool, tell: &mut dyn FnMut(&str)) -> Result<(), TargetError> {
    let failed = |why: String| TargetError::Install { name: recipe.name.clone(), why };
    if recipe.install.commands.is_empty() {
        return Err(failed(how(recipe)));
    }
    let values = standing(recipe);
    let folder = folder(&recipe.name).ok_or_else(|| {
        failed("there is no folder for it: set DEADZONE_BROKERS to one of your own".to_owned())
    })?;
    let at = |path: &Path, error: std::io::Error| failed(format!("{}: {error}", path.display()));
    fs::create_dir_all(&folder).map_err(|e| at(&folder, e))?;
    for file in &recipe.install.files {
        let path = folder.join(&file.path);
        path.parent().map_or(Ok(()), fs::create_dir_all).map_err(|e| at(&path, e))?;
        fs::write(&path, &file.text).map_err(|e| at(&path, e))?;
    }
    for words in &recipe.install.commands {
        let words: Vec<String> = words.iter().map(|word| values.fill(word)).collect();
        let Some((name, arguments)) = words.split_first() else { continue };
        tell(&words.join(" "));
        let program = program::find(name).map_err(|looked| failed(format!("{looked} is not installed")))?;
        let mut command = Command::new(program);
        command.args(arguments).current_dir(&folder);
        let answer = commands::ask(&mut command, COMMAND_LIMIT, cancel)
            .map_err(|why| failed(format!("{name}: {why}")))?;
        if !answer.ok {
            let said: Vec<&str> = answer.text.lines().collect();
            let last = said[said.len().saturating_sub(20)..].join("\n");
            return Err(failed(format!("`{}` failed\n{last}", words.join(" "))));
        }
    }
    Ok(())
}

//! Why a file of expectations can't be used.

use std::{fmt, path::PathBuf};

use deadzone_target::Mistake;

/// Why a file of expectations can't be used.
#[derive(Debug)]
pub enum ExpectError {
    /// It can't be read.
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// It has mistakes.
    Mistakes {
        /// The file.
        path: PathBuf,
        /// All that were found, in the order of the file.
        mistakes: Vec<Mistake>,
    },
    /// The run that it is to be made of shows too little.
    Run(String),
}

impl fmt::Display for ExpectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read { path, why } => write!(f, "could not read {}: {why}", path.display()),
            Self::Run(why) => f.write_str(why),
            Self::Mistakes { path, mistakes } => {
                let many = if mistakes.len() == 1 { "" } else { "s" };
                write!(f, "{} mistake{many} in the expectations", mistakes.len())?;
                for Mistake { line, column, what, help } in mistakes {
                    write!(f, "\n{}:{line}:{column}: {what}", path.display())?;
                    if let Some(help) = help {
                        write!(f, "\n  help: {help}")?;
                    }
                }
                Ok(())
            }
        }
    }
}

impl std::error::Error for ExpectError {}

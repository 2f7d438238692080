//! Text files of the user's, read up to a bound: a device without end is a mistake and no wait.

use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};

/// Longest file that is read where nothing longer is to be expected, bytes.
const LENGTH_MAX: u64 = 4 * 1024 * 1024;

/// The text of a file, 4 MiB at most.
///
/// # Errors
/// Of the system; `InvalidData` where it is longer or no UTF-8.
pub fn text_file(path: &Path) -> io::Result<String> {
    text_file_up_to(path, LENGTH_MAX)
}

/// The same for a file that may be so long, in bytes.
///
/// # Errors
/// As of [`text_file`].
pub fn text_file_up_to(path: &Path, length_max: u64) -> io::Result<String> {
    let wrong = |why: String| io::Error::new(io::ErrorKind::InvalidData, why);
    let mut bytes = Vec::new();
    File::open(path)?.take(length_max + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > length_max {
        return Err(wrong(format!("more than {} MiB", length_max / (1024 * 1024))));
    }
    String::from_utf8(bytes).map_err(|e| wrong(format!("not UTF-8 at byte {}", e.utf8_error().valid_up_to())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn row_e17_a_device_without_end_is_refused() {
        let refused = text_file(Path::new("/dev/zero")).unwrap_err();
        assert_eq!(refused.to_string(), "more than 4 MiB");
    }

    #[test]
    fn what_is_not_there_can_be_told_apart() {
        let missing = text_file(Path::new("/nowhere/at/all")).unwrap_err();
        assert_eq!(missing.kind(), io::ErrorKind::NotFound);
    }
}

//! Text files of the user's, read up to a bound: a device without end is a mistake and no wait.

use std::{fs::File, io::Read, path::Path};

/// Longest file that is read, bytes.
const LENGTH_MAX: u64 = 4 * 1024 * 1024;

/// The text of a file, or why there is none.
pub fn text_file(path: &Path) -> Result<String, String> {
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(|e| e.to_string())?;
    file.take(LENGTH_MAX + 1).read_to_end(&mut bytes).map_err(|e| e.to_string())?;
    if bytes.len() as u64 > LENGTH_MAX {
        return Err("more than 4 MiB".to_owned());
    }
    String::from_utf8(bytes).map_err(|e| format!("not UTF-8 at byte {}", e.utf8_error().valid_up_to()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn row_e17_a_device_without_end_is_refused() {
        assert_eq!(text_file(Path::new("/dev/zero")), Err("more than 4 MiB".to_owned()));
    }
}

//! Embeds every `.mqt` file below this folder, the profiles and the targets, so that the command needs no files beside it.

use std::{env, fmt::Write, fs, io, path::Path};

fn main() -> io::Result<()> {
    let root = env::var("CARGO_MANIFEST_DIR").map_err(io::Error::other)?;
    let out = env::var("OUT_DIR").map_err(io::Error::other)?;
    let mut files = Vec::new();
    collect(Path::new(&root), "", &mut files)?;
    // The order of a directory is the file system's; the suite's is ours.
    files.sort();
    let (scenarios, others): (Vec<&String>, Vec<&String>) = files.iter().partition(|f| f.ends_with(".mqt"));
    let mut code = String::from("&[\n");
    for file in scenarios {
        let area = file.trim_end_matches(".mqt");
        let path = Path::new(&root).join(file);
        writeln!(code, "    File {{ path: {file:?}, area: {area:?}, text: include_str!({path:?}) }},")
            .map_err(io::Error::other)?;
    }
    code.push_str("]\n");
    fs::write(Path::new(&out).join("files.rs"), code)?;
    let lists = [
        ("profiles/", ".toml", "profiles.rs"),
        ("profiles/", ".trace", "traces.rs"),
        ("targets/", ".toml", "targets.rs"),
    ];
    for (below, suffix, list) in lists {
        let mut code = String::from("&[\n");
        for file in others.iter().filter(|f| f.starts_with(below) && f.ends_with(suffix)) {
            let name = file.trim_start_matches(below).trim_end_matches(".toml");
            let path = Path::new(&root).join(file);
            writeln!(code, "    ({name:?}, include_str!({path:?})),").map_err(io::Error::other)?;
        }
        code.push_str("]\n");
        fs::write(Path::new(&out).join(list), code)?;
    }
    Ok(())
}

fn collect(root: &Path, below: &str, files: &mut Vec<String>) -> io::Result<()> {
    let folder = root.join(below);
    println!("cargo::rerun-if-changed={}", folder.display());
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let Ok(name) = entry.file_name().into_string() else { continue };
        let path = if below.is_empty() { name.clone() } else { format!("{below}/{name}") };
        let profile = below == "profiles" && (name.ends_with(".toml") || name.ends_with(".trace"));
        // The files of known failures beside them are for `run --expect`: no targets.
        let target = below == "targets" && name.ends_with(".toml") && !name.ends_with(".expect.toml");
        if entry.file_type()?.is_dir() {
            if name != "src" && name != "target" {
                collect(root, &path, files)?;
            }
        } else if name.ends_with(".mqt") || profile || target {
            files.push(path);
        }
    }
    Ok(())
}

//! Turns `data/*.tsv` into sorted, constant tables, so that an id is looked up while the code that names it compiles.

use std::{collections::BTreeMap, env, fmt::Write, fs, io, path::Path};

const FILES: [&str; 3] = ["data/mqtt-3.1.1.tsv", "data/mqtt-5.0.tsv", "data/own.tsv"];
const OBLIGATIONS: &str = "data/obligations.tsv";

/// A row as code, and the id that it is of.
type Row = fn(&str) -> Option<(String, String)>;

fn main() -> io::Result<()> {
    let root = env::var("CARGO_MANIFEST_DIR").map_err(io::Error::other)?;
    let out = env::var("OUT_DIR").map_err(io::Error::other)?;
    println!("cargo::rerun-if-changed=build.rs");
    let table = rows(&root, &FILES, clause)?;
    write(&out, "table.rs", "TABLE", "Clause", &table)?;
    let obligations = rows(&root, &[OBLIGATIONS], obligation)?;
    write(&out, "obligations.rs", "OBLIGATIONS", "Obligation", &obligations)
}

/// The rows of these files, sorted by id: look-ups search them by halves.
fn rows(root: &str, files: &[&str], row: Row) -> io::Result<BTreeMap<String, String>> {
    let mut rows = BTreeMap::new();
    for file in files {
        println!("cargo::rerun-if-changed={file}");
        let text = fs::read_to_string(Path::new(root).join(file))?;
        for (n, line) in text.lines().enumerate().filter(|(_, l)| !l.is_empty() && !l.starts_with('#')) {
            let place = || format!("{file}:{}: {line}", n + 1);
            let (id, code) = row(line).ok_or_else(|| io::Error::other(place()))?;
            if rows.insert(id, code).is_some() {
                return Err(io::Error::other(format!("the id stands twice: {}", place())));
            }
        }
    }
    Ok(rows)
}

fn write(out: &str, file: &str, name: &str, of: &str, rows: &BTreeMap<String, String>) -> io::Result<()> {
    let mut code = format!("pub(crate) static {name}: [{of}; {}] = [\n", rows.len());
    for row in rows.values() {
        writeln!(code, "    {row},").map_err(io::Error::other)?;
    }
    code.push_str("];\n");
    fs::write(Path::new(out).join(file), code)
}

/// `id, party, level, section, reaction, habit, text` as a constant; `None` where a column is none of the known words.
fn clause(line: &str) -> Option<(String, String)> {
    let [id, party, level, section, reaction, habit, text] = line.split('\t').collect::<Vec<_>>()[..] else {
        return None;
    };
    let (version, number) = id.split_once('/')?;
    let version = word(version, &[("3.1", "V31"), ("3.1.1", "V311"), ("5.0", "V5")])?;
    let party = word(party, &[("client", "Client"), ("server", "Server"), ("both", "Both")])?;
    let level = word(level, &[("must", "Must"), ("should", "Should"), ("may", "May")])?;
    let (reaction, in_connect) = reaction.split_once(" connect=").unwrap_or((reaction, reaction));
    let (reaction, in_connect) = (self::reaction(reaction)?, self::reaction(in_connect)?);
    let habit = word(habit, &[("-", "false"), ("habit", "true")])?;
    let code = format!(
        "Clause {{ id: {id:?}, version: Version::{version}, number: {number:?}, party: Party::{party}, \
         level: Level::{level}, section: {section:?}, text: {text:?}, reaction: Reaction::{reaction}, \
         reaction_in_connect: Reaction::{in_connect}, habit: {habit} }}"
    );
    Some((id.to_owned(), code))
}

/// `id, answers of the other version, how it is held, sentence` as a constant; an id that is no clause does not compile.
fn obligation(line: &str) -> Option<(String, String)> {
    let [id, answers, held, how] = line.split('\t').collect::<Vec<_>>()[..] else {
        return None;
    };
    let other = if id.starts_with("5.0/") { "3.1.1" } else { "5.0" };
    let answers = answers.split(' ').filter(|number| *number != "-");
    let answers: Vec<String> = answers.map(|number| format!("id!(\"{other}/{number}\")")).collect();
    let held =
        word(held, &[("seen", "Seen"), ("graded", "Graded"), ("client", "Client"), ("hidden", "Hidden")])?;
    let code = format!(
        "Obligation {{ id: id!({id:?}), answered_by: &[{}], held: Held::{held}, how: {how:?} }}",
        answers.join(", ")
    );
    Some((id.to_owned(), code))
}

fn word<'a>(text: &str, known: &[(&str, &'a str)]) -> Option<&'a str> {
    known.iter().find(|(name, _)| *name == text).map(|(_, code)| *code)
}

/// `ignore`, or `close`, `refuse` or `graded` with the reason codes that the standard names, in hex: `close:81,82`.
fn reaction(text: &str) -> Option<String> {
    let (name, codes) = text.split_once(':').map_or((text, None), |(name, codes)| (name, Some(codes)));
    let codes: Vec<u8> = codes.into_iter().flat_map(|c| c.split(',')).map(hex).collect::<Option<_>>()?;
    match name {
        "ignore" if codes.is_empty() => Some("Ignore".to_owned()),
        "close" => Some(format!("Close(&{codes:?})")),
        "refuse" if !codes.is_empty() => Some(format!("Refuse(&{codes:?})")),
        "graded" => Some(format!("Graded(&{codes:?})")),
        _ => None,
    }
}

fn hex(code: &str) -> Option<u8> {
    u8::from_str_radix(code, 16).ok()
}

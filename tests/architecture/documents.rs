//! The paths that the documents name are there: links, and what stands in backticks below a folder of ours.

use std::path::Path;

use crate::{
    complaint::{Complaint, lines, none},
    repo::{files, root},
};

/// Every path that a document names, with its line; those of links are taken from the document's folder.
fn named(document: &str, text: &str, is_folder: &dyn Fn(&str) -> bool) -> Vec<(usize, String)> {
    let folder = document.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut named = Vec::new();
    for (line, text) in text.lines().zip(1..).map(|(text, line)| (line, text)) {
        let links = text.split("](").skip(1).filter_map(|rest| rest.split([')', '#']).next());
        let local = links.filter(|link| !link.is_empty() && !link.contains("://"));
        named.extend(local.map(|link| (line, Path::new(folder).join(link).to_string_lossy().into_owned())));
        let code = text.split('`').skip(1).step_by(2);
        let below = code.filter(|code| {
            code.split_once('/').is_some_and(|(first, _)| !matches!(first, "" | ".") && is_folder(first))
        });
        named.extend(below.filter(|code| !code.contains([' ', '*'])).map(|code| (line, code.to_owned())));
    }
    named
}

fn missing(document: &str, text: &str, is_there: &dyn Fn(&str) -> bool) -> Vec<Complaint> {
    let lost = named(document, text, is_there).into_iter().filter(|(_, path)| !is_there(path));
    lost.map(|(line, path)| {
        Complaint::new(document, line, format!("`{path}` is not there"), "a path of today")
    })
    .collect()
}

#[test]
fn what_documents_name_is_there() {
    let documents: Vec<_> = files().iter().filter(|f| f.path.ends_with(".md")).collect();
    assert!(documents.len() > 4, "{} documents", documents.len());
    let is_there = |path: &str| root().join(path).exists();
    none(documents.iter().flat_map(|d| missing(&d.path, &d.text, &is_there)).collect());
}

#[test]
fn a_path_of_yesterday_is_seen() {
    let is_there = |path: &str| ["a", "a/b.rs", "c/D.md"].contains(&path);
    let text = "`a/b.rs`, `a/x.rs`\n[d](D.md) [e](E.md#part)\n`unknown/x`, `a/{one} two`\n[w](https://docs.rs/a)\n`a/y`\n";
    assert_eq!(lines(&missing("c/doc.md", text, &is_there)), [1, 2, 5]);
}

//! Faults and what is written of them keep up with the sources: a patch that no longer fits tests nothing,
//! and a table that leaves some out is not true.

#[path = "mutants/list.rs"]
#[allow(dead_code)] // names only
mod list;
#[path = "common/mutation.rs"]
#[allow(dead_code)] // names only
mod mutation;

use list::{POOLING, mutants};
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

const TESTING: &str = include_str!("../docs/testing.md");

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).into()
}

/// A section of the document, up to the next.
fn section(title: &str) -> &'static str {
    let start = TESTING.find(title).unwrap() + title.len();
    TESTING[start..].split("\n## ").next().unwrap()
}

/// Cells of a table's rows, without its head.
fn rows(section: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    let lines = section.lines().filter(|l| l.starts_with("| ")).skip(1);
    lines.map(|l| l.trim_matches('|').split('|').map(str::trim).collect())
}

#[test]
fn the_table_of_mutants_is_their_list() {
    let told: Vec<_> = rows(section("## Mutants of the Verilog"))
        .flat_map(|cells| cells[1].split("; ").collect::<Vec<_>>())
        .collect();
    let names: Vec<_> = mutants().into_iter().chain(POOLING).map(|m| m.name).collect();
    assert_eq!(told, names);
}

fn patches() -> Vec<(String, String)> {
    let files = fs::read_dir(root().join("tests/faults")).unwrap().map(|f| f.unwrap().path());
    let patches = files.filter(|p| p.extension().is_some_and(|e| e == "patch"));
    let mut out: Vec<_> = patches
        .map(|p| {
            let name = p.file_stem().unwrap().to_str().unwrap().to_string();
            (name, fs::read_to_string(p).unwrap())
        })
        .collect();
    out.sort();
    out
}

#[test]
fn the_table_of_faults_is_their_patches() {
    let told: BTreeSet<_> = rows(section("## Faults in the sources"))
        .map(|cells| (cells[0].trim_matches('`').to_string(), cells[1].to_string()))
        .collect();
    let field = |text: &str, name: &str| {
        let line = text.lines().find_map(|l| l.strip_prefix(name));
        line.unwrap_or_else(|| panic!("no {name:?} in {text}")).to_string()
    };
    let patches: BTreeSet<_> =
        patches().into_iter().map(|(name, text)| (name, field(&text, "Fault: "))).collect();
    assert_eq!(told, patches);
}

/// What a patch takes away stands where it looks for it, between the lines around it.
#[test]
fn every_patch_fits_the_sources() {
    for (name, text) in patches() {
        let mut hunks = 0;
        for part in text.split("\n--- a/").skip(1) {
            let file = part.lines().next().unwrap();
            let source = fs::read_to_string(root().join(file)).unwrap();
            let body = part.split_once("\n@@").unwrap_or_else(|| panic!("{name}: no hunk")).1;
            for hunk in body.split("\n@@") {
                let lines = hunk.lines().skip(1).filter(|l| !l.starts_with('+'));
                let old: String =
                    lines.map(|l| format!("\n{}", l.get(1..).unwrap_or(""))).collect();
                let found = format!("\n{source}").matches(&old).count();
                assert_eq!(found, 1, "{name}: {file} has this {found} times:{old}");
                hunks += 1;
            }
        }
        assert!(hunks > 0, "{name} changes nothing");
    }
}

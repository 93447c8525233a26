//! The repository's own rules, checked on its files: who may depend on whom, what a file looks like,
//! what must not appear where, and documents that say what the code says.

use spikewright::ir::layout;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

/// Longest file, in lines.
const LONGEST: usize = 500;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Files below a folder whose names end so, by path from the root. Build products and hidden
/// folders are left out.
fn files(folder: &str, ending: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        let entries = fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
        for path in entries.map(|entry| entry.unwrap().path()) {
            let name = path.file_name().unwrap().to_str().unwrap();
            if path.is_dir() && name != "target" && name != "out" && !name.starts_with('.') {
                folders.push(path);
            } else if path.is_file() && name.ends_with(ending) {
                found.insert(shown(&path), fs::read_to_string(&path).unwrap());
            }
        }
    }
    found
}

fn shown(path: &Path) -> String {
    path.strip_prefix(root()).unwrap().to_str().unwrap().into()
}

/// All Rust files, a plausible number of them.
fn sources() -> BTreeMap<String, String> {
    let found = files("", ".rs");
    assert!(found.len() > 100, "{} files: this test looks in the wrong place", found.len());
    found
}

/// A line without its comment and without what stands in string literals.
fn code(line: &str) -> String {
    let (mut out, mut inside, mut before) = (String::new(), false, ' ');
    for (at, c) in line.char_indices() {
        if !inside && line[at..].starts_with("//") {
            break;
        }
        if c == '"' && before != '\\' && before != '\'' {
            inside = !inside;
        } else if !inside {
            out.push(c);
        }
        before = c;
    }
    out
}

/// Whether `word` stands in `text` as a word of its own.
fn names(text: &str, word: &str) -> bool {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(word)
        .any(|(at, _)| !text[..at].ends_with(part) && !text[at + word.len()..].starts_with(part))
}

/// Lines of code that name one of `words`, but those that `allowed` lets through.
#[track_caller]
fn forbid(files: &BTreeMap<String, String>, words: &[&str], allowed: impl Fn(&str, &str) -> bool) {
    assert!(!files.is_empty(), "nothing to look at");
    let mut found = Vec::new();
    for (path, text) in files {
        for (number, line) in text.lines().enumerate() {
            let code = code(line);
            if words.iter().any(|word| names(&code, word)) && !allowed(path, line) {
                found.push(format!("{path}:{}: {}", number + 1, line.trim()));
            }
        }
    }
    assert!(found.is_empty(), "{words:?} must not stand here:\n{}", found.join("\n"));
}

#[test]
fn the_scanner_sees_code_only() {
    assert_eq!(code(r#"let x = "f64 // y"; // f32"#), "let x = ; ");
    assert_eq!(code(r#"a('"', "x\"y", z)"#), r#"a('"', , z)"#);
    assert!(names("x: f64,", "f64") && !names("xf64, f64_, lane_f64", "f64"));
}

/// Crates depend on `ir` and not on each other; only the root package sees all.
#[test]
fn dependencies_point_one_way() {
    let ours = |manifest: &str| -> BTreeSet<String> {
        let text = fs::read_to_string(root().join(manifest)).unwrap();
        let table: toml::Table = text.parse().unwrap();
        ["dependencies", "dev-dependencies", "build-dependencies"]
            .iter()
            .filter_map(|key| table.get(*key)?.as_table())
            .flat_map(|t| t.keys().cloned())
            .filter(|name| name.starts_with("spikewright") || name == "verilator-sys")
            .collect()
    };
    let set = |names: &[&str]| names.iter().map(|n| n.to_string()).collect::<BTreeSet<_>>();
    assert_eq!(ours("ir/Cargo.toml"), set(&[]));
    assert_eq!(ours("sim/verilator-sys/Cargo.toml"), set(&[]));
    for member in ["golden", "compiler", "hdl", "flow", "host"] {
        assert_eq!(ours(&format!("{member}/Cargo.toml")), set(&["spikewright-ir"]), "{member}");
    }
    assert_eq!(ours("sim/Cargo.toml"), set(&["spikewright-ir", "verilator-sys"]));
    assert_eq!(ours("Cargo.toml").len(), 8, "the root package sees all");
    let workspace: toml::Table =
        fs::read_to_string(root().join("Cargo.toml")).unwrap().parse().unwrap();
    let members = workspace["workspace"]["members"].as_array().unwrap();
    assert_eq!(members.len(), 8, "a new crate needs its rule here");
}

#[test]
fn every_file_says_what_it_is_and_is_short() {
    for (path, text) in sources() {
        assert!(text.starts_with("//! "), "{path} does not begin with a `//!` doc");
        let lines = text.lines().count();
        assert!(lines <= LONGEST, "{path} has {lines} lines, more than {LONGEST}: split it");
    }
}

#[test]
fn rust_hdl_stays_in_its_crate() {
    let mut all = sources();
    all.retain(|path, _| !path.starts_with("hdl/"));
    // The verb `verify` has an argument that says how many images it gets.
    forbid(&all, &["rust_hdl"], |path, line| {
        path.starts_with("src/cmd/verify.rs") && !line.contains("rust_hdl::")
    });
}

/// Integers only, where exactness is promised. A share is a float for people.
#[test]
fn no_floats_in_exact_crates() {
    for folder in ["ir/src", "compiler/src", "sim/src"] {
        let mut all = files(folder, ".rs");
        // One exception: `Run::lane_utilization` is a share, computed for people.
        all.remove("sim/src/run.rs");
        forbid(&all, &["f32", "f64"], |_, _| false);
    }
    let run = fs::read_to_string(root().join("sim/src/run.rs")).unwrap();
    let outside = run.split_once("pub fn lane_utilization").unwrap();
    let rest = outside.1.split_once("\n    }\n").unwrap().1;
    let others = BTreeMap::from([("sim/src/run.rs".into(), format!("{}{rest}", outside.0))]);
    forbid(&others, &["f32", "f64"], |_, _| false);
}

/// The only crate with unsafe code says at each use why it is sound.
#[test]
fn unsafe_code_is_in_one_crate_and_argued() {
    let (inside, outside): (BTreeMap<_, _>, BTreeMap<_, _>) =
        sources().into_iter().partition(|(path, _)| path.starts_with("sim/verilator-sys/"));
    forbid(&outside, &["unsafe"], |_, _| false);
    forbid(&outside, &["unsafe_code"], |_, line| line.contains("forbid(unsafe_code)"));
    let mut blocks = 0;
    for (path, text) in inside {
        let lines: Vec<_> = text.lines().collect();
        for (n, line) in lines.iter().enumerate() {
            let code = code(line);
            if !names(&code, "unsafe") || code.trim_start().starts_with("type ") {
                continue;
            }
            blocks += 1;
            // The statement may begin some lines above its block; its comment stands above that.
            let above = lines[..n].iter().rev();
            let argued = above
                .take_while(|l| !l.trim().is_empty() && !l.trim_end().ends_with(['}', '{']))
                .any(|l| l.contains("// SAFETY:"));
            assert!(argued, "{path}:{}: no `// SAFETY:` above: {}", n + 1, line.trim());
        }
    }
    assert!(blocks > 3, "{blocks} blocks: this test looks in the wrong place");
}

/// The reference must not know the hardware, or comparing them means nothing.
#[test]
fn levels_do_not_know_each_other() {
    forbid(&files("golden", ".rs"), &["CoreSpec", "CoreImage", "Preset", "layout"], |_, _| false);
    forbid(&files("flow/src", ".rs"), &["CoreSpec", "CoreImage"], |_, _| false);
    forbid(&files("compiler/src", ".rs"), &["Board", "Boards"], |_, _| false);
}

#[test]
fn nothing_is_left_undone() {
    let mut all = sources();
    all.retain(|path, _| path != "tests/tidy.rs");
    forbid(&all, &["todo!", "unimplemented!", "dbg!", "#[ignore", "should_panic"], |_, _| false);
    let ignored = all.iter().find(|(_, text)| text.contains("#[ignore"));
    assert!(ignored.is_none(), "an ignored test in {ignored:?}");
    let texts = all.iter().find(|(_, text)| text.contains("TODO") || text.contains("FIXME"));
    assert!(texts.is_none(), "a note of work undone in {:?}", texts.map(|t| t.0));
}

/// Rows of the table below a heading of `docs/core.md`.
fn rows(document: &str, heading: &str) -> Vec<Vec<String>> {
    let section = document.split_once(heading).unwrap_or_else(|| panic!("no {heading:?}")).1;
    let table =
        section.lines().skip_while(|l| !l.starts_with('|')).take_while(|l| l.starts_with('|'));
    let cells = |l: &str| l.trim_matches('|').split('|').map(|c| c.trim().to_string()).collect();
    table.skip(2).map(cells).collect()
}

/// The datasheet's memory map is the one that compiler, simulator and hardware use.
#[test]
fn the_datasheet_s_tables_are_the_layout() {
    let document = fs::read_to_string(root().join("docs/core.md")).unwrap();
    let field = |f: &layout::Field| [f.name.to_string(), f.lsb.to_string(), f.width.to_string()];
    let words =
        |fields: &[layout::Field]| fields.iter().map(|f| field(f).to_vec()).collect::<Vec<_>>();
    assert_eq!(rows(&document, "### Program, scan half"), words(&layout::scan::FIELDS));
    assert_eq!(rows(&document, "### Program, fire half"), words(&layout::pass::FIELDS));
    let tile: Vec<_> = layout::tile::FIELDS
        .iter()
        .map(|(word, f)| [&[word.to_string()][..], &field(f)].concat())
        .collect();
    assert_eq!(rows(&document, "### Tile table entry"), tile);
    use layout::bus;
    let regions = rows(&document, "## 5. Host bus");
    let numbers: Vec<_> = regions.iter().map(|r| (r[0].as_str(), r[1].clone())).collect();
    let expected = [
        ("weights", bus::WEIGHTS),
        ("parameters", bus::PARAMS),
        ("program", bus::PROGRAM),
        ("tile table", bus::TILES),
        ("spikes", bus::SPIKES),
        ("control, write", bus::CONTROL),
        ("status, read", bus::CONTROL),
    ]
    .map(|(name, number)| (name, number.to_string()));
    assert_eq!(numbers, expected);
    let write = format!(
        "{} start ({}, in the upper half {}) or go on ({}), {} ticks − 1 and stride · 256, {} classes − 1 with bit 8 \"potentials\" and bit 9 \"one loop\", {} seal",
        bus::START,
        bus::START_FRESH,
        bus::START_UPPER,
        bus::START_ON,
        bus::TICKS,
        bus::READOUT,
        bus::SEAL
    );
    assert_eq!(regions[5][2], write);
    let read = format!(
        "{} flags (busy, valid, undecided, bus error, sealed, start refused, stopped), {} class, {}-{} cycles, {}-{} events, {} \
         preset + 256 · map version, or the sum, {} output spikes, {} rows, {} stalls, {}-{} operations, {} from bit 8 on saturated rows",
        bus::STATUS,
        bus::CLASS,
        bus::CYCLES_LOW,
        bus::CYCLES_HIGH,
        bus::EVENTS_LOW,
        bus::EVENTS_HIGH,
        bus::CORE,
        bus::OUTPUT,
        bus::ROWS,
        bus::STALLS,
        bus::OPERATIONS_LOW,
        bus::OPERATIONS_HIGH,
        bus::OPERATIONS_HIGH
    );
    assert_eq!(regions[6][2], read);
    let bits =
        format!("{}-bit word addresses, region in bits 20..{}", bus::ADDRESS_BITS, bus::REGION_LSB);
    assert!(document.contains(&bits), "{bits}");
    let timing = format!("with D = {} + E", layout::timing::MIN_SPAN);
    let switch = format!("span_last = span + {} + L + E", layout::timing::TILE_SWITCH);
    let load = format!("addressed when guard is {} − k", layout::timing::TABLE_LOAD - 1);
    let start = format!("guard ← {}", layout::timing::START_GUARD);
    let gap = format!("spike words are taken, at most one every {} cycles", bus::SPIKE_GAP);
    for text in [timing, switch, load, start, gap] {
        assert!(document.contains(&text), "{text}");
    }
    let presets = spikewright::ir::PRESETS.map(|preset| {
        let s = preset.spec();
        let sizes = [
            s.lanes,
            s.count_bits,
            s.fire_units,
            s.group_words,
            s.weight_rows(),
            s.spike_groups,
            s.param_rows,
            s.state_rows,
            s.tiles,
            s.passes,
            s.gangs,
            s.leak_stages(),
            s.fetch_stages,
        ];
        let name = format!("`{preset}`");
        std::iter::once(name).chain(sizes.map(|n| n.to_string())).collect::<Vec<_>>()
    });
    assert_eq!(rows(&document, "## 7. Presets"), presets);
}

/// The same of the core of theta neurons.
#[test]
fn the_theta_datasheet_s_table_is_the_layout() {
    let document = fs::read_to_string(root().join("docs/theta-core.md")).unwrap();
    let fields: Vec<_> = spikewright::ir::layer_table::FIELDS
        .iter()
        .map(|(word, f)| {
            vec![word.to_string(), f.name.into(), f.lsb.to_string(), f.width.to_string()]
        })
        .collect();
    assert_eq!(rows(&document, "Layer table, four words per layer"), fields);
}

/// Documents and code speak of the project, not of the machine it was made on.
#[test]
fn no_machine_paths() {
    let mut all = files("docs", ".md");
    all.extend(files("configs", ".toml"));
    all.extend(files("constraints", ""));
    all.extend(sources());
    for name in
        ["README.md", "CHANGELOG.md", "Cargo.toml", "data/mnist/README.md", "data/series/README.md"]
    {
        if let Ok(text) = fs::read_to_string(root().join(name)) {
            all.insert(name.into(), text);
        }
    }
    all.remove("tests/tidy.rs");
    for (path, text) in all {
        for machine in ["/work/", "/root/", "/home/", "/tmp/", "/Users/", "../shared", "C:\\"] {
            let at = text.lines().position(|l| l.contains(machine));
            assert!(at.is_none(), "{path}:{}: names {machine}", at.unwrap_or_default() + 1);
        }
    }
}

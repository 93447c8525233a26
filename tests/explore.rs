//! `explore`: models and builds are made once, whatever is killed in between; what is refused or too slow
//! is a row. The tools are a stub that counts; real ones run in one small exploration.

mod common;

use common::program::{config, digits};
use spikewright::{
    Result,
    explore::{Builder, Built, Exploration, Row, Store, explore, recipes},
    flow::{Boards, BuildPlan},
};
use std::{collections::BTreeMap, fs, path::Path};

/// Answers from the plan alone and writes a bitstream; fails when so many builds have been made.
struct Stub {
    built: usize,
    killed_at: usize,
}

impl Builder for Stub {
    fn versions(&self) -> BTreeMap<String, String> {
        BTreeMap::from([("yosys".into(), "stub".into())])
    }

    fn build(&mut self, plan: &BuildPlan, dir: &Path) -> Result<Built> {
        if self.built == self.killed_at {
            return Err("killed".into());
        }
        self.built += 1;
        let met = plan.core_mhz < 50.0;
        fs::create_dir_all(dir)?;
        if met {
            fs::write(dir.join(&plan.bitstream), "bits")?;
        }
        let cells = met.then_some(if plan.board == "icebreaker" { 3_900 } else { 12_000 });
        Ok(Built { fmax_mhz: 49.0, worst_fmax_mhz: 48.0, cells, met })
    }
}

fn exploration(dir: &Path, sweeps: &[&str], boards: &[(&str, f64)]) -> Exploration {
    let data = dir.join("digits");
    digits(&data, 4_400, 60);
    let sweeps: Vec<_> = sweeps.iter().map(|s| s.parse().unwrap()).collect();
    let known = Boards::builtin();
    Exploration {
        recipes: recipes(&config(1), &sweeps, None).unwrap(),
        boards: boards
            .iter()
            .map(|(key, mhz)| known.get(key).unwrap().at_clock(*mhz).unwrap())
            .collect(),
        seeds: vec![1],
        images: 20,
        folder: dir.into(),
        data: Some(data),
    }
}

/// Runs it with a stub that fails at some build; the rows, and which steps took time.
fn run(exploration: &Exploration, dir: &Path, killed_at: usize) -> (Result<Vec<Row>>, Vec<String>) {
    let notes = std::cell::RefCell::new(Vec::new());
    let mut stub = Stub { built: 0, killed_at };
    let rows = explore(exploration, &Store::new(&dir.join("out")), &mut stub, &|line| {
        notes.borrow_mut().push(line.to_string());
    });
    (rows, notes.into_inner())
}

#[test]
fn a_killed_exploration_goes_on_where_it_was() {
    let dir = tempfile::tempdir().unwrap();
    let boards = [("icebreaker", 45.0), ("icebreaker", 54.0), ("ulx3s_25f", 45.0)];
    let points = exploration(dir.path(), &["layer.0.neurons=24,40"], &boards);
    let (failed, first) = run(&points, dir.path(), 1);
    assert_eq!(failed.unwrap_err().to_string(), "killed");
    assert_eq!(first.len(), 3, "{first:?}");
    let (rows, second) = run(&points, dir.path(), usize::MAX);
    let rows = rows.unwrap();
    // The first model and its first build are there; builds need no network and serve all.
    assert_eq!(second.iter().filter(|l| l.starts_with("training")).count(), 1, "{second:?}");
    assert_eq!(second.iter().filter(|l| l.starts_with("building")).count(), 2, "{second:?}");
    let (again, third) = run(&points, dir.path(), 0);
    assert_eq!((again.unwrap(), third), (rows.clone(), Vec::<String>::new()));
    let table: Vec<Row> =
        serde_json::from_slice(&fs::read(dir.path().join("out/explore.json")).unwrap()).unwrap();
    assert_eq!(table, rows);

    assert_eq!(rows.len(), 6);
    let wide = &rows[3..];
    assert!(rows[..3].iter().all(|r| r.settings["layer.0.neurons"] == "24"));
    assert!(rows.iter().all(|r| r.accuracy.is_some() && r.cycles.is_some()));
    assert!(wide[0].model != rows[0].model && wide[0].bitstream == rows[0].bitstream);
    // 54 MHz is not reached: no latency and no star.
    let late = &rows[1];
    assert!(
        late.latency_us.is_none() && !late.pareto && late.build.as_ref().is_some_and(|b| !b.met)
    );
    assert_eq!(rows[0].latency_us, rows[0].cycles.map(|c| c / 45.0));
    assert!(rows.iter().any(|r| r.pareto));
}

/// One model on both cores of a board: other cycles, another bitstream.
#[test]
fn fire_units_are_points_of_their_own() {
    let dir = tempfile::tempdir().unwrap();
    let mut points = exploration(dir.path(), &["layer.0.neurons=200"], &[("icebreaker", 45.0)]);
    points.boards.push(points.boards[0].with_fire_units(2).unwrap());
    let (rows, notes) = run(&points, dir.path(), usize::MAX);
    let rows = rows.unwrap();
    let presets: Vec<_> = rows.iter().map(|r| r.preset.as_str()).collect();
    assert_eq!(presets, ["up5k", "up5k_f2"]);
    assert!(rows[0].model == rows[1].model && rows[0].bitstream != rows[1].bitstream);
    assert!(rows[0].cycles < rows[1].cycles, "{rows:?}");
    assert_eq!(notes.len(), 3, "{notes:?}");
    let (again, notes) = run(&points, dir.path(), 0);
    assert_eq!((again.unwrap(), notes), (rows, Vec::<String>::new()));
}

#[test]
fn a_changed_recipe_or_bitstream_is_made_again() {
    let dir = tempfile::tempdir().unwrap();
    let points = exploration(dir.path(), &["ticks=2"], &[("icebreaker", 45.0)]);
    let (rows, notes) = run(&points, dir.path(), usize::MAX);
    let row = rows.unwrap().remove(0);
    assert_eq!(notes.len(), 2);
    let store = Store::new(&dir.path().join("out"));
    fs::remove_file(store.build_dir(&row.bitstream).join("top.bin")).unwrap();
    let (_, notes) = run(&points, dir.path(), usize::MAX);
    assert!(notes.len() == 1 && notes[0].starts_with("building"), "{notes:?}");
    let other = exploration(dir.path(), &["ticks=2", "seed=5"], &[("icebreaker", 45.0)]);
    let (_, notes) = run(&other, dir.path(), usize::MAX);
    assert!(notes.len() == 1 && notes[0].starts_with("training"), "{notes:?}");
}

#[test]
fn a_network_that_the_core_refuses_is_a_row() {
    let dir = tempfile::tempdir().unwrap();
    let points = exploration(dir.path(), &["layer.0.neurons=2000"], &[("icebreaker", 45.0)]);
    let (rows, notes) = run(&points, dir.path(), usize::MAX);
    let row = rows.unwrap().remove(0);
    assert!(row.refused.is_some() && row.build.is_none() && !row.pareto);
    assert_eq!(notes.len(), 1, "nothing is built for it: {notes:?}");
}

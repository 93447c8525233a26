//! `spikewright fuzz`: a sample of cases on the levels, the recorded cases, and a fault that must be
//! found, made small and found again in its file.

mod common;

use common::{toolset, verilator};
use spikewright::{
    fuzz::{CaseFile, Cores, KINDS, Level, Plan, case, check, presets_of, run},
    hdl::emit_core,
    ir::{FireRule, Layer, PRESETS, Preset},
    sim::cosim::core_ports,
    wave_files::WaveFiles,
};
use std::{collections::BTreeMap, fs, path::Path};
use tempfile::tempdir;
use verilator_sys::{Effort, build_with};

/// Cases of seed 1 on these levels, of all presets or of one, none of which differ.
fn agree(levels: &[Level], cases: u64, preset: Option<Preset>) {
    let dir = tempdir().unwrap();
    let presets = presets_of(levels, preset).unwrap();
    let cores = cores(levels, &presets);
    let out = dir.path().to_path_buf();
    let plan =
        Plan { seed: 1, cases, levels: levels.to_vec(), presets, out, wave: WaveFiles::default() };
    let report = run(&plan, &cores, &|| {}).unwrap();
    let first = report.failures.first().map(|f| (&f.drawn, &f.size, &f.divergence, &f.context));
    assert_eq!(first, None, "{:?}", report.mismatches);
    assert_eq!(report.differ(), 0);
    assert!(report.compared.values().all(|n| *n == cases));
    assert!(report.spikes > 50 * cases, "{} spikes say nothing", report.spikes);
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0, "no case files");
}

fn cores(levels: &[Level], presets: &[Preset]) -> Cores {
    Cores::build(levels, presets, || Ok(toolset()), &|line| eprintln!("{line}")).unwrap()
}

#[test]
fn reference_equals_simulator() {
    agree(&[Level::Reference, Level::Sim], 500, None);
}

#[test]
fn verilator_equals_simulator() {
    agree(&[Level::Sim, Level::Verilator], 50, None);
}

#[test]
fn ice40_netlist_equals_simulator() {
    agree(&[Level::Sim, Level::Ice40], 4, Some(Preset::Up5k));
}

/// The smallest core: the netlist of a larger one takes minutes to build.
#[test]
fn ecp5_netlist_equals_simulator() {
    agree(&[Level::Sim, Level::Ecp5], 16, Some(Preset::Tiny));
}

/// Through the host driver, frame by frame.
#[test]
fn simulated_board_equals_simulator() {
    agree(&[Level::Sim, Level::Link], 24, None);
}

/// A case is what its number says: the same again, of another number or seed another, and what its kind
/// promises.
#[test]
fn cases_are_what_their_numbers_say() {
    for preset in PRESETS {
        for number in 0..KINDS.len() as u64 {
            let drawn = || case(5, number, preset).unwrap().case;
            assert_eq!(drawn(), drawn(), "{preset}, case {number}");
            assert_ne!(drawn(), case(6, number, preset).unwrap().case, "{preset}, case {number}");
            drawn().check().unwrap();
        }
    }
}

/// Potentials are exactly at the threshold in many places, and at both ends of 16 bits.
#[test]
fn adverse_networks_are_adverse() {
    use spikewright::{fuzz::simulate, random};
    let spec = Preset::Tiny.spec();
    let (mut equal, mut high, mut low) = (0, 0, 0);
    for number in 0..20 {
        for (threshold, network) in [
            (true, random::threshold_network(1, number, &spec)),
            (false, random::ends_network(1, number, &spec)),
        ] {
            let stimuli = vec![random::stimulus(1, number, 0, &network)];
            let part = spikewright::fuzz::Part { network, stream: false, stimuli };
            let Ok(compiled) = part.compile(Preset::Tiny) else { continue };
            let runs = simulate(&compiled.image, &part.stimuli).unwrap();
            for row in runs.iter().flatten().flat_map(|run| &run.trace) {
                let layer = usize::from(row.layer);
                let theta = &part.network.layers[layer].params().unwrap().theta;
                for unit in 0..spec.fire_units {
                    let Some(theta) = theta.get(row.neuron as usize + unit) else { continue };
                    let u = i32::from(row.u[unit]);
                    equal += usize::from(threshold && u == *theta);
                    high += usize::from(!threshold && u == i32::from(i16::MAX));
                    low += usize::from(!threshold && u == i32::from(i16::MIN));
                }
            }
        }
    }
    assert!(equal > 100 && high > 50 && low > 50, "{equal} at threshold, {high} high, {low} low");
}

/// The report does not depend on threads.
#[test]
fn one_thread_reports_what_many_do() {
    let dir = tempdir().unwrap();
    let plan = Plan {
        seed: 2,
        cases: 24,
        levels: vec![Level::Reference, Level::Sim],
        presets: PRESETS.to_vec(),
        out: dir.path().to_path_buf(),
        wave: WaveFiles::default(),
    };
    let with = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| run(&plan, &Cores::default(), &|| {}).unwrap())
    };
    assert_eq!(with(1), with(5));
}

/// Every file in `tests/cases` agrees on reference, simulator and Verilator.
#[test]
fn recorded_cases_agree() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|f| f.unwrap().path()).collect();
    files.sort();
    assert!(files.len() >= 2, "{} files: this test looks in the wrong place", files.len());
    let levels = [Level::Reference, Level::Sim, Level::Verilator];
    let cores = cores(&levels, &PRESETS);
    for file in files {
        let case = CaseFile::read(&file).unwrap().case;
        let failures = check(&case, &levels, &cores).unwrap().failures;
        let said: Vec<_> = failures.iter().map(|f| &f.message).collect();
        assert!(said.is_empty(), "{}: {said:?}", file.display());
    }
}

/// Changes of the variables of a scope of a value change dump: name to lines of time and value.
fn changes(dump: &str, scope: &str) -> BTreeMap<String, Vec<(u64, String)>> {
    let begin = dump.find(&format!("$scope module {scope} ")).expect("the scope");
    let variables = dump[begin..].lines().skip(1).take_while(|l| l.starts_with("$var"));
    let names: BTreeMap<&str, &str> = variables
        .map(|l| {
            let words: Vec<_> = l.split(' ').collect();
            (words[3], words[4])
        })
        .collect();
    let mut time = 0;
    let mut found: BTreeMap<String, Vec<_>> = BTreeMap::new();
    for line in dump.lines().skip_while(|l| !l.starts_with("$enddefinitions")).skip(1) {
        let (value, id) = match (line.strip_prefix('#'), line.split_once(' ')) {
            (Some(t), _) => {
                time = t.parse().unwrap();
                continue;
            }
            (_, Some(wide)) => wide,
            _ => line.split_at(1),
        };
        if let Some(name) = names.get(id) {
            found.entry(name.to_string()).or_default().push((time, value.to_string()));
        }
    }
    found
}

/// The fault, in the fire bank: `>` where a layer asks for `>=`.
const FAULT: [&str; 2] = ["(~above | (difference != 17'd0))", "(difference != 17'd0)"];

/// A comparison that is off by one in the Verilog is found, and its case is small: one part, one sample,
/// and in it a potential at its threshold. The file fails again on that core and not on the right one.
#[test]
fn a_fault_is_found_made_small_and_found_again() {
    let dir = tempdir().unwrap();
    let right = emit_core(Preset::Tiny).text;
    let start = right.find("module top$fire(").unwrap();
    let end = start + right[start..].find("endmodule").unwrap();
    let module = &right[start..end];
    assert_eq!(module.matches(FAULT[0]).count(), 1, "places of {:?}", FAULT[0]);
    let wrong = [&right[..start], &module.replace(FAULT[0], FAULT[1]), &right[end..]].concat();
    let model = |text: &str| {
        let ports = core_ports(Preset::Tiny);
        let library = build_with(
            &verilator(),
            &dir.path().join("models"),
            text,
            "top",
            &ports,
            Effort::Quick,
        );
        let mut cores = Cores::default();
        cores.insert(Level::Verilator, Preset::Tiny, library.unwrap());
        cores
    };
    let (wrong, right) = (model(&wrong), model(&right));
    let levels = vec![Level::Sim, Level::Verilator];
    let presets = vec![Preset::Tiny];
    let out = dir.path().join("found");
    let [vcd, fst] = ["first.vcd", "first.fst"].map(|name| Some(dir.path().join(name)));
    let wave = WaveFiles { vcd, fst };
    let plan = Plan { seed: 1, cases: 16, levels: levels.clone(), presets, out: out.clone(), wave };
    let report = run(&plan, &wrong, &|| {}).unwrap();
    assert!(report.differ() > 0 && !report.failures.is_empty());
    for found in &report.failures {
        assert_eq!(found.pair, "simulator_verilator");
        assert!(!found.context.is_empty() && found.divergence.contains("spike"), "{found:?}");
        let file = CaseFile::read(&found.file).unwrap();
        assert_eq!(file.divergence, found.divergence);
        let again = check(&file.case, &levels, &wrong).unwrap().failures;
        assert_eq!(again.len(), 1, "{}", found.size);
        assert_eq!(again[0].message, found.divergence);
        assert!(check(&file.case, &levels, &right).unwrap().failures.is_empty(), "{}", found.size);
        let [part] = &file.case.parts[..] else { panic!("{} parts", file.case.parts.len()) };
        assert_eq!(part.stimuli.len(), 1);
        let network = &part.network;
        // A pooling layer cannot be the last.
        assert!(network.ticks <= 2 && network.layers.len() <= 2, "{}", found.size);
        let neurons: usize = network.layers.iter().map(|l| l.shape().len()).sum();
        assert!(neurons <= 16, "{}", found.size);
        // Pooling asks for one spike or more.
        let at_least = |l: &Layer| l.params().is_none_or(|p| p.fire == FireRule::AtLeast);
        assert!(network.layers.iter().any(at_least), "{}", found.size);
    }
    // Simulator and core side by side: they start alike, and a spike is not the same.
    let wave = fs::read_to_string(dir.path().join("first.vcd")).unwrap();
    let [mine, theirs] = ["core", "verilator"].map(|scope| changes(&wave, scope));
    assert_eq!(mine["busy"][..2], theirs["busy"][..2]);
    assert_eq!(mine["trace_valid"][1], theirs["trace_valid"][1]);
    assert_ne!(mine["trace_s"], theirs["trace_s"]);
    assert!(dir.path().join("first.fst").exists());
    let files = fs::read_dir(&out).unwrap().count();
    assert!((1..=report.failures.len()).contains(&files));
}

//! `evolve` on the ranks of an MPI job, launched with plain `mpirun`. Needs the feature `mpi` and Open MPI;
//! SKIPPED without.

mod common;

use common::program::{config, digits, json, spikewright, succeed};
use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};
use tempfile::{TempDir, tempdir};

/// Whether there is something to test.
fn ready() -> bool {
    let launcher = Command::new("mpirun").arg("--version").output();
    match (cfg!(feature = "mpi"), launcher) {
        (true, Ok(_)) => true,
        (false, _) => {
            println!("SKIPPED: built without the feature mpi");
            false
        }
        (_, Err(error)) => {
            println!("SKIPPED: mpirun: {error}");
            false
        }
    }
}

fn folder(generations: u64) -> TempDir {
    let dir = tempdir().unwrap();
    fs::write(dir.path().join("digits.toml"), config(1)).unwrap();
    digits(&dir.path().join("data"), 500, 60);
    configure(dir.path(), generations);
    dir
}

fn configure(path: &Path, generations: u64) {
    let text = format!(
        "recipe = \"digits.toml\"\ngenes = \"neurons\"\nengines = [\"snes\"]\npopulation = 8\n\
         samples = 40\ngenerations = {generations}\n"
    );
    fs::write(path.join("search.toml"), text).unwrap();
}

/// A search on `ranks` ranks.
fn mpirun(path: &Path, ranks: usize, options: &[&str], out: &str) -> Command {
    let mut command = launched(path, ranks, options);
    command
        .args(["evolve", "search.toml", "--data", "data", "--threads", "1", "--resume"])
        .args(["--out", out]);
    command
}

/// The program on `ranks` ranks.
fn launched(path: &Path, ranks: usize, options: &[&str]) -> Command {
    let mut command = Command::new("mpirun");
    command
        .args(["--oversubscribe", "-n", &ranks.to_string()])
        .args(options)
        .arg(spikewright(path, &[]).get_program())
        .envs(["", "_CONFIRM"].map(|end| (format!("OMPI_ALLOW_RUN_AS_ROOT{end}"), "1")))
        .current_dir(path);
    command
}

fn ended(output: Output) -> String {
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{told}");
    told
}

/// What a search leaves.
fn files(path: &Path, out: &str) -> Vec<Vec<u8>> {
    let names = ["search.json", "outcome.json", "fitness.svg", "model.snn"];
    let search = names.map(|name| Path::new("snes-1").join(name));
    let all = search.into_iter().chain([PathBuf::from("evolve.json"), "start-1/model.snn".into()]);
    all.map(|name| fs::read(path.join(out).join(name)).unwrap()).collect()
}

#[test]
fn one_two_and_three_ranks_write_the_same_bytes_over_any_transport() {
    if !ready() {
        return;
    }
    let dir = folder(4);
    let path = dir.path();
    succeed(path, &["evolve", "search.toml", "--data", "data", "--out", "alone"]);
    let alone = files(path, "alone");
    for (name, options) in [("shared", &[][..]), ("tcp", &["--mca", "btl", "tcp,self"])] {
        for ranks in 1..=3 {
            let out = format!("{name}-{ranks}");
            let told = ended(mpirun(path, ranks, options, &out).output().unwrap());
            assert!(files(path, &out) == alone, "{out}: {told}");
            // 8 individuals a generation: shares of 8, of 4, of 2 and 3.
            let evaluations: Vec<u64> = (0..ranks)
                .map(|rank| {
                    let head = format!("rank {rank}: ");
                    let rest = &told[told.find(&head).unwrap_or_else(|| panic!("{told}"))..];
                    rest[head.len()..].split_once(" evaluations").unwrap().0.parse().unwrap()
                })
                .collect();
            assert_eq!(evaluations.iter().sum::<u64>(), 4 * 8);
            let (most, least) = (evaluations.iter().max(), evaluations.iter().min());
            assert!(most.unwrap() - least.unwrap() <= 4, "more than one a generation: {told}");
        }
    }
}

#[test]
fn the_samples_of_a_training_are_divided_too() {
    if !ready() {
        return;
    }
    let dir = folder(1);
    let path = dir.path();
    let train = ["train", "digits.toml", "--data", "data", "--threads", "1", "--out"];
    succeed(path, &[&train[..], &["alone"]].concat());
    let files = |out: &str| {
        let names = ["model.snn", "float.json", "report.json", "checkpoint.json", "metrics.jsonl"];
        names.map(|name| fs::read(path.join(out).join(name)).unwrap())
    };
    for ranks in 1..=3 {
        let out = format!("run-{ranks}");
        let mut command = launched(path, ranks, &[]);
        ended(command.args(train).arg(&out).output().unwrap());
        assert!(files(&out) == files("alone"), "{ranks}");
    }
}

/// Kills a process as a failing machine would.
fn kill(pid: u32) {
    let killed = Command::new("kill").args(["-9", &pid.to_string()]).status().unwrap();
    assert!(killed.success());
}

/// Processes whose parent is this one.
fn children(parent: u32) -> Vec<u32> {
    let entries = fs::read_dir("/proc").unwrap().filter_map(|e| e.ok());
    let pids = entries.filter_map(|e| e.file_name().to_str()?.parse::<u32>().ok());
    pids.filter(|pid| {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        let fields = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
        fields.split_whitespace().nth(1) == Some(&parent.to_string())
    })
    .collect()
}

/// Waits until `done`, at most two minutes.
#[track_caller]
fn wait(what: &str, mut done: impl FnMut() -> bool) {
    let since = Instant::now();
    while !done() {
        assert!(since.elapsed() < Duration::from_secs(120), "{what} takes too long");
        sleep(Duration::from_millis(20));
    }
}

fn generation(path: &Path) -> Option<u64> {
    let file = path.join("killed/snes-1/search.json");
    file.exists().then(|| json(&file)["population"]["generation"].as_u64())?
}

#[test]
fn a_killed_rank_ends_the_job_and_another_number_of_ranks_goes_on() {
    if !ready() {
        return;
    }
    let dir = folder(1_000_000);
    let path = dir.path();
    let mut command = mpirun(path, 3, &[], "killed");
    let mut job: Child = command.stderr(Stdio::null()).spawn().unwrap();
    wait("the start", || generation(path) >= Some(3));
    let ranks = children(job.id());
    assert_eq!(ranks.len(), 3);
    kill(ranks[1]);
    wait("the end", || job.try_wait().unwrap().is_some());
    assert!(!job.wait().unwrap().success());
    wait("the other ranks' end", || {
        ranks.iter().all(|p| !Path::new(&format!("/proc/{p}")).exists())
    });
    let generations = generation(path).unwrap() + 3;
    configure(path, generations);
    ended(mpirun(path, 2, &[], "killed").output().unwrap());
    succeed(path, &["evolve", "search.toml", "--data", "data", "--out", "alone"]);
    assert!(files(path, "killed") == files(path, "alone"), "{generations} generations");
}

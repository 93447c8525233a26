//! One step: a process with an argument vector, its output in a log, its products checked.

use super::RunOptions;
use crate::{FlowError, Step, tools::Tool};
use std::{
    fs::{self, File},
    io::{Read, Seek, SeekFrom},
    path::Path,
    process::{Child, ExitStatus, Stdio},
    sync::atomic::Ordering,
    thread,
    time::{Duration, Instant},
};

/// Lines and bytes of a log shown in an error.
const TAIL_LINES: usize = 20;
const TAIL_BYTES: u64 = 4096;

/// Pause between two looks at a running tool.
const POLL: Duration = Duration::from_millis(10);

/// Runs a step in `work` and returns its wall time in seconds; its log goes to `dir/logs`, where it
/// stays when the step fails.
pub(super) fn execute(
    step: &Step,
    tool: &Tool,
    work: &Path,
    dir: &Path,
    options: &RunOptions<'_>,
) -> Result<f64, FlowError> {
    let logs = dir.join("logs");
    fs::create_dir_all(&logs).map_err(FlowError::io(&logs))?;
    let log = logs.join(format!("{}.log", step.name));
    let out = File::create(&log).map_err(FlowError::io(&log))?;
    let err = out.try_clone().map_err(FlowError::io(&log))?;
    let start = Instant::now();
    let mut child = tool
        .command()
        .args(&step.args)
        .current_dir(work)
        .stdin(Stdio::null())
        .stdout(out)
        .stderr(err)
        .spawn()
        .map_err(FlowError::io(&tool.program))?;
    let status = match wait(&mut child, step, &log, start, options) {
        Ok(status) => status,
        Err(error) => {
            // It may have ended by itself in between; either way it is gone afterwards.
            let _ = child.kill();
            let _ = child.wait();
            return Err(error);
        }
    };
    if !status.success() {
        let tail = tail(&log);
        return Err(FlowError::Step {
            step: step.name.clone(),
            status: status.to_string(),
            log,
            tail,
        });
    }
    for product in &step.products {
        let size = fs::metadata(work.join(product)).map_or(0, |m| m.len());
        if size == 0 {
            let product = product.clone();
            return Err(FlowError::NoProduct { step: step.name.clone(), product, log });
        }
    }
    Ok(start.elapsed().as_secs_f64())
}

fn wait(
    child: &mut Child,
    step: &Step,
    log: &Path,
    start: Instant,
    options: &RunOptions<'_>,
) -> Result<ExitStatus, FlowError> {
    loop {
        if let Some(status) = child.try_wait().map_err(FlowError::io(log))? {
            return Ok(status);
        }
        if options.cancel.is_some_and(|c| c.load(Ordering::Relaxed)) {
            return Err(FlowError::Cancelled { step: step.name.clone() });
        }
        if let Some(limit) = options.step_limit.filter(|l| start.elapsed() > *l) {
            let seconds = limit.as_secs();
            return Err(FlowError::TimeLimit { step: step.name.clone(), seconds, log: log.into() });
        }
        thread::sleep(POLL);
    }
}

/// The last lines of a log; empty when it cannot be read.
pub(crate) fn tail(log: &Path) -> String {
    let read = || -> std::io::Result<Vec<u8>> {
        let mut file = File::open(log)?;
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(length.saturating_sub(TAIL_BYTES)))?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    let bytes = read().unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes);
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(TAIL_LINES)..].join("\n")
}

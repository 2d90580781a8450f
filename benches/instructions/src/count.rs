//! Counts the instructions of each stage with callgrind. A stage runs twice, with different numbers of passes. The
//! difference between the two counts doesn't include startup and shutdown.

use std::{
    path::{Path, PathBuf},
    process::Command,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use crate::{figures::Figures, stage::Stage};

/// Counts all stages. As many stages run at a time as the machine has processors.
pub fn all() -> Result<Figures, String> {
    let folder = Folder::new()?;
    let (next, counted) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while let Some(stage) = Stage::ALL.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let figure = count(*stage, &folder.0);
                    counted.lock().unwrap_or_else(PoisonError::into_inner).push((*stage, figure));
                }
            });
        }
    });
    let mut counted = counted.into_inner().unwrap_or_else(PoisonError::into_inner);
    counted.sort_by_key(|(stage, _)| Stage::ALL.iter().position(|each| each == stage));
    let figures = counted.into_iter().map(|(stage, figure)| Ok((stage.name().to_owned(), figure?)));
    Ok(Figures { rustc: rustc()?, stages: figures.collect::<Result<_, String>>()? })
}

/// A temporary folder, removed on drop.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Result<Self, String> {
        let path = std::env::temp_dir().join(format!("mcp-tool-instructions-{}", std::process::id()));
        std::fs::create_dir_all(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(Folder(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

/// Instructions of one pass on the main thread, which answers calls. The thread that writes audit records isn't
/// counted, because the size of its batches depends on scheduling.
fn count(stage: Stage, folder: &Path) -> Result<u64, String> {
    let (short, long) = stage.passes();
    let (short_count, long_count) = (run(stage, short, folder)?, run(stage, long, folder)?);
    Ok(long_count.saturating_sub(short_count) / (long - short) as u64)
}

/// Runs `passes` passes of a stage under callgrind, and returns the instructions of its main thread.
fn run(stage: Stage, passes: usize, folder: &Path) -> Result<u64, String> {
    let this = std::env::current_exe().map_err(|error| error.to_string())?;
    let counts = folder.join(format!("{}-{passes}", stage.name()));
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--separate-threads=yes", "-q"])
        .arg(format!("--callgrind-out-file={}", counts.display()))
        .arg(this)
        .args(["--pass", stage.name(), &passes.to_string()])
        .output()
        .map_err(|error| format!("valgrind: {error}: install it, as `./test` does"))?;
    if !output.status.success() {
        return Err(format!("{}: {}", stage.name(), String::from_utf8_lossy(&output.stderr)));
    }
    // Callgrind writes one file per thread. 01 is the main thread.
    let file = format!("{}-01", counts.display());
    let text = std::fs::read_to_string(&file).map_err(|error| format!("{file}: {error}"))?;
    let totals = text.lines().find_map(|line| line.strip_prefix("totals:"));
    totals.and_then(|count| count.trim().parse().ok()).ok_or_else(|| format!("{file} has no totals"))
}

/// Version of rustc, on which the counts depend.
fn rustc() -> Result<String, String> {
    let output =
        Command::new("rustc").arg("--version").output().map_err(|error| format!("rustc: {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout);
    Ok(text.split_whitespace().nth(1).unwrap_or_default().to_owned())
}

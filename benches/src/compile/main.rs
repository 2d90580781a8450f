//! Compile time and code size of many tools with 10 parameters: our framework compared with only serde and with the
//! macro of rmcp. `check` times `cargo check`, `build` times `cargo build`, and every round measures each framework.
//! `size` compares the size of release binaries.
//!
//! ```text
//! cargo run --release --bin compile -- check 400 5
//! cargo run --release --bin compile -- build 100 5
//! cargo run --release --bin compile -- size 100
//! ```

mod generated;

use std::{
    error::Error,
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant, SystemTime},
};

use generated::{Framework, STAMP, generate};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let measurement = arguments.next().unwrap_or_default();
    let tools: usize = arguments.next().map_or(Ok(100), |count| count.parse())?;
    let rounds: usize = arguments.next().map_or(Ok(5), |count| count.parse())?;
    let bench = Bench::new()?;
    match measurement.as_str() {
        "check" => bench.check(tools, rounds),
        "build" => bench.build(tools, rounds),
        "size" => bench.size(tools),
        _ => Err("usage: compile check|build|size [TOOLS [ROUNDS]]".into()),
    }
}

/// A row of the printed table: a generated crate, with or without a lock, the file of released contracts that the
/// compiler compares the tools of our framework with.
#[derive(Clone, Copy)]
struct Row {
    name: &'static str,
    framework: Framework,
    is_locked: bool,
}

const SERDE: Row = Row { name: "serde alone", framework: Framework::Serde, is_locked: false };
const UNLOCKED: Row = Row { name: "ours, without a lock", framework: Framework::Ours, is_locked: false };
const LOCKED: Row = Row { name: "ours, judged by the lock", framework: Framework::Ours, is_locked: true };
const RMCP: Row = Row { name: "rmcp", framework: Framework::Rmcp, is_locked: false };

/// Times of one command.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Times {
    /// Processor time. Other work on the machine affects it less than the elapsed time.
    processor: Duration,
    elapsed: Duration,
}

/// The workspace of the generated crates, which share compiled dependencies.
struct Bench {
    workspace: PathBuf,
    /// Folder of `mcp-tool-runtime`.
    runtime: PathBuf,
}

impl Bench {
    fn new() -> Result<Self, Box<dyn Error>> {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let workspace = here.join("target/generated");
        fs::create_dir_all(&workspace)?;
        Ok(Bench { workspace, runtime: here.join("../mcp-tool-runtime").canonicalize()? })
    }

    /// Measures `cargo check` of the whole crate, and again after a change in one function's body.
    fn check(&self, tools: usize, rounds: usize) -> Result<(), Box<dyn Error>> {
        let rows = [SERDE, UNLOCKED, LOCKED, RMCP];
        let lock = self.generate(&rows, tools)?;
        let mut whole: [Vec<Times>; 4] = Default::default();
        let mut changed: [Vec<Times>; 4] = Default::default();
        for round in 0..=rounds {
            for (index, row) in rows.iter().enumerate() {
                self.set_lock(row, tools, &lock)?;
                self.cargo(&["clean", "--quiet", "-p", &row.framework.package(tools)])?;
                let full = self.cargo(&["check", "--quiet", "-p", &row.framework.package(tools)])?;
                self.change(row.framework, tools)?;
                let partial = self.cargo(&["check", "--quiet", "-p", &row.framework.package(tools)])?;
                // The first round also compiles the dependencies.
                if round > 0 {
                    whole[index].push(full);
                    changed[index].push(partial);
                }
            }
        }
        println!(
            "`cargo check`, {tools} tools of 10 parameters, medians of {rounds} rounds, a lock of {} KiB\n",
            lock.len() / 1_024
        );
        print(&["whole crate", "one body changed"], &rows, &mut [&mut whole, &mut changed]);
        Ok(())
    }

    /// Measures `cargo build` after a change of one line in a handler, linking included.
    fn build(&self, tools: usize, rounds: usize) -> Result<(), Box<dyn Error>> {
        let rows = [SERDE, LOCKED, RMCP];
        let lock = self.generate(&rows, tools)?;
        let mut times: [Vec<Times>; 3] = Default::default();
        for round in 0..=rounds {
            for (index, row) in rows.iter().enumerate() {
                self.set_lock(row, tools, &lock)?;
                self.change(row.framework, tools)?;
                let build = self.cargo(&["build", "--quiet", "-p", &row.framework.package(tools)])?;
                // The first round also compiles the dependencies.
                if round > 0 {
                    times[index].push(build);
                }
            }
        }
        println!(
            "`cargo build` after a change of one line, {tools} tools of 10 parameters, medians of {rounds} rounds\n"
        );
        print(&["one line changed"], &rows, &mut [&mut times]);
        Ok(())
    }

    /// Measures the release code of one tool: the difference between the binaries of `tools` and of `FEW` tools,
    /// divided by the number of tools that only the larger one has.
    fn size(&self, tools: usize) -> Result<(), Box<dyn Error>> {
        const FEW: usize = 20;
        let rows = [SERDE, LOCKED, RMCP];
        self.generate(&rows, FEW)?;
        self.generate(&rows, tools)?;
        println!("release code per tool of 10 parameters: {tools} tools minus {FEW} tools\n");
        // A KB of the table is 1,024 bytes.
        println!("| | `.text` | with `.rodata` | all that is loaded |\n|---|---|---|---|");
        for row in rows {
            let (few, many) = (self.sections(row.framework, FEW)?, self.sections(row.framework, tools)?);
            let kib_per_tool = |is_counted: fn(&str) -> bool| {
                let sum = |sections: &[(String, u64)]| -> u64 {
                    sections.iter().filter(|(name, _)| is_counted(name)).map(|(_, size)| size).sum()
                };
                sum(&many).saturating_sub(sum(&few)) as f64 / (tools - FEW) as f64 / 1_024.0
            };
            println!(
                "| {} | {:.1} KB | {:.1} KB | {:.1} KB |",
                row.name,
                kib_per_tool(|name| name == ".text"),
                kib_per_tool(|name| name == ".text" || name == ".rodata"),
                kib_per_tool(
                    |name| !matches!(name, ".comment" | ".note.gnu.build-id") && !name.starts_with(".debug")
                ),
            );
        }
        Ok(())
    }

    /// Sections of a release build and their sizes.
    fn sections(&self, framework: Framework, tools: usize) -> Result<Vec<(String, u64)>, Box<dyn Error>> {
        let package = framework.package(tools);
        self.cargo(&["build", "--quiet", "--release", "-p", &package])?;
        let binary = self.workspace.join("target/release").join(package);
        let listed = String::from_utf8(Command::new("size").arg("-A").arg(binary).output()?.stdout)?;
        Ok(listed
            .lines()
            .filter_map(|line| {
                let mut words = line.split_whitespace();
                Some((words.next()?.to_owned(), words.next()?.parse().ok()?))
            })
            .filter(|(name, _)| name.starts_with('.'))
            .collect())
    }

    /// Generates a crate for each row, and returns the lock that the crate with our framework writes.
    fn generate(&self, rows: &[Row], tools: usize) -> Result<Vec<u8>, Box<dyn Error>> {
        fs::write(
            self.workspace.join("Cargo.toml"),
            "[workspace]\nresolver = \"3\"\nmembers = [\"*-*\"]\nexclude = [\"target\"]\n",
        )?;
        for row in rows {
            generate(&self.workspace, &self.runtime, row.framework, tools)?;
        }
        let lock = self.lock_path(tools);
        drop(fs::remove_file(&lock));
        self.cargo(&["run", "--quiet", "-p", &Framework::Ours.package(tools), "--", "contract", "write"])?;
        Ok(fs::read(&lock)?)
    }

    /// Path of the lock in the crate with our framework.
    fn lock_path(&self, tools: usize) -> PathBuf {
        self.workspace.join(Framework::Ours.package(tools)).join("mcp-tools.lock")
    }

    /// For our framework, writes the lock if `row.is_locked`, and removes it otherwise.
    fn set_lock(&self, row: &Row, tools: usize, lock: &[u8]) -> Result<(), Box<dyn Error>> {
        let path = self.lock_path(tools);
        match (row.framework, row.is_locked) {
            (Framework::Serde | Framework::Rmcp, _) => {}
            (Framework::Ours, false) => drop(fs::remove_file(path)),
            // An existing lock keeps its modification time, so that cargo does not rebuild.
            (Framework::Ours, true) => {
                if !path.exists() {
                    fs::write(path, lock)?;
                }
            }
        }
        Ok(())
    }

    /// Changes the first line of `src/m0.rs` that contains [`STAMP`], which is in the body of a handler.
    fn change(&self, framework: Framework, tools: usize) -> Result<(), Box<dyn Error>> {
        let file = self.workspace.join(framework.package(tools)).join("src/m0.rs");
        let text = fs::read_to_string(&file)?;
        let stamp = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?.as_nanos();
        let mut is_changed = false;
        let lines: Vec<String> = text
            .lines()
            .map(|line| {
                if is_changed || !line.contains(STAMP) {
                    return line.to_owned();
                }
                is_changed = true;
                format!("    {STAMP} = {stamp}u128;")
            })
            .collect();
        fs::write(&file, lines.join("\n") + "\n")?;
        Ok(())
    }

    /// Runs and times a cargo command.
    fn cargo(&self, arguments: &[&str]) -> Result<Times, Box<dyn Error>> {
        let (start, before) = (Instant::now(), processor_time()?);
        let output = Command::new("cargo")
            .args(arguments)
            .current_dir(&self.workspace)
            .env("CARGO_TARGET_DIR", self.workspace.join("target"))
            .output()?;
        let times = Times { processor: processor_time()? - before, elapsed: start.elapsed() };
        if !output.status.success() {
            return Err(format!("cargo {arguments:?}: {}", String::from_utf8_lossy(&output.stderr)).into());
        }
        Ok(times)
    }
}

/// User and system time of all child processes that have ended (proc(5), `cutime` and `cstime`).
fn processor_time() -> Result<Duration, Box<dyn Error>> {
    /// Unit of these times on Linux.
    const TICK: Duration = Duration::from_millis(10);
    let stat = fs::read_to_string("/proc/self/stat")?;
    let fields = stat.rsplit_once(") ").map_or("", |(_, fields)| fields);
    let ticks = fields.split(' ').skip(13).take(2).map(str::parse::<u32>).sum::<Result<u32, _>>()?;
    Ok(TICK * ticks)
}

/// Prints a table. Each title has three columns: processor time, its ratio to the processor time of the first row, and
/// elapsed time.
fn print(titles: &[&str], rows: &[Row], columns: &mut [&mut [Vec<Times>]]) {
    let head: String =
        titles.iter().map(|title| format!(" {title}, processor | of serde's | clock |")).collect();
    println!("| |{head}\n|---|{}", "---|---|---|".repeat(titles.len()));
    let medians: Vec<Vec<Times>> = columns
        .iter_mut()
        .map(|column| {
            let median = |figure: fn(&Times) -> Duration, times: &[Times]| {
                let mut times: Vec<Duration> = times.iter().map(figure).collect();
                times.sort();
                times.get(times.len() / 2).copied().unwrap_or_default()
            };
            column
                .iter()
                .map(|times| Times {
                    processor: median(|times| times.processor, times),
                    elapsed: median(|times| times.elapsed, times),
                })
                .collect()
        })
        .collect();
    for (index, row) in rows.iter().enumerate() {
        print!("| {} |", row.name);
        for column in &medians {
            let (times, first) = (column[index], column[0]);
            print!(
                " {:.2} s | {:.2} | {:.2} s |",
                times.processor.as_secs_f64(),
                times.processor.as_secs_f64() / first.processor.as_secs_f64(),
                times.elapsed.as_secs_f64()
            );
        }
        println!();
    }
}

//! Compile time of tools: `cargo check` and `cargo build` of many tools with 10 parameters, and the size of their code,
//! compared with serde alone and with the rmcp macro, in interleaved rounds.
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
    let what = arguments.next().unwrap_or_default();
    let tools: usize = arguments.next().map_or(Ok(100), |count| count.parse())?;
    let rounds: usize = arguments.next().map_or(Ok(5), |count| count.parse())?;
    let bench = Bench::new()?;
    match what.as_str() {
        "check" => bench.check(tools, rounds),
        "build" => bench.build(tools, rounds),
        "size" => bench.size(tools),
        _ => Err("usage: compile check|build|size [TOOLS [ROUNDS]]".into()),
    }
}

/// A crate with or without a lock.
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

/// Time of one command.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Taken {
    /// Processor time, which other work on the machine affects least.
    spent: Duration,
    waited: Duration,
}

/// Workspace of the generated crates, with shared dependencies.
struct Bench {
    workspace: PathBuf,
    runtime: PathBuf,
}

impl Bench {
    fn new() -> Result<Self, Box<dyn Error>> {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let workspace = here.join("target/generated");
        fs::create_dir_all(&workspace)?;
        Ok(Bench { workspace, runtime: here.join("../mcp-tool-runtime").canonicalize()? })
    }

    /// `cargo check` of the whole crate, and after a change in one function body.
    fn check(&self, tools: usize, rounds: usize) -> Result<(), Box<dyn Error>> {
        let rows = [SERDE, UNLOCKED, LOCKED, RMCP];
        let lock = self.generate(&rows, tools)?;
        let mut whole: [Vec<Taken>; 4] = Default::default();
        let mut changed: [Vec<Taken>; 4] = Default::default();
        for round in 0..=rounds {
            for (index, row) in rows.iter().enumerate() {
                self.set_lock(row, tools, &lock)?;
                self.cargo(&["clean", "--quiet", "-p", &row.framework.package(tools)])?;
                let full = self.cargo(&["check", "--quiet", "-p", &row.framework.package(tools)])?;
                self.change(row.framework, tools)?;
                let one = self.cargo(&["check", "--quiet", "-p", &row.framework.package(tools)])?;
                // The first round also compiles the dependencies.
                if round > 0 {
                    whole[index].push(full);
                    changed[index].push(one);
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

    /// `cargo build` after a change of one line in a handler, linking included.
    fn build(&self, tools: usize, rounds: usize) -> Result<(), Box<dyn Error>> {
        let rows = [SERDE, LOCKED, RMCP];
        let lock = self.generate(&rows, tools)?;
        let mut times: [Vec<Taken>; 3] = Default::default();
        for round in 0..=rounds {
            for (index, row) in rows.iter().enumerate() {
                self.set_lock(row, tools, &lock)?;
                self.change(row.framework, tools)?;
                let taken = self.cargo(&["build", "--quiet", "-p", &row.framework.package(tools)])?;
                if round > 0 {
                    times[index].push(taken);
                }
            }
        }
        println!(
            "`cargo build` after a change of one line, {tools} tools of 10 parameters, medians of {rounds} rounds\n"
        );
        print(&["one line changed"], &rows, &mut [&mut times]);
        Ok(())
    }

    /// Release code per tool: size of many tools minus size of few.
    fn size(&self, tools: usize) -> Result<(), Box<dyn Error>> {
        const FEW: usize = 20;
        let rows = [SERDE, LOCKED, RMCP];
        self.generate(&rows, FEW)?;
        self.generate(&rows, tools)?;
        println!("release code a tool of 10 parameters: {tools} without {FEW}\n");
        println!("| | `.text` | with `.rodata` | all that is loaded |\n|---|---|---|---|");
        for row in rows {
            let (few, many) = (self.sections(row.framework, FEW)?, self.sections(row.framework, tools)?);
            let each = |which: fn(&str) -> bool| {
                let sum = |sections: &[(String, u64)]| -> u64 {
                    sections.iter().filter(|(name, _)| which(name)).map(|(_, size)| size).sum()
                };
                sum(&many).saturating_sub(sum(&few)) as f64 / (tools - FEW) as f64 / 1_024.0
            };
            println!(
                "| {} | {:.1} KB | {:.1} KB | {:.1} KB |",
                row.name,
                each(|name| name == ".text"),
                each(|name| name == ".text" || name == ".rodata"),
                each(|name| !matches!(name, ".comment" | ".note.gnu.build-id") && !name.starts_with(".debug")),
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

    /// Generates the crates and writes the lock of ours by its own command.
    fn generate(&self, rows: &[Row], tools: usize) -> Result<Vec<u8>, Box<dyn Error>> {
        fs::write(
            self.workspace.join("Cargo.toml"),
            "[workspace]\nresolver = \"3\"\nmembers = [\"*-*\"]\nexclude = [\"target\"]\n",
        )?;
        for row in rows {
            generate(&self.workspace, &self.runtime, row.framework, tools)?;
        }
        let lock = self.lock(tools);
        drop(fs::remove_file(&lock));
        self.cargo(&["run", "--quiet", "-p", &Framework::Ours.package(tools), "--", "contract", "write"])?;
        Ok(fs::read(&lock)?)
    }

    fn lock(&self, tools: usize) -> PathBuf {
        self.workspace.join(Framework::Ours.package(tools)).join("mcp-tools.lock")
    }

    fn set_lock(&self, row: &Row, tools: usize, lock: &[u8]) -> Result<(), Box<dyn Error>> {
        let path = self.lock(tools);
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

    /// Changes one line in the body of one function.
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
    fn cargo(&self, arguments: &[&str]) -> Result<Taken, Box<dyn Error>> {
        let (begun, spent) = (Instant::now(), spent()?);
        let output = Command::new("cargo")
            .args(arguments)
            .current_dir(&self.workspace)
            .env("CARGO_TARGET_DIR", self.workspace.join("target"))
            .output()?;
        let taken = Taken { spent: self::spent()? - spent, waited: begun.elapsed() };
        if !output.status.success() {
            return Err(format!("cargo {arguments:?}: {}", String::from_utf8_lossy(&output.stderr)).into());
        }
        Ok(taken)
    }
}

/// User and system time of finished child processes (proc(5), `cutime` and `cstime`).
fn spent() -> Result<Duration, Box<dyn Error>> {
    const TICK: Duration = Duration::from_millis(10);
    let stat = fs::read_to_string("/proc/self/stat")?;
    let fields = stat.rsplit_once(") ").map_or("", |(_, fields)| fields);
    let ticks = fields.split(' ').skip(13).take(2).map(str::parse::<u32>).sum::<Result<u32, _>>()?;
    Ok(TICK * ticks)
}

/// Prints processor time, its ratio to the first row, and elapsed time.
fn print(titles: &[&str], rows: &[Row], columns: &mut [&mut [Vec<Taken>]]) {
    let head: String =
        titles.iter().map(|title| format!(" {title}, processor | of serde's | clock |")).collect();
    println!("| |{head}\n|---|{}", "---|---|---|".repeat(titles.len()));
    let medians: Vec<Vec<Taken>> = columns
        .iter_mut()
        .map(|column| {
            let median = |of: fn(&Taken) -> Duration, times: &[Taken]| {
                let mut times: Vec<Duration> = times.iter().map(of).collect();
                times.sort();
                times.get(times.len() / 2).copied().unwrap_or_default()
            };
            column
                .iter()
                .map(|times| Taken {
                    spent: median(|taken| taken.spent, times),
                    waited: median(|taken| taken.waited, times),
                })
                .collect()
        })
        .collect();
    for (index, row) in rows.iter().enumerate() {
        print!("| {} |", row.name);
        for column in &medians {
            let (own, first) = (column[index], column[0]);
            print!(
                " {:.2} s | {:.2} | {:.2} s |",
                own.spent.as_secs_f64(),
                own.spent.as_secs_f64() / first.spent.as_secs_f64(),
                own.waited.as_secs_f64()
            );
        }
        println!();
    }
}

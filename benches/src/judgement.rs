//! What the lock's judgement costs a compiler: processor time of `cargo check` of many tools of 10 parameters, with
//! a lock and without, in interleaved rounds.
//!
//! ```text
//! cargo run --release --bin judgement -- 400 5
//! ```

use std::{
    error::Error,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, SystemTime},
};

/// Tools in one file of the generated crate.
const PER_FILE: usize = 20;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let tools: usize = arguments.next().map_or(Ok(400), |count| count.parse())?;
    let rounds: usize = arguments.next().map_or(Ok(5), |count| count.parse())?;
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let target = here.join("target/generated/target");
    let package = here.join("target/generated").join(format!("tools-{tools}"));
    generate(&package, &here.join("../mcp-tool-runtime").canonicalize()?, tools)?;

    let lock = package.join("mcp-tools.lock");
    drop(fs::remove_file(&lock));
    // Dependencies once, and the lock from the server's own command.
    check(&package, &target)?;
    let written = cargo(&package, &target, &["run", "--quiet", "--", "contract", "write"])?;
    assert!(written.status.success(), "{}", String::from_utf8_lossy(&written.stderr));
    let locked = fs::read(&lock)?;

    let names = ["full, unlocked", "full, locked", "one file, unlocked", "one file, locked"];
    let mut times: [Vec<Duration>; 4] = Default::default();
    for _ in 0..rounds {
        for (is_locked, full, one) in [(false, 0, 2), (true, 1, 3)] {
            drop(fs::remove_file(&lock));
            if is_locked {
                fs::write(&lock, &locked)?;
            }
            let clean = cargo(&package, &target, &["clean", "--quiet", "-p", "generated"])?;
            assert!(clean.status.success(), "{}", String::from_utf8_lossy(&clean.stderr));
            times[full].push(check(&package, &target)?);
            // A change in a function's body, as in everyday work.
            let file = package.join("src/m0.rs");
            let text = fs::read_to_string(&file)?;
            let stamp = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?.as_nanos();
            let changed: Vec<String> = text
                .lines()
                .map(|line| {
                    if line.contains("let _stamp") {
                        format!("    let _stamp = {stamp}u128;")
                    } else {
                        line.to_owned()
                    }
                })
                .collect();
            fs::write(&file, changed.join("\n") + "\n")?;
            times[one].push(check(&package, &target)?);
        }
    }
    println!("{tools} tools of 10 parameters, {rounds} rounds, a lock of {} KiB", locked.len() / 1_024);
    for (name, times) in names.iter().zip(&mut times) {
        times.sort();
        let (least, most) =
            (times.first().copied().unwrap_or_default(), times.last().copied().unwrap_or_default());
        let median = times.get(times.len() / 2).copied().unwrap_or_default();
        println!(
            "{name:<20} median {:.2} s  ({:.2} to {:.2})",
            median.as_secs_f64(),
            least.as_secs_f64(),
            most.as_secs_f64()
        );
    }
    Ok(())
}

fn cargo(package: &Path, target: &Path, arguments: &[&str]) -> Result<std::process::Output, Box<dyn Error>> {
    let mut command = Command::new("cargo");
    command.args(arguments).current_dir(package).env("CARGO_TARGET_DIR", target);
    Ok(command.output()?)
}

/// The processor time of a `cargo check`, which other work on the machine disturbs least.
fn check(package: &Path, target: &Path) -> Result<Duration, Box<dyn Error>> {
    let begun = spent()?;
    let output = cargo(package, target, &["check", "--quiet", "--offline"])?;
    let taken = spent()? - begun;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(taken)
}

/// What ended children of this process have spent, of user and system time (proc(5), `cutime` and `cstime`).
fn spent() -> Result<Duration, Box<dyn Error>> {
    const TICK: Duration = Duration::from_millis(10);
    let stat = fs::read_to_string("/proc/self/stat")?;
    let fields = stat.rsplit_once(") ").map_or("", |(_, fields)| fields);
    let ticks = fields.split(' ').skip(13).take(2).map(str::parse::<u32>).sum::<Result<u32, _>>()?;
    Ok(TICK * ticks)
}

/// A crate of so many tools, whose parameters are of every kind.
fn generate(package: &Path, runtime: &PathBuf, tools: usize) -> Result<(), Box<dyn Error>> {
    let source = package.join("src");
    fs::create_dir_all(&source)?;
    let manifest = format!(
        "[workspace]\n[package]\nname = \"generated\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[dependencies]\n\
         mcp-tool-runtime = {{ path = {runtime:?} }}\nserde = {{ version = \"1\", features = [\"derive\"] }}\n\
         tokio = {{ version = \"1\", features = [\"macros\", \"rt-multi-thread\"] }}\n"
    );
    fs::write(package.join("Cargo.toml"), manifest)?;
    let (mut modules, mut listed) = (String::new(), String::new());
    for (file, first) in (0..tools).step_by(PER_FILE).enumerate() {
        let mut text = String::from("use mcp_tool_runtime::prelude::*;\nuse crate::{Made, Mode};\n");
        for tool in first..(first + PER_FILE).min(tools) {
            write!(
                text,
                r#"
/// The tool number {tool}.
#[mcp_tool(version = "1.0", scope = "things:write", idempotent, max_len = 64)]
pub async fn tool_{tool}(
    /// The name of the thing.
    #[arg(min_len = 1, max_len = 40, pattern = "^[a-z]+$")]
    name: String,
    /// Another name, or none.
    alias: Option<String>,
    /// How many of them.
    #[arg(min = 1, max = 100, default = 10)]
    count: u32,
    /// How much of it.
    #[arg(min = 0.5)]
    ratio: f64,
    /// Whether at once.
    urgent: bool,
    /// In which mode.
    mode: Mode,
    /// Modes to leave out.
    #[arg(max_items = 3)]
    without: Option<Vec<Mode>>,
    /// Labels for it.
    #[arg(max_items = 10)]
    labels: Vec<String>,
    /// Where it goes.
    #[arg(max_len = 200)]
    place: String,
    /// Why it goes.
    #[arg(max_len = 500)]
    reason: Option<String>,
) -> Result<Made, ToolError> {{
    let _stamp = 0u128;
    let _ = (alias, count, ratio, urgent, mode, without, labels, place, reason);
    Ok(Made {{ name, count: 1, mode: Mode::First }})
}}
"#
            )?;
            writeln!(listed, "        m{file}::tool_{tool},")?;
        }
        fs::write(source.join(format!("m{file}.rs")), text)?;
        writeln!(modules, "mod m{file};")?;
    }
    let main = format!(
        r#"use std::process::ExitCode;
use mcp_tool_runtime::prelude::*;
{modules}
/// A mode.
#[derive(Clone, Copy, serde::Serialize, ToolSchema)]
pub enum Mode {{ First, Second, Third }}

/// What was made.
#[derive(serde::Serialize, ToolSchema)]
pub struct Made {{
    /// Its name.
    pub name: String,
    /// How many.
    #[schema(max = 100)]
    pub count: u32,
    /// How.
    pub mode: Mode,
}}

#[tokio::main]
async fn main() -> ExitCode {{
    ToolServer::new("generated", "1.0.0").tools(tools![
{listed}    ]).run().await
}}
"#
    );
    fs::write(source.join("main.rs"), main)?;
    Ok(())
}
